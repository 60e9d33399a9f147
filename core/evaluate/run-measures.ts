/** The stored evaluations of runs as columns of a table of runs: of each measure the best and the last value. */
import fs from 'node:fs/promises';
import { runFolder } from '../library.ts';
import { printable } from '../printable.ts';
import { countOf } from '../words.ts';
import { drawingKey, measureLabel } from './comparison.ts';
import { MEASURE_TABLE } from './measure-table.ts';
import { noiseWords } from '../explore/noise-words.ts';
import { countAgainst, type EvaluationRecord } from './record.ts';
import { evaluationsFolder, listEvaluations } from './store.ts';

/** A value, and the step of the checkpoint that it was measured of. */
export interface MeasuredValue {
  step: number;
  value: number;
}

/** What was measured alike of one run or of several. */
export interface MeasureColumn {
  /** Equal for values that may be held against each other. */
  key: string;
  /** `Precision, 1 pass`. */
  title: string;
  /** How it was measured, in a few words. */
  about: string;
  better: 'lower' | 'higher';
}

/** What a run has in such a column. */
export interface RunMeasure {
  key: string;
  best: MeasuredValue;
  last: MeasuredValue;
}

export interface RunMeasures {
  /** Those that most runs have come first, then in the order of tables. */
  columns: MeasureColumn[];
  runs: { runId: string; measures: RunMeasure[] }[];
}

interface OfOneRun {
  columns: MeasureColumn[];
  measures: RunMeasure[];
}

/** By folder, each good until a file appears in it or goes. */
const remembered = new Map<string, { stamp: string; of: OfOneRun }>();
const MOST_REMEMBERED = 20_000;
/** Folders that are read at once. */
const AT_ONCE = 32;

/** The measures of runs; evaluations that cannot be read, and runs without any, are left out. */
export async function measuresOfRuns(home: string, runIds: readonly string[]): Promise<RunMeasures> {
  const columns = new Map<string, { column: MeasureColumn; runs: number }>();
  const runs: RunMeasures['runs'] = [];
  for (let from = 0; from < runIds.length; from += AT_ONCE) {
    const some = runIds.slice(from, from + AT_ONCE);
    const read = await Promise.all(some.map((runId) => measuresOf(runFolder(home, runId))));
    read.forEach((of, index) => {
      if (of.measures.length === 0) return;
      runs.push({ runId: some[index]!, measures: of.measures });
      for (const column of of.columns) {
        const known = columns.get(column.key);
        if (known === undefined) columns.set(column.key, { column, runs: 1 });
        else known.runs++;
      }
    });
  }
  const sorted = [...columns.values()].sort((a, b) => b.runs - a.runs);
  return { columns: sorted.map(({ column }) => column), runs };
}

async function measuresOf(runDir: string): Promise<OfOneRun> {
  const folder = evaluationsFolder(runDir);
  const stamp = await fs.stat(folder).then(
    ({ mtimeMs, ctimeMs, ino }) => `${mtimeMs} ${ctimeMs} ${ino}`,
    () => null,
  );
  if (stamp === null) return { columns: [], measures: [] };
  const known = remembered.get(folder);
  if (known?.stamp === stamp) return known.of;
  const list = await listEvaluations(runDir).catch(() => ({ evaluations: [] }));
  const of = measuresIn(list.evaluations.map(({ record }) => record));
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(folder, { stamp, of });
  return of;
}

/**
 * Best and last value of all that was measured.
 *
 * @param records of one run, by step
 */
export function measuresIn(records: readonly EvaluationRecord[]): OfOneRun {
  const columns = new Map<string, MeasureColumn>();
  const measures = new Map<string, RunMeasure>();
  for (const { key: measure, better } of MEASURE_TABLE) {
    if (better === null) continue;
    for (const record of records) {
      const value = record.measures[measure];
      if (typeof value !== 'number' || !Number.isFinite(value)) continue;
      const key = JSON.stringify([measure, drawingKey(record)]);
      const at = { step: record.checkpoint.step, value };
      const known = measures.get(key);
      if (known === undefined) {
        columns.set(key, { key, title: titleOf(measure, record), about: aboutOf(record), better });
        measures.set(key, { key, best: at, last: at });
        continue;
      }
      const ahead = better === 'lower' ? value < known.best.value : value > known.best.value;
      measures.set(key, {
        key,
        best: ahead ? at : known.best,
        last: at.step >= known.last.step ? at : known.last,
      });
    }
  }
  return { columns: [...columns.values()], measures: [...measures.values()] };
}

function titleOf(measure: string, record: EvaluationRecord): string {
  const { kind, passes } = record;
  const what = kind === 'samples' ? countOf(passes ?? 1, 'pass', 'passes') : 'reconstructions';
  return `${measureLabel(measure, [record])}, ${what}`;
}

function aboutOf(record: EvaluationRecord): string {
  const { kind, count, against, extractor, weights, label, protocolName } = record;
  return [
    countOf(count, kind === 'samples' ? 'sample' : 'reconstruction'),
    `against ${countAgainst(against.kind, against.count)} of ${printable(against.name)}`,
    `features of ${extractor.name}`,
    weights === 'ema' ? 'EMA weights' : 'raw weights',
    ...noiseWords(record),
    ...(label === null ? [] : [`class ${label}`]),
    ...(protocolName === 'standard' ? [] : [`protocol of ${protocolName}`]),
  ].join(', ');
}
