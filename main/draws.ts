/** The window's draws: the trainer makes them, the image reader reads them, main marks and removes them. */
import { bringDrawBack, markDraw, readDrawMeasures, removeDraw } from '../core/explore/draws/draw-store.ts';
import { runFolder } from '../core/library.ts';
import type { ExportKind } from './export-kind.ts';
import type { CallParams, CallResult, EventName, EventPayload } from './ipc/contract.ts';
import type { CallHandlers, PixelHandlers } from './ipc/gate.ts';
import type { ImagesProtocol } from './process/images-protocol.ts';
import type { Supervisor } from './process/supervisor.ts';
import type { TrainerProtocol } from './process/trainer-protocol.ts';

type Calls = Pick<CallHandlers, Extract<keyof CallHandlers, `draws.${string}`>>;
type Pixels = Pick<PixelHandlers, Extract<keyof PixelHandlers, `draws.${string}`>>;

const KINDS = { grid: 'png', png: 'folder', zip: 'zip', npz: 'npz' } as const satisfies Record<
  CallParams<'draws.save'>['as'],
  ExportKind
>;

export interface DrawsOptions {
  home: string;
  trainer: Supervisor<TrainerProtocol>;
  images: Supervisor<ImagesProtocol>;
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void;
  /** Native save dialog; null when the person cancels. */
  choosePath: (name: string, kind: ExportKind) => Promise<string | null>;
  measure: (
    params: CallParams<'draws.measure'>,
    signal?: AbortSignal,
  ) => Promise<CallResult<'draws.measure'>>;
}

export class Draws {
  readonly calls: Calls;
  readonly pixels: Pixels;

  constructor({ home, trainer, images, emit, choosePath, measure }: DrawsOptions) {
    trainer.on('draws.progress', (progress) => emit('draws.progress', progress));
    trainer.on('draws.fitting', (progress) => emit('draws.fitting', progress));
    const folder = (runId: string): string => runFolder(home, runId);
    const changed = (runId: string): void => emit('draws.changed', { runId });
    this.calls = {
      'draws.list': (params, signal) => images.request('draws.list', params, signal),
      'draws.make': async (params, signal) => {
        try {
          return await trainer.request('draws.make', params, signal);
        } finally {
          changed(params.runId);
        }
      },
      'draws.stop': (params) => trainer.request('draws.stop', params),
      'draws.mark': ({ runId, id, change }) => markDraw(folder(runId), id, change),
      'draws.remove': async ({ runId, id }) => {
        await removeDraw(folder(runId), id);
        changed(runId);
        return {};
      },
      'draws.bringBack': async ({ runId, id }) => {
        await bringDrawBack(folder(runId), id);
        changed(runId);
        return {};
      },
      'draws.nearest': (params, signal) => images.request('draws.nearest', params, signal),
      'draws.measures': ({ runId, id }) => readDrawMeasures(folder(runId), id),
      'draws.measure': measure,
      'draws.save': async (params, signal) => {
        const path = await choosePath(`${params.runId}-samples`, KINDS[params.as]);
        if (path === null) return null;
        return images.request('draws.write', { path, ...params }, signal);
      },
    };
    this.pixels = {
      'draws.images': (params, signal) => images.request('draws.images', params, signal),
    };
  }
}
