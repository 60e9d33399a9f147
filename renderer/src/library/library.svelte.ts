import { type Bridge, sentenceOf } from '../bridge.ts';
import * as v from 'valibot';
import { DatasetEntrySchema, RunSummarySchema } from '../../../main/ipc/contract.ts';
import type { CatalogueDatabase, DatasetEntry, DiskDataset, RunEntry } from './database.ts';
import { reconcile } from './reconcile.ts';

/** As a start of the window may find it in the catalogue, which an older version may have written. */
const KeptDatasetSchema = v.object({ ...DatasetEntrySchema.entries, lost: v.boolean() });

type Part = 'datasets' | 'runs';

/**
 * What is in the library: data sets and runs. Shows what the catalogue remembers at once, then what the
 * disk says, and keeps the catalogue in step with it. Newest first, data sets by name.
 */
export class Library {
  datasets = $state.raw<DatasetEntry[]>([]);
  runs = $state.raw<RunEntry[]>([]);
  /** Whether the disk has answered; an empty list means nothing before. */
  readonly known = $state<Record<Part, boolean>>({ datasets: false, runs: false });

  readonly #bridge: Bridge;
  readonly #database: CatalogueDatabase;
  readonly #failed: (sentence: string) => void;
  readonly #running = new Map<Part, Promise<void>>();
  readonly #again = new Set<Part>();
  /** Data sets that go by the person's own wish. */
  readonly #leaving = new Set<string>();

  constructor(bridge: Bridge, database: CatalogueDatabase, failed: (sentence: string) => void) {
    this.#bridge = bridge;
    this.#database = database;
    this.#failed = failed;
  }

  /** Shows the remembered entries, asks the disk, and from then on follows its changes. */
  async start(): Promise<void> {
    this.#bridge.on('library.changed', ({ what }) => void this.refresh(what));
    try {
      // When main cannot be asked, what is remembered is all there is.
      await this.#checkHome().catch(() => undefined);
      const [datasets, runs] = await Promise.all([
        this.#database.datasets.toArray(),
        this.#database.runs.toArray(),
      ]);
      this.datasets = sortDatasets(datasets.filter((entry) => v.is(KeptDatasetSchema, entry)));
      this.runs = sortNewest(runs.filter((entry) => v.is(RunSummarySchema, entry)));
    } catch {
      // The catalogue is a cache: without it the disk is asked, which happens next anyway.
    }
    await Promise.all([this.refresh('datasets'), this.refresh('runs')]);
  }

  dataset(name: string | null): DatasetEntry | undefined {
    return this.datasets.find((entry) => entry.name === name);
  }

  run(id: string | null): RunEntry | undefined {
    return this.runs.find((entry) => entry.id === id);
  }

  /** Asks the disk again; calls while one is under way share one more. */
  refresh(part: Part): Promise<void> {
    const running = this.#running.get(part);
    if (running) {
      this.#again.add(part);
      return running;
    }
    const work = (async () => {
      do {
        this.#again.delete(part);
        await this.#ask(part);
      } while (this.#again.has(part));
      this.#running.delete(part);
    })();
    this.#running.set(part, work);
    return work;
  }

  async #ask(part: Part): Promise<void> {
    try {
      if (part === 'datasets') await this.#askDatasets();
      else await this.#askRuns();
      this.known[part] = true;
    } catch (error) {
      this.#failed(sentenceOf(error));
    }
  }

  /**
   * Does what takes a data set away from its name, so that it is not thought missing. What fails leaves it as it was.
   */
  async letGo<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.#leaving.add(name);
    try {
      return await work();
    } finally {
      await this.refresh('datasets');
      this.#leaving.delete(name);
    }
  }

  async #askDatasets(): Promise<void> {
    const disk = await this.#bridge.call('datasets.list', {});
    const { entries, put, remove } = reconcile<DiskDataset, DatasetEntry, string>(
      this.datasets,
      disk,
      (entry) => entry.name,
      (entry) => ({ ...entry, lost: false }),
    );
    const gone = new Set(remove);
    const lost = this.datasets.filter((entry) => gone.has(entry.name) && this.#isMissed(entry, disk));
    const marked = lost.map((entry) => (entry.lost ? entry : { ...entry, lost: true }));
    for (const { name } of lost) gone.delete(name);
    this.datasets = sortDatasets([...entries, ...marked]);
    await this.#store(async () => {
      await this.#database.datasets.bulkPut([...put, ...marked]);
      await this.#database.datasets.bulkDelete([...gone]);
    });
  }

  /** Whether a data set that the disk no longer has is worth telling: not when it goes willingly or has a new name. */
  #isMissed({ name, record }: DatasetEntry, disk: readonly DiskDataset[]): boolean {
    if (record === null || this.#leaving.has(name)) return false;
    return !disk.some((entry) => entry.record?.fingerprint === record.fingerprint);
  }

  /** The catalogue is that of one library; another one's data sets are not missing, they are elsewhere. */
  async #checkHome(): Promise<void> {
    const { home } = await this.#bridge.call('app.info', {});
    const known = await this.#database.settings.get('library');
    if (known?.value === home) return;
    if (known !== undefined) {
      const { datasets, runs } = this.#database;
      await Promise.all([datasets.clear(), runs.clear()]);
    }
    await this.#database.settings.put({ key: 'library', value: home });
  }

  async #askRuns(): Promise<void> {
    const disk = await this.#bridge.call('runs.list', {});
    const { entries, put, remove } = reconcile(
      this.runs,
      disk,
      (entry) => entry.id,
      (entry) => entry,
    );
    this.runs = sortNewest(entries);
    await this.#store(async () => {
      await this.#database.runs.bulkPut(put);
      await this.#database.runs.bulkDelete(remove);
    });
  }

  /** The catalogue may fail (full disk, deleted under us) without harm: the next start asks the disk. */
  async #store(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      console.warn('The catalogue could not be written.', error);
    }
  }
}

function sortDatasets(entries: readonly DatasetEntry[]): DatasetEntry[] {
  return [...entries].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function sortNewest<T extends { createdAt: string }>(entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}
