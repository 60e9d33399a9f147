/** Long works, one after the other, in the background: imports, evaluations. */
import { UserError, windowSentenceOf } from '../core/errors.ts';

/** More would be a mistake. */
const LONGEST = 200;

/** How far a work is. */
export interface JobStatus<Progress> {
  state: 'waiting' | 'running' | 'cancelling' | 'failed';
  /** What it told last. */
  progress: Progress | null;
  /** Why it failed, in one sentence. */
  problem: string | null;
}

/** A work that was asked for. */
export type Job<Order extends { jobId: string }, Progress> = Order & JobStatus<Progress>;

export interface JobQueueOptions<Order extends { jobId: string }, Progress, Result> {
  /** One and several of them, for sentences: `import`, `imports`. */
  words: readonly [one: string, many: string];
  /** Does the work; rejects when it fails, also because the signal was aborted: nothing is left of it then. */
  run: (order: Order, signal: AbortSignal) => Promise<Result>;
  /** The queue is another. */
  changed: (jobs: Job<Order, Progress>[]) => void;
  done: (order: Order, result: Result) => void;
  /** The failure of a work that is not meant for people. */
  sentence?: ((error: unknown) => string) | undefined;
}

/** What was asked for and is not done yet. It lives in main, so that a page that is loaded anew finds it as it was. */
export class JobQueue<Order extends { jobId: string }, Progress, Result> {
  readonly #options: JobQueueOptions<Order, Progress, Result>;
  #jobs: Job<Order, Progress>[] = [];
  #running: Promise<void> | null = null;
  /** Cancels the work under way. */
  #abort = new AbortController();
  #closed = false;

  constructor(options: JobQueueOptions<Order, Progress, Result>) {
    this.#options = options;
  }

  get jobs(): readonly Job<Order, Progress>[] {
    return this.#jobs;
  }

  /** Number of works under way or waiting. */
  get active(): number {
    return this.#jobs.filter(({ state }) => state !== 'failed').length;
  }

  /** @throws UserError when it cannot be taken in */
  check({ jobId }: Order): void {
    const [one, many] = this.#options.words;
    if (this.#closed) throw new UserError('The application is quitting.', { code: 'process-gone' });
    if (this.#jobs.some((job) => job.jobId === jobId)) {
      throw new UserError(`This ${one} is in the queue already.`, { code: 'exists' });
    }
    if (this.#jobs.length >= LONGEST) {
      throw new UserError(`${LONGEST} ${many} wait already; wait for some of them to end.`, { code: 'busy' });
    }
  }

  /** @throws UserError when it cannot be taken in */
  add(order: Order): void {
    this.check(order);
    this.#set([...this.#jobs, { ...order, state: 'waiting', progress: null, problem: null }]);
    this.#start();
  }

  /** @returns whether there is such a work */
  progress(jobId: string, progress: Progress): boolean {
    const job = this.#jobs.find((entry) => entry.jobId === jobId);
    if (job === undefined) return false;
    // Not worth telling of all the others each time.
    this.#jobs = this.#jobs.map((entry) => (entry === job ? { ...entry, progress } : entry));
    return true;
  }

  /** Takes a work out of the queue; one under way leaves it when it has stopped. */
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

  #next(): Job<Order, Progress> | undefined {
    return this.#jobs.find(({ state }) => state === 'waiting');
  }

  async #work(): Promise<void> {
    const { run, done, sentence = windowSentenceOf } = this.#options;
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      const { jobId } = job;
      this.#abort = new AbortController();
      this.#change(jobId, { state: 'running' });
      try {
        const result = await run(job, this.#abort.signal);
        this.#set(this.#jobs.filter((entry) => entry.jobId !== jobId));
        done(job, result);
      } catch (error) {
        const cancelled = this.#jobs.find((entry) => entry.jobId === jobId)?.state === 'cancelling';
        if (cancelled) this.#set(this.#jobs.filter((entry) => entry.jobId !== jobId));
        else this.#change(jobId, { state: 'failed', progress: null, problem: sentence(error) });
      }
    }
  }

  #change(jobId: string, change: Partial<JobStatus<Progress>>): void {
    this.#set(this.#jobs.map((job) => (job.jobId === jobId ? { ...job, ...change } : job)));
  }

  #set(jobs: Job<Order, Progress>[]): void {
    this.#jobs = jobs;
    this.#options.changed(jobs);
  }
}
