import type { ExportJob, ExportOrder } from '../../../main/ipc/contract.ts';
import type { Bridge } from '../bridge.ts';
import { formatPlural } from '../format.ts';
import type { Notices } from '../shell/notices.svelte.ts';
import type { ExportSubject } from './subject.ts';

/** What came of an export that its dialog still shows. */
export interface Exported {
  jobId: string;
  sentence: string;
  path: string;
}

/** Exports: what the dialog is open for, and the queue, which main keeps. */
export class Exports {
  jobs = $state.raw<ExportJob[]>([]);
  /** What the dialog is open for; null while it is closed. */
  subject = $state.raw<ExportSubject | null>(null);
  /** The export that the open dialog began. */
  shown = $state<string | null>(null);
  exported = $state.raw<Exported | null>(null);

  readonly #bridge: Bridge;

  constructor(bridge: Bridge, notices: Notices) {
    this.#bridge = bridge;
    bridge.on('exports.jobs', (jobs) => (this.jobs = jobs));
    bridge.on('exports.progress', ({ jobId, progress }) => {
      this.jobs = this.jobs.map((job) => (job.jobId === jobId ? { ...job, progress } : job));
    });
    bridge.on('exports.done', ({ jobId, images, word, files, remarks }) => {
      const path = files[0] ?? '';
      const sentence = `${formatPlural(images, word)} written to ${path}.`;
      if (this.shown === jobId) this.exported = { jobId, sentence, path };
      else notices.done(sentence, path);
      for (const remark of remarks) notices.error(remark);
    });
  }

  /** Asks for the queue as it is; a page that was loaded anew finds exports under way. */
  async start(): Promise<void> {
    this.jobs = await this.#bridge.call('exports.jobs', {});
  }

  /** The export that the open dialog began; null when it is over, or there is none. */
  get current(): ExportJob | null {
    return this.jobs.find(({ jobId }) => jobId === this.shown) ?? null;
  }

  /** Those that no dialog shows. */
  get elsewhere(): ExportJob[] {
    return this.jobs.filter(({ jobId }) => this.subject === null || jobId !== this.shown);
  }

  open(subject: ExportSubject): void {
    this.subject = subject;
    this.shown = null;
    this.exported = null;
  }

  /** What is under way goes on. */
  close(): void {
    this.subject = null;
    this.shown = null;
  }

  /** Asks where, and begins. @returns false when the person took it back */
  async begin(runId: string, order: ExportOrder): Promise<boolean> {
    const jobId = crypto.randomUUID();
    this.exported = null;
    this.shown = jobId;
    try {
      const begun = await this.#bridge.call('exports.start', { jobId, runId, order });
      if (begun === null) this.shown = null;
      return begun !== null;
    } catch (error) {
      this.shown = null;
      throw error;
    }
  }

  /** Takes an export out of the queue, whatever its state. */
  async stop(jobId: string): Promise<void> {
    await this.#bridge.call('exports.stop', { jobId });
    if (this.shown === jobId) this.shown = null;
  }
}
