/** Evaluations of one or several runs as one table, to be sorted, shown and exported. */
import { MEASURE_TABLE } from './measure-table.ts';
import { AGAINST_WORDS, type EvaluationRecord } from './record.ts';
import { significant } from '../digits.ts';

export interface EvaluationColumn {
  /** Name in CSV. */
  key: string;
  label: string;
  isNumber: boolean;
}

export type EvaluationRow = Readonly<Record<string, string | number | null>>;

export interface EvaluationTable {
  columns: EvaluationColumn[];
  /** One an evaluation, by column. */
  rows: EvaluationRow[];
}

const text = (key: string, label: string): EvaluationColumn => ({ key, label, isNumber: false });
const number = (key: string, label: string): EvaluationColumn => ({ key, label, isNumber: true });

/** What each evaluation is of, before its measures. */
const SUBJECT: readonly EvaluationColumn[] = [
  text('run', 'Run'),
  number('step', 'Step'),
  text('kind', 'Kind'),
  number('passes', 'Passes'),
  text('weights', 'Weights'),
  number('count', 'n'),
  text('against', 'Against'),
  number('reference', 'n of the reference'),
  text('extractor', 'Extractor'),
  text('distance', 'Fréchet distance is'),
  number('seed', 'Seed'),
  text('protocol', 'Protocol'),
];

/** Measures that no evaluation has are left out. */
export function evaluationTable(records: readonly EvaluationRecord[]): EvaluationTable {
  const has = (key: string): boolean => records.some(({ measures }) => measures[key] != null);
  const known = MEASURE_TABLE.filter(({ key }) => has(key)).map(({ key, label }) => number(key, label));
  const others = [...new Set(records.flatMap(({ measures }) => Object.keys(measures)))]
    .filter((key) => has(key) && !known.some((column) => column.key === key))
    .map((key) => number(key, key));
  const measured = [...known, ...others];
  return {
    columns: [...SUBJECT, ...measured],
    rows: records.map((record) => ({
      run: record.run.id,
      step: record.checkpoint.step,
      kind: record.kind,
      passes: record.passes,
      weights: record.weights,
      count: record.count,
      against: againstText(record),
      reference: record.against.count,
      extractor: record.extractor.name,
      distance: record.extractor.distanceName,
      seed: record.seed,
      protocol: record.protocolName,
      ...Object.fromEntries(measured.map(({ key }) => [key, record.measures[key] ?? null])),
    })),
  };
}

/** `training images of digits` */
export function againstText({ against: { kind, name } }: Pick<EvaluationRecord, 'against'>): string {
  return `${AGAINST_WORDS[kind]}s of ${name}`;
}

/** Comma-separated values with a header, after RFC 4180; numbers with all their digits. */
export function csvOf({ columns, rows }: EvaluationTable): string {
  const lines = [
    columns.map(({ key }) => key),
    ...rows.map((row) => columns.map(({ key }) => String(row[key] ?? ''))),
  ];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\n`).join('');
}

function csvCell(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** A table in GitHub's Markdown; numbers with four digits. */
export function markdownOf({ columns, rows }: EvaluationTable): string {
  const lines = [
    columns.map(({ label }) => markdownCell(label)),
    columns.map(({ isNumber }) => (isNumber ? '---:' : '---')),
    ...rows.map((row) => columns.map(({ key }) => markdownCell(shortCell(row[key] ?? null)))),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** A cell for people: whole numbers as they are, others with four digits. */
export function shortCell(value: string | number | null): string {
  if (typeof value !== 'number') return value ?? '';
  return Number.isInteger(value) ? String(value) : significant(value, 4);
}

/** What a file brings from outside must not end its cell. */
function markdownCell(cell: string): string {
  return cell.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').replaceAll('<', '&lt;');
}
