import type { EvaluationJob, EvaluationOrder } from '../../../main/ipc/contract.ts';
import type { Bridge } from '../bridge.ts';

/** The queue of evaluations, which main keeps. */
export class Evaluations {
  jobs = $state.raw<EvaluationJob[]>([]);
  readonly #bridge: Bridge;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    bridge.on('evaluations.jobs', (jobs) => (this.jobs = jobs));
    bridge.on('evaluations.progress', ({ jobId, progress }) => {
      this.jobs = this.jobs.map((job) => (job.jobId === jobId ? { ...job, progress } : job));
    });
  }

  /** Asks for the queue as it is; a page that was loaded anew finds evaluations under way. */
  async start(): Promise<void> {
    this.jobs = await this.#bridge.call('evaluations.jobs', {});
  }

  of(runId: string): EvaluationJob[] {
    return this.jobs.filter((job) => job.runId === runId);
  }

  /** Whether one of this run is under way or waits. */
  busy(runId: string): boolean {
    return this.jobs.some((job) => job.runId === runId && job.state !== 'failed');
  }

  async add(order: Omit<EvaluationOrder, 'jobId'>): Promise<void> {
    await this.#bridge.call('evaluations.start', { jobId: crypto.randomUUID(), ...order });
  }

  /** Takes an evaluation out of the queue, whatever its state. */
  async stop(jobId: string): Promise<void> {
    await this.#bridge.call('evaluations.stop', { jobId });
  }

  async tryAgain({ state: _, progress: __, problem: ___, jobId, ...order }: EvaluationJob): Promise<void> {
    await this.stop(jobId);
    await this.add(order);
  }
}
