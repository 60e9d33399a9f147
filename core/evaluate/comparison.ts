/** Evaluations beside one another, of one run or of many: which of them may be held against each other, and their order. */
import { printable } from '../printable.ts';
import { listOf } from '../words.ts';
import { MEASURE_TABLE } from './measure-table.ts';
import { countAgainst, type EvaluationRecord } from './record.ts';
import type { EvaluationTable } from './table.ts';

/** What a table can be sorted by: a measure by its key, or what was measured. */
export interface TableOrder {
  key: string;
  descending: boolean;
}

/** What has to be the same for numbers to be held against each other, in the words of a sentence. */
const ALIKE: readonly { what: string; of: (record: EvaluationRecord) => string; say: SayIt }[] = [
  { what: 'kind', of: ({ kind }) => kind, say: ({ kind }) => kind },
  { what: 'extractor', of: ({ extractor }) => extractor.hash, say: ({ extractor }) => extractor.name },
  {
    what: 'real images',
    of: ({ against: { kind, fingerprint, count } }) => `${kind} ${fingerprint} ${count}`,
    say: (record) => againstWords(record),
  },
  {
    what: 'number of images',
    of: ({ count }) => String(count),
    say: ({ count }) => count.toLocaleString('en-US'),
  },
  { what: 'protocol', of: ({ protocolName }) => protocolName, say: ({ protocolName }) => protocolName },
];

type SayIt = (record: EvaluationRecord) => string;

/** The real images of an evaluation: `5,000 training images of digits`. */
export function againstWords({ against: { kind, name, count } }: EvaluationRecord): string {
  return `${countAgainst(kind, count)} of ${printable(name)}`;
}

/** Equal for evaluations whose numbers may be held against each other. */
export function protocolKey(record: EvaluationRecord): string {
  return JSON.stringify(ALIKE.map(({ of }) => of(record)));
}

/** Equal for evaluations that were made alike in all but the run, the step and the seed. */
export function drawingKey(record: EvaluationRecord): string {
  const { passes, weights, prior, temperature, laterTemperature = 1, label } = record;
  return JSON.stringify([
    protocolKey(record),
    ...[passes, weights, prior, temperature, laterTemperature, label],
  ]);
}

/** In what the evaluations were not made alike, in one sentence; null when they were. */
export function differencesOf(records: readonly EvaluationRecord[]): string | null {
  const unlike = ALIKE.flatMap(({ what, of, say }) => {
    const said = new Map(records.map((record) => [of(record), say(record)]));
    if (said.size < 2) return [];
    const words = [...new Set(said.values())];
    // Two weights files of one name, for instance.
    return [
      words.length < 2 ? `${what}: ${words.join('')} in ${said.size} versions` : `${what}: ${listOf(words)}`,
    ];
  });
  if (unlike.length === 0) return null;
  return `Not all rows were measured alike (${unlike.join('; ')}), so their numbers cannot be held against each other.`;
}

/** Keys of the measures that at least one evaluation has a number for, in the order of tables. */
export function measuredKeys(records: readonly EvaluationRecord[]): string[] {
  return MEASURE_TABLE.map(({ key }) => key).filter((key) =>
    records.some(({ measures }) => typeof measures[key] === 'number'),
  );
}

/** What a measure is called in a table of these evaluations: a Fréchet distance by the extractor that all share. */
export function measureLabel(key: string, records: readonly EvaluationRecord[]): string {
  const label = MEASURE_TABLE.find((entry) => entry.key === key)?.label ?? key;
  const names = new Set(records.map(({ extractor }) => extractor.distanceName));
  const [name] = names;
  if (names.size !== 1 || name === undefined) return label;
  if (key === 'fd') return name;
  return key === 'fdInfinity' ? `${name}, n → ∞` : label;
}

const FACTS: Record<string, (record: EvaluationRecord) => string | number | null> = {
  run: ({ run }) => run.name,
  step: ({ checkpoint }) => checkpoint.step,
  passes: ({ passes }) => passes,
  weights: ({ weights }) => weights,
  created: ({ createdAt }) => createdAt,
};

/** Sorted by a measure or a fact (run, step, passes, weights, created). What is missing stands at the end either way. */
export function sortEvaluations<T>(
  rows: readonly T[],
  { key, descending }: TableOrder,
  recordOf: (row: T) => EvaluationRecord,
): T[] {
  const valueOf = (row: T): string | number | null => {
    const record = recordOf(row);
    return (Object.hasOwn(FACTS, key) ? FACTS[key]?.(record) : record.measures[key]) ?? null;
  };
  const sign = descending ? -1 : 1;
  return [...rows].sort((first, second) => {
    const [a, b] = [valueOf(first), valueOf(second)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
    return sign * String(a).localeCompare(String(b), 'en', { numeric: true });
  });
}

/**
 * The columns of a table that say what was measured, and of the measures those with these keys.
 *
 * @param table as `evaluationTable` makes it
 */
export function withMeasures(table: EvaluationTable, keys: readonly string[]): EvaluationTable {
  const measures = new Set(MEASURE_TABLE.map(({ key }) => key));
  return { ...table, columns: table.columns.filter(({ key }) => !measures.has(key) || keys.includes(key)) };
}

/** Runs of one name are told apart by their id. */
export function namesOf(records: readonly EvaluationRecord[]): (record: EvaluationRecord) => string {
  const ids = new Map<string, Set<string>>();
  for (const { run } of records) ids.set(run.name, (ids.get(run.name) ?? new Set()).add(run.id));
  return ({ run }) => (ids.get(run.name)?.size === 1 ? run.name : run.id);
}

/** Four significant digits, no idle zeros, nothing for a number that is missing. */
export function formatMeasure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '';
  const short = Number(value.toPrecision(4));
  return short !== 0 && Math.abs(short) < 1e-4 ? short.toExponential() : String(short);
}
