/** What the window asks of latent space: the trainer draws, main reads and writes directions and what is saved. */
import {
  listDirections,
  readDirection,
  removeDirection,
  saveDirection,
} from '../core/explore/directions/store.ts';
import { readSaved, writeSaved } from '../core/explore/saved/saved-file.ts';
import { latentValues } from '../core/config/network.ts';
import { UserError } from '../core/errors.ts';
import { runFolder } from '../core/library.ts';
import { findDataset } from '../core/run/run-dataset.ts';
import { readRunManifest } from '../core/run/run-folder.ts';
import { countOf } from '../core/words.ts';
import type { ExportKind } from './export-kind.ts';
import type { EventName, EventPayload } from './ipc/contract.ts';
import type { CallHandlers, PixelHandlers } from './ipc/gate.ts';
import type { Platform } from './platform.ts';
import type { ImagesProtocol } from './process/images-protocol.ts';
import type { Supervisor } from './process/supervisor.ts';
import type { TrainerProtocol } from './process/trainer-protocol.ts';

type Calls = Pick<CallHandlers, Extract<keyof CallHandlers, `explore.${string}`>>;
type Pixels = Pick<PixelHandlers, Extract<keyof PixelHandlers, `explore.${string}`>>;

export interface ExploreOptions {
  home: string;
  trainer: Supervisor<TrainerProtocol>;
  images: Supervisor<ImagesProtocol>;
  platform: Pick<Platform, 'choose'>;
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void;
  /** Native save dialog; null when the person cancels. */
  choosePath: (name: string, kind: ExportKind) => Promise<string | null>;
  /** The files may be shown in the file manager from now on. */
  allow: (files: readonly string[]) => void;
  datasetsChanged: () => void;
}

export class Explore {
  readonly #options: ExploreOptions;
  readonly calls: Calls;
  readonly pixels: Pixels;

  constructor(options: ExploreOptions) {
    this.#options = options;
    const { home, trainer, images, emit, choosePath } = options;
    trainer.on('explore.progress', (progress) => emit('explore.progress', progress));
    trainer.on('explore.mapping', (progress) => emit('explore.mapping', progress));
    this.pixels = {
      'explore.draw': (params, signal) => trainer.request('explore.draw', params, signal),
    };
    this.calls = {
      ...this.#directions(),
      ...this.#saved(),
      'explore.neighbours': (params, signal) => trainer.request('explore.neighbours', params, signal),
      'explore.latent': (params, signal) => trainer.request('explore.latent', params, signal),
      'explore.map': (params, signal) => trainer.request('explore.map', params, signal),
      'explore.subset': async ({ runId, name, indices }, signal) => {
        const { name: from } = await findDataset(home, await readRunManifest(runFolder(home, runId)));
        const made = await images.request('dataset.subset', { from, name, indices }, signal);
        options.datasetsChanged();
        return made;
      },
      'explore.saveNames': async ({ runId, indices }) => {
        const { name } = await findDataset(home, await readRunManifest(runFolder(home, runId)));
        const target = await choosePath(`${name}-images`, 'csv');
        if (target === null) return null;
        await images.request('dataset.names', { name, indices, path: target });
        return { path: target };
      },
      'explore.export': async (params, signal) => {
        const { as, view, runId } = params;
        const target = await choosePath(`${runId}-${view.kind}`, as === 'grid' ? 'png' : as);
        if (target === null) return null;
        return trainer.request('explore.write', { path: target, ...params }, signal);
      },
      'explore.exportCompared': async (params, signal) => {
        const { as, rows } = params;
        const name = `${rows[0]?.runId ?? 'runs'}-side-by-side`;
        const target = await choosePath(name, as === 'grid' ? 'png' : as);
        if (target === null) return null;
        return trainer.request('explore.writeCompared', { path: target, ...params }, signal);
      },
    };
  }

  #directions(): Pick<Calls, Extract<keyof Calls, `explore.${string}irection${string}`>> {
    const { home, trainer } = this.#options;
    return {
      'explore.directions': ({ runId }) => listDirections(runFolder(home, runId)),
      'explore.direction': async ({ runId, name }) => {
        const { facts, values } = await readDirection(runFolder(home, runId), name);
        return { ...facts, values: Array.from(values) };
      },
      'explore.addDirection': async ({ runId, name, direction: { values, ...facts } }) => {
        const folder = runFolder(home, runId);
        const wanted = latentValues((await readRunManifest(folder)).config.network);
        if (values.length !== wanted) {
          throw new UserError(
            `The direction ${name} has ${countOf(values.length, 'value')}, but latents of the run ${runId} have ${wanted}; use it with a run of its own shape.`,
          );
        }
        const direction = { facts: { ...facts, name }, values: Float32Array.from(values) };
        await saveDirection(folder, direction, {});
        return {};
      },
      'explore.makeDirections': (params, signal) => trainer.request('explore.makeDirections', params, signal),
      'explore.removeDirection': async ({ runId, name }) => {
        await removeDirection(runFolder(home, runId), name);
        return {};
      },
    };
  }

  #saved(): Pick<Calls, 'explore.exportSaved' | 'explore.importSaved'> {
    const { choosePath, platform, allow } = this.#options;
    return {
      'explore.exportSaved': async ({ name, things }) => {
        const target = await choosePath(name, 'json');
        if (target === null) return null;
        // The dialog has asked whether one of that name is to be replaced.
        const files = await writeSaved(target, things, { force: true });
        allow(files);
        return { files };
      },
      'explore.importSaved': async () => {
        const [file] = await platform.choose('files', 'Choose what was saved: .json, .safetensors or .npz');
        return file === undefined ? null : { file, ...(await readSaved(file)) };
      },
    };
  }
}
