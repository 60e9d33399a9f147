/** The window's exports: one after the other, by a process of their own. */
import { datasetFolder } from '../core/library.ts';
import type { EventName, EventPayload } from './ipc/contract.ts';
import type { ExportProgress, ExportRequest } from './ipc/export-contract.ts';
import { type CallHandlers, failureOf, type Log } from './ipc/gate.ts';
import { exportKind, exportName } from './export-name.ts';
import { JobQueue } from './job-queue.ts';
import type { ExporterProtocol } from './process/exporter-protocol.ts';
import type { Supervisor } from './process/supervisor.ts';
import type { ResultOf } from './process/protocol.ts';
import type { ExportKind } from './export-kind.ts';

type Calls = Pick<CallHandlers, Extract<keyof CallHandlers, `exports.${string}`>>;
type Order = ExportRequest & { path: string };
type Exported = ResultOf<ExporterProtocol, 'export.run'>;

/** An export may take this long to notice that it is not wanted, milliseconds; then its process is ended. */
const PATIENCE = 5_000;
/** The exporter holds memory, also that of a GPU: it goes when it has not been asked for so long, milliseconds. */
const IDLE = 30_000;

export interface ExportsOptions {
  home: string;
  exporter: Supervisor<ExporterProtocol>;
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

  constructor(options: ExportsOptions) {
    const { exporter, emit, log, allow } = options;
    this.#options = options;
    this.queue = new JobQueue({
      words: ['export', 'exports'],
      run: (order, signal) => this.#run(order, signal),
      changed: (jobs) => emit('exports.jobs', jobs),
      done: ({ jobId, order }, exported) => {
        allow(exported.files);
        if (order.as === 'dataset') emit('library.changed', { what: 'datasets' });
        emit('exports.done', { jobId, ...exported });
      },
      sentence: (error) => failureOf(error, 'export.run', log).message,
    });
    exporter.on('export.progress', ({ jobId, progress }) => {
      if (this.queue.progress(jobId, progress)) emit('exports.progress', { jobId, progress });
    });
  }

  readonly calls: Calls = {
    'exports.start': async ({ jobId, runId, order }) => {
      const { as, name = '' } = order;
      const path =
        as === 'dataset'
          ? datasetFolder(this.#options.home, name)
          : await this.#options.choosePath(exportName(runId, order), exportKind(as));
      if (path === null) return null;
      this.queue.add({ jobId, runId, order, path });
      return { path };
    },
    'exports.jobs': async () => [...this.queue.jobs],
    'exports.stop': async ({ jobId }) => {
      this.queue.cancel(jobId);
      return {};
    },
  };

  /** Whether an export of this run is under way or waits. */
  holds(runId: string): boolean {
    return this.queue.jobs.some((job) => job.runId === runId && job.state !== 'failed');
  }

  close(): Promise<void> {
    return this.queue.close();
  }

  /** Asks the exporter, and lets it go when nothing has been asked for a while. */
  async #run({ jobId, runId, order, path }: Order, signal: AbortSignal): Promise<Exported> {
    const { exporter } = this.#options;
    if (this.#idle !== null) clearTimeout(this.#idle);
    let timer: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', () => {
      timer = setTimeout(() => exporter.rest(), PATIENCE);
    });
    try {
      return await exporter.request('export.run', { jobId, runId, order, path }, signal);
    } finally {
      clearTimeout(timer);
      this.#idle = setTimeout(() => exporter.rest(), IDLE);
      this.#idle.unref();
    }
  }
}
