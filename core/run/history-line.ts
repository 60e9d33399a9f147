/** What can be changed of a training while it runs, and what a run's history keeps of it. */
import * as v from 'valibot';
import { formatNumber } from '../digits.ts';
import { countOf, listOf } from '../words.ts';

const every = v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000_000)));

/** What can be changed of a training while it runs; it counts from the next step on. */
export const RunChangesSchema = v.strictObject({
  learningRate: v.exactOptional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
  emaRate: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.ltValue(1))),
  sampleEvery: every,
  checkpointEvery: every,
});

export type RunChanges = v.InferOutput<typeof RunChangesSchema>;

/** One line of `runs/<id>/history.jsonl`. */
export const HistoryLineSchema = v.strictObject({
  /** Steps trained by then. */
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
  at: v.pipe(v.string(), v.isoTimestamp()),
  /** Seconds of training by then, pauses left out. */
  seconds: v.number(),
  what: v.picklist(['began', 'changed', 'stopped', 'finished', 'diverged']),
  changes: v.exactOptional(RunChangesSchema),
});

export type HistoryLine = v.InferOutput<typeof HistoryLineSchema>;

const CLAUSES: Readonly<Record<keyof RunChanges, (value: number) => string>> = {
  learningRate: (value) => `learning rate ${formatNumber(value)}`,
  emaRate: (value) => `EMA rate ${formatNumber(value)}`,
  sampleEvery: (value) => `samples every ${countOf(value, 'step')}`,
  checkpointEvery: (value) => `checkpoints every ${countOf(value, 'step')}`,
};

/** `learning rate 0.001 and samples every 50 steps` */
export function changesClause(changes: RunChanges): string {
  const parts = (Object.keys(CLAUSES) as (keyof RunChanges)[]).flatMap((key) => {
    const value = changes[key];
    return value === undefined ? [] : [CLAUSES[key](value)];
  });
  return listOf(parts);
}
