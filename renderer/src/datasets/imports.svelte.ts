import type { Bridge } from '../bridge.ts';
import type { ImportJob, ImportSettings, SourceRequest } from '../../../main/ipc/contract.ts';

/** An import that is being set up: what to read, and how far its options are chosen already. */
export interface ImportDraft {
  id: string;
  request: SourceRequest;
  /** Proposed; made from the path when left out. */
  name?: string;
  settings?: Partial<ImportSettings>;
}

/** The queue of imports, which main keeps, and those that are being set up here. */
export class Imports {
  jobs = $state.raw<ImportJob[]>([]);
  /** Set up one after the other; the first has the dialog. */
  drafts = $state.raw<ImportDraft[]>([]);
  readonly #bridge: Bridge;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    bridge.on('datasets.imports', (jobs) => (this.jobs = jobs));
    bridge.on('datasets.progress', ({ jobId, progress }) => {
      this.jobs = this.jobs.map((job) => (job.jobId === jobId ? { ...job, progress } : job));
    });
  }

  /** Asks for the queue as it is; a page that was loaded anew finds imports under way. */
  async start(): Promise<void> {
    this.jobs = await this.#bridge.call('datasets.imports', {});
  }

  /** The import under way. */
  get current(): ImportJob | undefined {
    return this.jobs.find(({ state }) => state === 'running' || state === 'cancelling');
  }

  get waiting(): number {
    return this.jobs.filter(({ state }) => state === 'waiting').length;
  }

  get failed(): ImportJob[] {
    return this.jobs.filter(({ state }) => state === 'failed');
  }

  /** Whether an import that is not done yet, or a failed one, has this name. */
  holds(name: string): boolean {
    return this.jobs.some((job) => job.name === name && job.state !== 'failed');
  }

  /** Opens the dialog for this source, after those that wait for it. Single images join those brought before. */
  setUp(draft: Omit<ImportDraft, 'id'>): void {
    const last = this.drafts.at(-1);
    if (last && areLoose(last.request) && areLoose(draft.request)) {
      const paths = [...new Set([...last.request.paths, ...draft.request.paths])];
      const joined = { ...last, request: { ...last.request, paths } };
      this.drafts = [...this.drafts.slice(0, -1), joined];
    } else {
      this.drafts = [...this.drafts, { ...draft, id: crypto.randomUUID() }];
    }
  }

  /** Opens the dialog for whatever these paths are: one import or several. */
  async setUpPaths(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    const requests = await this.#bridge.call('datasets.sortPaths', { paths: [...paths] });
    for (const request of requests) this.setUp({ request });
  }

  /** The draft that has the dialog is done with, or all of them. */
  endDraft(all = false): void {
    this.drafts = all ? [] : this.drafts.slice(1);
    if (this.drafts.length === 0) void this.#bridge.call('datasets.endPreview', {}).catch(() => undefined);
  }

  /** Puts an import into the queue. Throws the sentence of a refusal. */
  async add(name: string, request: SourceRequest, settings: ImportSettings): Promise<void> {
    await this.#bridge.call('datasets.import', { jobId: crypto.randomUUID(), name, request, settings });
  }

  /** Takes an import out of the queue, whatever its state. */
  async cancel(jobId: string): Promise<void> {
    await this.#bridge.call('datasets.cancelImport', { jobId });
  }

  /** Sets a failed import up again, as it was. */
  async tryAgain({ jobId, name, request, settings }: ImportJob): Promise<void> {
    this.setUp({ request, name, settings });
    await this.cancel(jobId);
  }
}

/** Single images, not those that a data set was made of before. */
const areLoose = ({ kind, again }: SourceRequest): boolean => kind === 'files' && again === undefined;

/** A name that the library accepts, made from a path: `/home/me/Große Bilder (2)` → `Grosse Bilder 2`. */
export function nameFromPath(path: string): string {
  const last = path.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
  const clean = last
    .replace(/(\.tar)?\.(zip|tar|tgz|gz|npy|npz|parquet|bin|png|jpe?g|tiff?|webp|bmp|gif)$/i, '')
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

/** The name proposed for what a source holds. */
export function nameFor({ kind, paths }: SourceRequest): string {
  if (kind === 'sample') return 'sample';
  if (kind === 'files') return paths.length === 1 ? nameFromPath(paths[0] ?? '') : 'images';
  return nameFromPath(paths[0] ?? '');
}

/** `wanted`, or the same with the first number behind it that is not taken: `digits 2`. */
export function freeName(wanted: string, taken: (name: string) => boolean): string {
  if (!taken(wanted)) return wanted;
  const [, stem = wanted, last = '1'] = /^(.*?)(?: (\d{1,4}))?$/.exec(wanted) ?? [];
  for (let number = Number(last) + 1; ; number++) {
    const candidate = `${stem.slice(0, 58)} ${number}`;
    if (!taken(candidate)) return candidate;
  }
}

/** How far an import is, 0 … 1; null while that is not known. */
export function shareOf({ progress }: ImportJob): number | null {
  return progress?.total ? Math.min(1, progress.done / progress.total) : null;
}
