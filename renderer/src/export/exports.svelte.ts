import type { ExportJob, ExportOrder, Task } from '../../../main/ipc/contract.ts';
import type { Bridge, PixelClient } from '../bridge.ts';
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

  readonly #pixels: PixelClient;
  readonly #notices: Notices;
  /** The film that the window encodes: beside the queue, since main has no encoder. */
  #film: { job: ExportJob; work: AbortController } | null = null;

  constructor(bridge: Bridge, pixels: PixelClient, notices: Notices) {
    this.#bridge = bridge;
    this.#pixels = pixels;
    this.#notices = notices;
    bridge.on('exports.jobs', (jobs) => (this.jobs = this.#film ? [...jobs, this.#film.job] : jobs));
    bridge.on('exports.progress', ({ jobId, progress }) => {
      this.jobs = this.jobs.map((job) => (job.jobId === jobId ? { ...job, progress } : job));
    });
    bridge.on('exports.done', ({ jobId, sentence, files, remarks }) => {
      this.#tell(jobId, sentence, files[0]);
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
    return this.jobs.filter(({ jobId }) => jobId !== this.shown);
  }

  open(subject: ExportSubject): void {
    this.subject = subject;
    this.shown = null;
    this.exported = null;
  }

  /** For a dialog of its own that follows what it began. */
  reset(): void {
    this.shown = null;
    this.exported = null;
  }

  /** What is under way goes on. */
  close(): void {
    this.subject = null;
    this.shown = null;
  }

  /** Asks where, and begins. @returns false when the person took it back */
  async begin(task: Task): Promise<boolean> {
    const jobId = crypto.randomUUID();
    this.exported = null;
    this.shown = jobId;
    try {
      const begun = await this.#bridge.call('exports.start', { jobId, task });
      if (begun === null) this.shown = null;
      return begun !== null;
    } catch (error) {
      this.shown = null;
      throw error;
    }
  }

  /** As {@link begin}, for what has no dialog: it is followed among what is under way. */
  async beginAside(task: Task): Promise<void> {
    await this.#bridge.call('exports.start', { jobId: crypto.randomUUID(), task });
  }

  #tell(jobId: string, sentence: string, path?: string): void {
    if (this.shown === jobId) this.exported = { jobId, sentence, path: path ?? '' };
    else this.#notices.done(sentence, path);
  }

  /** As {@link begin}, for a film: the frames are drawn as for any export, and encoded here. One at a time. */
  async beginFilm(runId: string, order: ExportOrder): Promise<void> {
    if (this.#film !== null) throw new Error('Another film is being made; wait for it, or stop it.');
    const jobId = crypto.randomUUID();
    const request = { jobId, runId, order };
    const chosen = await this.#bridge.call('films.choose', request);
    if (chosen === null) return;
    const work = new AbortController();
    const task: Task = { kind: 'export', runId, order };
    const job: ExportJob = {
      ...{ jobId, task, path: chosen.path },
      ...{ state: 'running', progress: null, problem: null },
    };
    this.#film = { job, work };
    this.exported = null;
    this.shown = jobId;
    this.jobs = [...this.jobs, job];
    try {
      const { signal } = work;
      const drawn = await this.#pixels.request('film.frames', request, { signal });
      const { encodeFilm } = await import('./film.ts');
      const bytes = await encodeFilm(order.as === 'webm' ? 'webm' : 'mp4', drawn, {
        signal,
        onProgress: (done, total) => {
          const progress = {
            phase: 'Encoding',
            unit: 'images' as const,
            done,
            total,
            perSecond: null,
            secondsLeft: null,
          };
          this.jobs = this.jobs.map((entry) => (entry.jobId === jobId ? { ...entry, progress } : entry));
        },
      });
      signal.throwIfAborted();
      await this.#bridge.call('films.write', { path: chosen.path, bytes });
      this.#endFilm(jobId);
      const sentence = `${formatPlural(drawn.frames.count, 'frame')} written to ${chosen.path}.`;
      this.#tell(jobId, sentence, chosen.path);
    } catch (error) {
      this.#endFilm(jobId);
      if (!work.signal.aborted) throw error;
    }
  }

  #endFilm(jobId: string): void {
    this.#film = null;
    this.jobs = this.jobs.filter((entry) => entry.jobId !== jobId);
  }

  /** Takes an export out of the queue, whatever its state. */
  async stop(jobId: string): Promise<void> {
    if (this.#film?.job.jobId === jobId) {
      this.#film.work.abort();
      return;
    }
    await this.#bridge.call('exports.stop', { jobId });
    if (this.shown === jobId) this.shown = null;
  }
}
