/** Imports, one after the other, in the background. */
import { sentenceOf, UserError } from '../core/errors.ts';
import type { EventName, EventPayload, ImportJob, ImportOrder, ImportProgress } from './ipc/contract.ts';

/** More would be a mistake. */
const LONGEST = 200;

export interface ImportQueueOptions {
  /** Imports; rejects when it fails, also because the signal was aborted: nothing is left of it then. */
  run: (order: ImportOrder, signal: AbortSignal) => Promise<{ count: number; skipped: number }>;
  /** Why a data set of this name cannot be made now; null when it can. */
  taken: (name: string) => Promise<string | null>;
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void;
  /** The failure of an import that is not meant for people. */
  sentence?: (error: unknown) => string;
}

/** Imports asked for and not done yet. It lives in main, so that a page that is loaded anew finds it as it was. */
export class ImportQueue {
  readonly #options: ImportQueueOptions;
  #jobs: ImportJob[] = [];
  #running: Promise<void> | null = null;
  /** Cancels the import under way. */
  #abort = new AbortController();
  #closed = false;

  constructor(options: ImportQueueOptions) {
    this.#options = options;
  }

  get jobs(): readonly ImportJob[] {
    return this.#jobs;
  }

  /** Number of imports under way or waiting. */
  get active(): number {
    return this.#jobs.filter(({ state }) => state !== 'failed').length;
  }

  /** @throws UserError when the name is taken, also by another import */
  async add(order: ImportOrder): Promise<void> {
    if (this.#closed) throw new UserError('The application is quitting.', { code: 'process-gone' });
    if (this.#jobs.some((job) => job.jobId === order.jobId)) {
      throw new UserError('This import is in the queue already.', { code: 'exists' });
    }
    if (this.#jobs.length >= LONGEST) {
      throw new UserError(`${LONGEST} imports wait already; wait for some of them to end.`, { code: 'busy' });
    }
    const reserve = (): void => {
      if (this.#jobs.some((job) => job.state !== 'failed' && job.name === order.name)) {
        throw new UserError(`Another import will be called "${order.name}"; choose another name.`, {
          code: 'exists',
          key: 'name',
        });
      }
    };
    reserve();
    const taken = await this.#options.taken(order.name);
    if (taken !== null) throw new UserError(taken, { code: 'exists', key: 'name' });
    reserve();
    this.#set([...this.#jobs, { ...order, state: 'waiting', progress: null, problem: null }]);
    this.#start();
  }

  progress(jobId: string, progress: ImportProgress): void {
    const job = this.#jobs.find((entry) => entry.jobId === jobId);
    if (job === undefined) return;
    // Not worth a list of all jobs each time.
    this.#jobs = this.#jobs.map((entry) => (entry === job ? { ...entry, progress } : entry));
    this.#options.emit('datasets.progress', { jobId, progress });
  }

  /** Takes an import out of the queue; one under way leaves it when it has stopped. */
  cancel(jobId: string): void {
    const job = this.#jobs.find((entry) => entry.jobId === jobId);
    if (job === undefined) return;
    if (job.state === 'running') {
      this.#change(jobId, { state: 'cancelling' });
      this.#abort.abort();
    } else if (job.state !== 'cancelling') {
      this.#set(this.#jobs.filter((entry) => entry.jobId !== jobId));
    }
  }

  /** Cancels all and waits for the one under way to clean up; no other is taken from then on. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { jobId } of this.#jobs) this.cancel(jobId);
    await this.#running;
  }

  #start(): void {
    if (this.#running !== null || this.#next() === undefined) return;
    this.#running = this.#work().finally(() => {
      this.#running = null;
      // What was added between the last look and this moment.
      this.#start();
    });
  }

  #next(): ImportJob | undefined {
    return this.#jobs.find(({ state }) => state === 'waiting');
  }

  async #work(): Promise<void> {
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      const { jobId, name, request, settings } = job;
      this.#abort = new AbortController();
      this.#change(jobId, { state: 'running' });
      try {
        const { count, skipped } = await this.#options.run(
          { jobId, name, request, settings },
          this.#abort.signal,
        );
        this.#set(this.#jobs.filter((entry) => entry.jobId !== jobId));
        this.#options.emit('datasets.imported', { jobId, name, count, skipped });
        this.#options.emit('library.changed', { what: 'datasets' });
      } catch (error) {
        const cancelled = this.#jobs.find((entry) => entry.jobId === jobId)?.state === 'cancelling';
        if (cancelled) this.#set(this.#jobs.filter((entry) => entry.jobId !== jobId));
        else {
          const problem = (this.#options.sentence ?? sentenceOf)(error);
          this.#change(jobId, { state: 'failed', progress: null, problem });
        }
      }
    }
  }

  #change(jobId: string, change: Partial<ImportJob>): void {
    this.#set(this.#jobs.map((job) => (job.jobId === jobId ? { ...job, ...change } : job)));
  }

  #set(jobs: ImportJob[]): void {
    this.#jobs = jobs;
    this.#options.emit('datasets.imports', jobs);
  }
}
