import { type Bridge, sentenceOf } from '../bridge.ts';
import type { CallParams, EventPayload } from '../../../main/ipc/contract.ts';
import type { DatasetRecord } from '../../../core/data/dataset.ts';

export type ImportProgress = EventPayload<'datasets.progress'>;
export type ImportRequest = Omit<CallParams<'datasets.import'>, 'jobId'>;

/** The import under way; one at a time. */
export class Imports {
  progress = $state.raw<ImportProgress | null>(null);
  cancelling = $state(false);
  #jobId: string | null = null;
  #cancelled: string | null = null;
  readonly #bridge: Bridge;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    bridge.on('datasets.progress', (progress) => {
      if (progress.jobId === this.#jobId) this.progress = progress;
    });
  }

  get busy(): boolean {
    return this.progress !== null;
  }

  /** Imports and answers with the record; null when the person cancelled. Throws the sentence of a failure. */
  async run(request: ImportRequest): Promise<DatasetRecord | null> {
    if (this.#jobId !== null) {
      throw new Error('Another import is under way: wait for its end or cancel it, then import this one.');
    }
    const jobId = crypto.randomUUID();
    this.#jobId = jobId;
    this.cancelling = false;
    this.progress = {
      jobId,
      name: request.name,
      phase: 'reading',
      done: 0,
      total: null,
      skipped: 0,
      imagesPerSecond: 0,
      secondsLeft: null,
    };
    try {
      return await this.#bridge.call('datasets.import', { ...request, jobId });
    } catch (error) {
      if (this.#cancelled === jobId) return null;
      throw new Error(sentenceOf(error), { cause: error });
    } finally {
      this.#jobId = null;
      this.progress = null;
      this.cancelling = false;
    }
  }

  async cancel(): Promise<void> {
    if (this.#jobId === null) return;
    this.cancelling = true;
    this.#cancelled = this.#jobId;
    await this.#bridge.call('datasets.cancelImport', { jobId: this.#jobId });
  }
}

/** A name that the library accepts, made from a folder's path: `/home/me/Große Bilder (2)` → `Grosse Bilder 2`. */
export function nameFromPath(path: string): string {
  const last = path.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
  const clean = last
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/[^A-Za-z0-9._ -]+/g, ' ')
    .replace(/ +/g, ' ')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64)
    .trim();
  return clean === '' ? 'images' : clean;
}
