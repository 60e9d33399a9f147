/** Measures of a run over its steps, as plots want them. */
import { noiseWords, MEASURE_TABLE, measureLabel, protocolKey } from '../../../main/ipc/contract.ts';
import type { EvaluationEntry } from './run-evaluations.svelte.ts';
import { passesWords } from './words.ts';

export interface StepCurve {
  /** `1 pass`, `2 passes, raw weights`. */
  name: string;
  /** A value for each step; null where nothing was measured. */
  values: (number | null)[];
}

export interface StepPlot {
  key: string;
  title: string;
  meaning: string;
  better: 'lower' | 'higher' | null;
  steps: number[];
  curves: StepCurve[];
  /** The same of real against real images; null where it was not measured. */
  real: number | null;
}

/** Measures that have a plot, in this order. */
const KEYS = [
  'fd',
  'kid',
  'precision',
  'recall',
  'coverage',
  'authenticity',
  'psnr',
  'ssim',
  'featureDistance',
];

/** Plots of what was measured in the same way as `entry` at two steps or more; none when it was only once. */
export function stepPlots(entry: EvaluationEntry, entries: readonly EvaluationEntry[]): StepPlot[] {
  const key = protocolKey(entry.record);
  const alike = entries.map(({ record }) => record).filter((record) => protocolKey(record) === key);
  const steps = [...new Set(alike.map(({ checkpoint }) => checkpoint.step))].sort((a, b) => a - b);
  if (steps.length < 2) return [];
  const groups = new Map<string, typeof alike>();
  for (const record of alike) {
    const name = [
      passesWords(record),
      ...(record.weights === 'raw' ? ['raw weights'] : []),
      ...noiseWords(record),
      ...(record.label === null ? [] : [`class ${record.label}`]),
    ].join(', ');
    groups.set(name, [...(groups.get(name) ?? []), record]);
  }
  const names = [...groups.keys()].sort();
  return KEYS.flatMap((measure): StepPlot[] => {
    const about = MEASURE_TABLE.find((one) => one.key === measure);
    if (about === undefined || !alike.some(({ measures }) => typeof measures[measure] === 'number'))
      return [];
    const curves = names.map((name) => {
      const values: (number | null)[] = steps.map(() => null);
      // Of two seeds at one step the later one counts.
      const inOrder = [...(groups.get(name) ?? [])].sort((a, b) => a.createdAt.localeCompare(b.createdAt));
      for (const { checkpoint, measures } of inOrder) {
        values[steps.indexOf(checkpoint.step)] = measures[measure] ?? null;
      }
      return { name, values };
    });
    const real = alike
      .map(({ yardstick }) => yardstick?.measures[measure])
      .findLast((value) => value != null);
    return [
      {
        ...{ key: measure, title: measureLabel(measure, alike), steps, curves, real: real ?? null },
        ...{ meaning: about.meaning, better: about.better },
      },
    ];
  });
}
