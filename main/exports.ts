/** The window's exports: one after the other, by a process of their own. */
import { datasetFolder } from '../core/library.ts';
import type { EventName, EventPayload } from './ipc/contract.ts';
import type { ExportProgress, Task } from './ipc/export-contract.ts';
import { type CallHandlers, failureOf, type Log, type PixelHandlers } from './ipc/gate.ts';
import { exportKind, exportName } from './export-name.ts';
import { JobQueue } from './job-queue.ts';
import { writeOutputFile } from '../core/output.ts';
import { UserError } from '../core/errors.ts';
import type { Platform } from './platform.ts';
import type { ImagesProtocol } from './process/images-protocol.ts';
import type { ExporterProtocol } from './process/exporter-protocol.ts';
import type { Supervisor } from './process/supervisor.ts';
import type { ResultOf } from './process/protocol.ts';
import type { ExportKind } from './export-kind.ts';

type Calls = Pick<
  CallHandlers,
  | Extract<keyof CallHandlers, `exports.${string}` | `pictures.${string}` | `films.${string}`>
  | 'runs.report'
  | 'files.origin'
>;
type Pixels = Pick<PixelHandlers, 'film.frames'>;
type Order = { jobId: string; task: Task; path: string };
type Exported = ResultOf<ExporterProtocol, 'task.run'>;

/** The dialog has asked whether a file of that name is to be replaced. */
const ASKED = true;
/** An export may take this long to notice that it is not wanted, milliseconds; then its process is ended. */
const PATIENCE = 5_000;
/** The exporter holds memory, also that of a GPU: it goes when it has not been asked for so long, milliseconds. */
const IDLE = 30_000;

export interface ExportsOptions {
  home: string;
  exporter: Supervisor<ExporterProtocol>;
  images: Supervisor<ImagesProtocol>;
  platform: Pick<Platform, 'choose' | 'copyImage'>;
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void;
  log: Log;
  /** Native save dialog; null when the person cancels. */
  choosePath: (name: string, kind: ExportKind) => Promise<string | null>;
  /** The files may be shown in the file manager from now on. */
  allow: (files: readonly string[]) => void;
}

export class Exports {
  readonly queue: JobQueue<Order, ExportProgress, Exported>;
  readonly #options: ExportsOptions;
  #idle: NodeJS.Timeout | null = null;
  #asked = 0;
  /** Where films may be written: what dialogs answered. */
  readonly #films = new Set<string>();

  constructor(options: ExportsOptions) {
    const { exporter, emit, log, allow } = options;
    this.#options = options;
    this.queue = new JobQueue({
      words: ['export', 'exports'],
      run: (order, signal) => this.#run(order, signal),
      changed: (jobs) => emit('exports.jobs', jobs),
      done: ({ jobId, task }, exported) => {
        allow(exported.files);
        if (task.kind === 'export' && task.order.as === 'dataset')
          emit('library.changed', { what: 'datasets' });
        if (task.kind === 'import') emit('library.changed', { what: 'runs' });
        emit('exports.done', { jobId, ...exported });
      },
      sentence: (error) => failureOf(error, 'task.run', log).message,
    });
    exporter.on('export.progress', ({ jobId, progress }) => {
      this.queue.progress(jobId, progress);
      emit('exports.progress', { jobId, progress });
    });
  }

  readonly calls: Calls = {
    'exports.start': async ({ jobId, task }) => {
      const path = await this.#pathFor(task);
      if (path === null) return null;
      this.queue.add({ jobId, task, path });
      return { path };
    },
    'pictures.save': async ({ picture, name }) => {
      const target = await this.#options.choosePath(name, 'png');
      if (target === null) return null;
      const { png } = await this.#options.images.request('picture.png', { picture });
      await writeOutputFile(target, png, 'picture', { force: ASKED });
      return { path: target };
    },
    'pictures.copy': async ({ picture }) => {
      const { png } = await this.#options.images.request('picture.png', { picture });
      await this.#options.platform.copyImage(png);
      return {};
    },
    'runs.report': async ({ runId }, signal) => {
      const path = await this.#options.choosePath(`${runId}-report`, 'html');
      if (path === null) return null;
      await this.#ask(() => this.#options.exporter.request('run.report', { runId, path }, signal));
      return { path };
    },
    'files.origin': (params) => this.#options.images.request('file.origin', params),
    'films.choose': async ({ runId, order }) => {
      const path = await this.#options.choosePath(
        exportName(runId, order),
        order.as === 'webm' ? 'webm' : 'mp4',
      );
      if (path !== null) this.#films.add(path);
      return path === null ? null : { path };
    },
    'films.write': async ({ path, bytes }) => {
      if (!this.#films.delete(path)) {
        throw new UserError(`${path} was not chosen for a film.`, { code: 'refused', file: path });
      }
      await writeOutputFile(path, bytes, 'film', { force: ASKED });
      return {};
    },
    'exports.jobs': async () => [...this.queue.jobs],
    'exports.stop': async ({ jobId }) => {
      this.queue.cancel(jobId);
      return {};
    },
  };

  readonly pixels: Pixels = {
    'film.frames': (params, signal) =>
      this.#ask(() => this.#options.exporter.request('film.frames', params, signal)),
  };

  /** Whether an export of this run is under way or waits. */
  holds(runId: string): boolean {
    return this.queue.jobs.some(
      ({ task, state }) => 'runId' in task && task.runId === runId && state !== 'failed',
    );
  }

  close(): Promise<void> {
    return this.queue.close();
  }

  /** Asks where a task writes, or reads; null when the person takes it back. */
  async #pathFor(task: Task): Promise<string | null> {
    const { home, choosePath, platform } = this.#options;
    switch (task.kind) {
      case 'export': {
        const { runId, order } = task;
        const { as, name = '' } = order;
        if (as === 'dataset') return datasetFolder(home, name);
        return choosePath(exportName(runId, order), exportKind(as));
      }
      case 'model': {
        const { runId, as, step } = task;
        const which = step === 'newest' ? '' : step === 'best' ? '-best' : `-step-${step}`;
        const name = `${runId}${which}`;
        return as === 'safetensors' ? choosePath(name, 'safetensors') : choosePath(`${name}-${as}`, 'model');
      }
      case 'archive':
        return choosePath(task.runId, 'zip');
      case 'import': {
        const isFile = task.from === 'file';
        const title = isFile ? 'Import a run from an archive' : 'Import the folder of a run';
        return (await platform.choose(isFile ? 'files' : 'folder', title))[0] ?? null;
      }
      case 'move':
        return choosePath('covae-studio', 'library');
    }
  }

  /** Asks the exporter, and lets it go when nothing has been asked for a while. */
  async #ask<T>(work: () => Promise<T>): Promise<T> {
    this.#asked++;
    if (this.#idle !== null) clearTimeout(this.#idle);
    try {
      return await work();
    } finally {
      this.#asked--;
      if (this.#asked === 0) {
        this.#idle = setTimeout(() => this.#options.exporter.rest(), IDLE);
        this.#idle.unref();
      }
    }
  }

  async #run({ jobId, task, path }: Order, signal: AbortSignal): Promise<Exported> {
    const { exporter } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', () => {
      timer = setTimeout(() => exporter.rest(), PATIENCE);
    });
    try {
      return await this.#ask(() => exporter.request('task.run', { jobId, task, path }, signal));
    } finally {
      clearTimeout(timer);
    }
  }
}
