/** Imports, one after the other, in the background. */
import { UserError } from '../core/errors.ts';
import type { EventName, EventPayload, ImportJob, ImportOrder, ImportProgress } from './ipc/contract.ts';
import { JobQueue } from './job-queue.ts';

interface Imported {
  count: number;
  skipped: number;
}

export interface ImportQueueOptions {
  /** Imports; rejects when it fails, also because the signal was aborted: nothing is left of it then. */
  run: (order: ImportOrder, signal: AbortSignal) => Promise<Imported>;
  /** Why a data set of this name cannot be made now; null when it can. */
  taken: (name: string) => Promise<string | null>;
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void;
  /** The failure of an import that is not meant for people. */
  sentence?: (error: unknown) => string;
}

/** Imports asked for and not done yet. It lives in main, so that a page that is loaded anew finds it as it was. */
export class ImportQueue {
  readonly #options: ImportQueueOptions;
  readonly #queue: JobQueue<ImportOrder, ImportProgress, Imported>;

  constructor(options: ImportQueueOptions) {
    const { run, emit, sentence } = options;
    this.#options = options;
    this.#queue = new JobQueue({
      words: ['import', 'imports'],
      run: ({ jobId, name, request, settings }, signal) => run({ jobId, name, request, settings }, signal),
      changed: (jobs) => emit('datasets.imports', jobs),
      done: ({ jobId, name }, { count, skipped }) => {
        emit('datasets.imported', { jobId, name, count, skipped });
        emit('library.changed', { what: 'datasets' });
      },
      sentence,
    });
  }

  get jobs(): readonly ImportJob[] {
    return this.#queue.jobs;
  }

  /** Number of imports under way or waiting. */
  get active(): number {
    return this.#queue.active;
  }

  /** @throws UserError when the name is taken, also by another import */
  async add(order: ImportOrder): Promise<void> {
    this.#queue.check(order);
    this.#reserve(order.name);
    const taken = await this.#options.taken(order.name);
    if (taken !== null) throw new UserError(taken, { code: 'exists', key: 'name' });
    this.#reserve(order.name);
    this.#queue.add(order);
  }

  progress(jobId: string, progress: ImportProgress): void {
    if (this.#queue.progress(jobId, progress)) this.#options.emit('datasets.progress', { jobId, progress });
  }

  /** Takes an import out of the queue; one under way leaves it when it has stopped. */
  cancel(jobId: string): void {
    this.#queue.cancel(jobId);
  }

  /** Cancels all and waits for the one under way to clean up; no other is taken from then on. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  #reserve(name: string): void {
    if (this.jobs.some((job) => job.state !== 'failed' && job.name === name)) {
      throw new UserError(`Another import will be called "${name}"; choose another name.`, {
        code: 'exists',
        key: 'name',
      });
    }
  }
}
