import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { sentenceOf } from '../bridge.ts';
import { MeasureColumns } from './measure-columns.svelte.ts';
import type { RunEntry } from '../library/database.ts';
import type { Studio } from '../studio.ts';
import { statusOf } from '../train/training.svelte.ts';
import {
  type Filter,
  filtered,
  GROUPS,
  grouped,
  type RunGroup,
  sorted,
  type TableRun,
  termOfKey,
} from './table.ts';

/** A line of the table: a run, or the head of a group. */
export type Line =
  { kind: 'run'; key: string; row: TableRun } | { kind: 'group'; key: string; group: RunGroup };

/** What is found, sorted, grouped and chosen in the table of all runs. */
export class RunsTableManager {
  filter = $state<Filter>({ text: '', state: 'all', dataset: '', tag: '' });
  /** Ids of the runs that are chosen. */
  readonly chosen = new SvelteSet<string>();
  /** Groups whose runs are hidden. */
  readonly closed = new SvelteSet<string>();
  /** Run whose name is being typed. */
  renaming = $state<string | null>(null);
  problem = $state<string | null>(null);
  readonly #studio: Studio;
  readonly #settings = new SvelteMap<string, Readonly<Record<string, unknown>>>();
  /** What stored evaluations say of the runs. */
  readonly measures: MeasureColumns;
  #last: string | null = null;

  constructor(studio: Studio) {
    this.#studio = studio;
    this.measures = new MeasureColumns(studio);
  }

  readonly look = $derived.by(() => this.#studio.settings.get('runs'));

  readonly rows: readonly TableRun[] = $derived.by(() => {
    const { library, training } = this.#studio;
    return library.runs.map((run) => ({
      run,
      status: statusOf(run, training),
      live: training.trains(run.id),
    }));
  });
  readonly found = $derived.by(() =>
    sorted(filtered(this.rows, this.filter), this.look.order, (key) => this.measures.valueOf(key)),
  );

  readonly datasets = $derived.by(() =>
    [...new Set(this.rows.flatMap(({ run }) => (run.dataset === null ? [] : [run.dataset])))].sort(),
  );
  readonly tags = $derived.by(() => [...new Set(this.rows.flatMap(({ run }) => run.tags))].sort());

  /** What the runs can be grouped by: what they are, and every setting that not all have alike. */
  readonly groupings = $derived.by((): { key: string; label: string }[] => {
    const values = new Map<string, Set<string>>();
    for (const settings of this.#settings.values()) {
      for (const [key, value] of Object.entries(settings)) {
        const known = values.get(key) ?? new Set();
        values.set(key, known.add(JSON.stringify(value)));
      }
    }
    const varying = [...values].filter(([, known]) => known.size > 1).map(([key]) => key);
    return [
      ...Object.entries(GROUPS).map(([key, label]) => ({ key, label })),
      ...varying.map((key) => ({ key, label: `${termOfKey(key)} (${key})` })),
    ];
  });

  readonly groups: readonly RunGroup[] | null = $derived.by(() => {
    const { group } = this.look;
    if (group === '') return null;
    return grouped(
      this.found,
      group,
      (runId, key) => this.#settings.get(runId)?.[key],
      this.measures.shown.map(({ valueOf }) => valueOf),
    );
  });

  readonly lines: readonly Line[] = $derived.by(() => {
    const line = (row: TableRun, before = ''): Line => ({ kind: 'run', key: `${before}${row.run.id}`, row });
    if (this.groups === null) return this.found.map((row) => line(row));
    return this.groups.flatMap((group): Line[] => [
      { kind: 'group', key: `group ${group.label}`, group },
      ...(this.closed.has(group.label) ? [] : group.rows.map((row) => line(row, `${group.label} `))),
    ]);
  });

  /** Runs that are chosen and there, in the order of the table. */
  readonly selection: readonly RunEntry[] = $derived.by(() =>
    this.rows.filter(({ run }) => this.chosen.has(run.id)).map(({ run }) => run),
  );
  readonly allChosen = $derived(
    this.found.length > 0 && this.found.every(({ run }) => this.chosen.has(run.id)),
  );

  /** Reads the settings of runs that are not known yet, for grouping by them. */
  async readSettings(): Promise<void> {
    const runIds = this.rows
      .filter(({ run }) => run.problem === null && !this.#settings.has(run.id))
      .map(({ run }) => run.id);
    if (runIds.length === 0) return;
    try {
      const all = await this.#studio.bridge.call('runs.settings', { runIds });
      for (const { runId, settings } of all) this.#settings.set(runId, settings);
    } catch (error) {
      this.#studio.fail(error);
    }
  }

  sortBy(key: string): void {
    const { order } = this.look;
    const first = ['createdAt', 'step', 'bytes', 'seconds'].includes(key);
    const descending = order.key === key ? !order.descending : first;
    this.#studio.settings.set('runs', { order: { key, descending } });
  }

  groupBy(group: string): void {
    this.closed.clear();
    this.#studio.settings.set('runs', { group });
  }

  /** @param through with all between it and the one that was chosen before */
  choose(id: string, through = false): void {
    const ids = this.found.map(({ run }) => run.id);
    const [a, b] = [ids.indexOf(this.#last ?? ''), ids.indexOf(id)];
    if (through && a >= 0 && b >= 0) {
      for (const between of ids.slice(Math.min(a, b), Math.max(a, b) + 1)) this.chosen.add(between);
    } else if (!this.chosen.delete(id)) this.chosen.add(id);
    this.#last = id;
  }

  chooseAll(): void {
    const all = this.allChosen;
    this.chosen.clear();
    if (!all) for (const { run } of this.found) this.chosen.add(run.id);
  }

  open(id: string): void {
    this.#studio.settings.set('run', { id });
    this.#studio.settings.set('runs', { page: 'none' });
  }

  compare(): void {
    this.#studio.settings.set('runs', { page: 'compare', compared: this.selection.map(({ id }) => id) });
  }

  async rename(id: string, name: string): Promise<void> {
    // The field loses the focus once more when it goes.
    if (this.renaming !== id) return;
    this.renaming = null;
    const wanted = name.trim();
    if (wanted === '' || wanted === this.#studio.library.run(id)?.name) return;
    try {
      await this.#studio.bridge.call('runs.rename', { runId: id, name: wanted });
      await this.#studio.library.refresh('runs');
    } catch (error) {
      this.#studio.fail(error);
    }
  }

  /** Gives tags to the chosen runs, or takes some away. @returns whether that worked */
  async tag(add: string[], remove: string[]): Promise<boolean> {
    this.problem = null;
    try {
      await this.#studio.bridge.call('runs.describe', {
        runIds: this.selection.map(({ id }) => id),
        add,
        remove,
      });
      await this.#studio.library.refresh('runs');
      return true;
    } catch (error) {
      this.problem = sentenceOf(error);
      return false;
    }
  }
}
