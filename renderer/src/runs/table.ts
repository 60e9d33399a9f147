/** The table of all runs as plain arithmetic: what is found, in which order, in which groups. */
import { decimal } from '../../../text/language.ts';
import { word } from '../../../text/say.ts';
import { formatCount } from '../format.ts';
import { MEASURE_NAMES, SETTINGS } from '../../../main/ipc/contract.ts';
import type { RunEntry } from '../library/database.ts';
import type { RunStatus } from '../train/training.svelte.ts';

/** A run with what it is called that it does. */
export interface TableRun {
  run: RunEntry;
  status: RunStatus;
  live: boolean;
}

export type StateFilter = 'all' | 'live' | 'finished' | 'stopped' | 'bad';

export const STATE_FILTERS: Record<StateFilter, string> = {
  all: 'Any state',
  live: 'Being trained',
  finished: 'Finished',
  stopped: 'Stopped or new',
  bad: 'Diverged, collapsed or damaged',
};

export interface Filter {
  text: string;
  state: StateFilter;
  /** Empty for all of them. */
  dataset: string;
  tag: string;
}

export const VARIANTS = { covae: 'CoVAE', 's-covae': 's-CoVAE', 'beta-vae': 'β-VAE' } as const;

/** What a setting is called; its key where it has no name. */
export function termOfKey(key: string): string {
  return SETTINGS.find((setting) => setting.key === key)?.term ?? key;
}

/** A value of a setting in a few signs. */
export function valueWords(value: unknown): string {
  if (value === undefined) return '—';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return word(value ? 'on' : 'off');
  if (typeof value === 'number') return decimal(String(value));
  return value === null ? word('none') : JSON.stringify(value);
}

/** In what a run differs from its preset, in a few words. */
export function differsWords({ differs }: Pick<RunEntry, 'differs'>): string {
  return differs.map(({ key, value }) => `${termOfKey(key)} ${valueWords(value)}`).join(', ');
}

/** What the best value of a run is by, and the value. */
export function bestWords({ best }: Pick<RunEntry, 'best'>): string {
  return best === null ? '' : `${MEASURE_NAMES[best.measure]}, step ${formatCount(best.step)}`;
}

/** All that is looked through for a word. */
function haystack({ run, status }: TableRun): string {
  const { id, name, tags, note, dataset, preset, variant } = run;
  return [
    ...[id, name, ...tags, note, dataset ?? '', preset ?? '', variant === null ? '' : VARIANTS[variant]],
    ...[status.text, differsWords(run), `seed ${run.seed}`],
  ]
    .join('\n')
    .toLowerCase();
}

/** The runs that a filter leaves; of the text every word has to be found. */
export function filtered(runs: readonly TableRun[], { text, state, dataset, tag }: Filter): TableRun[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter((row) => {
    const { run } = row;
    if (state !== 'all' && stateOf(row) !== state) return false;
    if (dataset !== '' && run.dataset !== dataset) return false;
    if (tag !== '' && !run.tags.includes(tag)) return false;
    if (words.length === 0) return true;
    const all = haystack(row);
    return words.every((word) => all.includes(word));
  });
}

function stateOf({ run, status, live }: TableRun): StateFilter {
  if (live) return 'live';
  if (status.tone === 'bad') return 'bad';
  return run.outcome.state === 'finished' ? 'finished' : 'stopped';
}

/** Columns that a table can be sorted by, and by what. */
const SORT_VALUES: Readonly<Record<string, (row: TableRun) => string | number | null>> = {
  name: ({ run }) => run.name,
  dataset: ({ run }) => run.dataset,
  variant: ({ run }) => run.variant,
  preset: ({ run }) => `${run.preset ?? ''} ${differsWords(run)}`,
  step: ({ run }) => run.step,
  state: ({ status }) => status.text,
  lastLoss: ({ run }) => run.lastLoss,
  best: ({ run }) => run.best?.value ?? null,
  lastMeasured: ({ run }) => run.lastMeasured?.value ?? null,
  seconds: ({ run }) => run.seconds,
  bytes: ({ run }) => run.bytes,
  createdAt: ({ run }) => run.createdAt,
};

/**
 * Sorted by a column; runs without a value come last either way, and equal ones by their time.
 *
 * @param measured value of a column that is not of the run itself; undefined where there is no such column
 */
export function sorted(
  runs: readonly TableRun[],
  { key, descending }: { key: string; descending: boolean },
  measured: (key: string) => ((row: TableRun) => number | null) | undefined = () => undefined,
): TableRun[] {
  const valueOf = SORT_VALUES[key] ?? measured(key) ?? SORT_VALUES['createdAt']!;
  const sign = descending ? -1 : 1;
  return runs
    .map((row) => ({ row, value: valueOf(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) {
        if (a.value !== b.value) return a.value === null ? 1 : -1;
      } else {
        const order =
          typeof a.value === 'number' && typeof b.value === 'number'
            ? a.value - b.value
            : String(a.value).localeCompare(String(b.value), 'en', { numeric: true });
        if (order !== 0) return sign * order;
      }
      return b.row.run.createdAt.localeCompare(a.row.run.createdAt);
    })
    .map(({ row }) => row);
}

/** Mean and range of some numbers. */
export interface Spread {
  mean: number;
  least: number;
  largest: number;
  count: number;
}

/** @returns null where there are none */
export function spreadOf(values: readonly (number | null | undefined)[]): Spread | null {
  const known = values.filter(
    (value) => value !== null && value !== undefined && Number.isFinite(value),
  ) as number[];
  if (known.length === 0) return null;
  return {
    mean: known.reduce((sum, value) => sum + value, 0) / known.length,
    least: Math.min(...known),
    largest: Math.max(...known),
    count: known.length,
  };
}

export interface RunGroup {
  /** What its runs have in common. */
  label: string;
  rows: TableRun[];
  loss: Spread | null;
  best: Spread | null;
  lastMeasured: Spread | null;
  /** Of the columns of stored evaluations, in their order. */
  measured: (Spread | null)[];
}

/** Groups that runs can be put in without asking for their settings. */
export const GROUPS = {
  dataset: 'Data set',
  variant: 'Variant',
  preset: 'Preset and what differs',
  tag: 'Tag',
  seed: 'Seed',
} as const;

/**
 * Runs in groups, in the order of their first runs; a run with several tags is in several.
 *
 * @param by a key of {@link GROUPS}, or the dotted key of a setting
 * @param settingOf value of a setting of a run
 * @param measured values of further columns
 */
export function grouped(
  rows: readonly TableRun[],
  by: string,
  settingOf: (runId: string, key: string) => unknown,
  measured: readonly ((row: TableRun) => number | null)[] = [],
): RunGroup[] {
  const groups = new Map<string, TableRun[]>();
  for (const row of rows) {
    for (const label of labelsOf(row.run, by, settingOf)) {
      const known = groups.get(label);
      if (known) known.push(row);
      else groups.set(label, [row]);
    }
  }
  return [...groups].map(([label, members]) => ({
    label,
    rows: members,
    loss: spreadOf(members.map(({ run }) => run.lastLoss)),
    best: comparable(members.map(({ run }) => run.best)),
    lastMeasured: comparable(members.map(({ run }) => run.lastMeasured)),
    measured: measured.map((valueOf) => spreadOf(members.map(valueOf))),
  }));
}

/** Values that were measured alike; of different measures there is no mean. */
function comparable(values: readonly RunEntry['best'][]): Spread | null {
  const known = values.filter((value) => value !== null);
  return new Set(known.map(({ measure }) => measure)).size > 1
    ? null
    : spreadOf(known.map(({ value }) => value));
}

function labelsOf(
  run: RunEntry,
  by: string,
  settingOf: (runId: string, key: string) => unknown,
): readonly string[] {
  switch (by) {
    case 'dataset':
      return [run.dataset ?? 'no data set'];
    case 'variant':
      return [run.variant === null ? word('unknown') : VARIANTS[run.variant]];
    case 'preset': {
      const differs = differsWords(run);
      return [`${run.preset ?? 'own settings'}${differs === '' ? '' : `: ${differs}`}`];
    }
    case 'tag':
      return run.tags.length === 0 ? ['without a tag'] : run.tags;
    case 'seed':
      return [`seed ${run.seed}`];
    default:
      return [`${termOfKey(by)}: ${valueWords(settingOf(run.id, by))}`];
  }
}

/** Rows of a list that are drawn: those in view and some beside them. */
export function windowOf(
  count: number,
  rowHeight: number,
  scrollTop: number,
  height: number,
  beside = 8,
): { from: number; to: number; before: number; after: number } {
  const from = Math.max(0, Math.min(count, Math.floor(scrollTop / rowHeight)) - beside);
  const to = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + beside);
  return { from, to, before: from * rowHeight, after: Math.max(0, count - to) * rowHeight };
}
