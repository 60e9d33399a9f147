/** Tables of a run's report. */
import type { ModelConfig } from '../../config/model.ts';
import type { EvaluationRecord } from '../../evaluate/record.ts';
import { evaluationTable, shortCell } from '../../evaluate/table.ts';
import { htmlTable } from './html.ts';

/** Evaluations with all their measures, the run's own name left out. */
export function tableOf(records: readonly EvaluationRecord[]): string {
  const { columns, rows } = evaluationTable(records);
  const shown = columns.filter(({ key }) => key !== 'run');
  return htmlTable(
    shown.map(({ label }) => label),
    rows.map((row) => shown.map(({ key }) => shortCell(row[key] ?? null))),
  );
}

/** A configuration as dotted keys with their values. */
export function settingsOf(config: ModelConfig): [string, string][] {
  return flat('', config);
}

function flat(before: string, value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [[before, typeof value === 'string' ? value : JSON.stringify(value)]];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    flat(before === '' ? key : `${before}.${key}`, inner),
  );
}
