/** The results of an experiment: what was measured of each run, as numbers with names. */
import { MEASURE_TABLE } from '../evaluate/measure-table.ts';
import type { EvaluationRecord } from '../evaluate/record.ts';
import type { MetricsLine, RunManifest } from '../run/manifest.ts';
import type { Alarm } from '../run/diagnostics.ts';
import type { LatentStudy } from './latents.ts';
import { type AtTime, spreadOf } from './measure.ts';
import type { DoneRun } from './train-runs.ts';
import { countOf } from '../words.ts';
import { formatNumber } from '../digits.ts';

/** A image in the report's folder. */
export interface Figure {
  /** What it shows, the same for all runs: `Samples, 1 pass`. */
  title: string;
  file: string;
}

/** All that was measured of a run; null or empty where the recipe does not ask for it or the run cannot draw. */
export interface RunResult extends DoneRun {
  manifest: RunManifest;
  /** Step of the weights that were measured; 0 for a run without a checkpoint. */
  step: number;
  metrics: MetricsLine[];
  alarms: Alarm[];
  figures: Figure[];
  reconstruction: AtTime[];
  /** By number of passes. */
  spread: { passes: number; ratio: number }[];
  /** Of samples, by number of passes. */
  evaluations: EvaluationRecord[];
  latents: LatentStudy | null;
}

/** A number of a run that tables show. */
export interface Quantity {
  /** Column in table.csv. */
  id: string;
  label: string;
  value: number | null;
}

/** Share of the logged lines that "at the end" means. */
const LAST_SHARE = 0.1;
/** Share of the logged lines after which gradients are looked at: those of an untrained network are large. */
const FIRST_SHARE = 0.1;

/** What two levels of latents bring to the KL divergence. */
const OF_LEVELS = [
  ['final_kl_top', 'klTop', 'first'],
  ['final_kl_lower', 'klLower', 'second'],
] as const;

/** The numbers of a run, the same ones in the same order for all runs of an experiment; those of levels where there are two. */
export function quantitiesOf(result: RunResult, withTraining: boolean): Quantity[] {
  const { metrics, alarms, reconstruction, spread, evaluations, latents } = result;
  const quantities: Quantity[] = [];
  const add = (id: string, label: string, value: number | null | undefined): void => {
    quantities.push({ id, label, value: value !== undefined && Number.isFinite(value) ? value : null });
  };
  if (withTraining) {
    const last = metrics.slice(-Math.max(1, Math.round(metrics.length * LAST_SHARE)));
    const gradients = metrics.slice(Math.floor(metrics.length * FIRST_SHARE)).map(({ gradNorm }) => gradNorm);
    add('final_loss', 'loss at the end', mean(last.map(({ loss }) => loss)));
    add('final_rec_loss', 'reconstruction loss at the end', mean(last.map(({ recLoss }) => recLoss)));
    for (const [id, key, which] of OF_LEVELS) {
      const values = last.map((line) => line[key]).filter((value) => value !== undefined);
      if (values.length > 0) add(id, `KL divergence of the ${which} level at the end`, mean(values));
    }
    add('median_grad_norm', 'median gradient norm', median(gradients));
    add('max_grad_norm', 'largest gradient norm', gradients.length > 0 ? Math.max(...gradients) : null);
    add('alarms', 'alarms', alarms.length);
    add('training_seconds', 'seconds of training', metrics.at(-1)?.seconds);
  }
  const first = reconstruction[0];
  const last = reconstruction.at(-1);
  if (first !== undefined && last !== undefined) {
    add('rec_error_smallest_t', `reconstruction error at t = ${formatNumber(first.t)}`, first.mean);
    const middle = reconstruction[Math.floor(reconstruction.length / 2)];
    if (middle !== undefined && reconstruction.length > 2) {
      add('rec_error_middle_t', `reconstruction error at t = ${formatNumber(middle.t)}`, middle.mean);
    }
    if (last !== first)
      add('rec_error_largest_t', `reconstruction error at t = ${formatNumber(last.t)}`, last.mean);
  }
  for (const { passes, ratio } of spread) {
    add(`spread_${passes}`, `spread of samples, ${passesText(passes)}`, ratio);
  }
  for (const { passes, measures, extractor } of evaluations) {
    for (const { key, label } of MEASURE_TABLE.filter((entry) => measures[entry.key] !== undefined)) {
      const name = key.startsWith('fd') ? label.replace('Fréchet distance', extractor.distanceName) : label;
      add(`${key}_${passes}`, `${name}, ${passesText(passes ?? 1)}`, measures[key]);
    }
  }
  if (latents !== null) {
    const [near, far] = [latents.overTime[0], latents.overTime.at(-1)];
    add(
      'pca_explained',
      'variance along two principal components',
      latents.explained[0] + latents.explained[1],
    );
    add('tsne_divergence', 'divergence of the t-SNE map', latents.divergence);
    add('norm_smallest_t', 'norm of latents at the smallest t', near?.mean);
    add('norm_largest_t', 'norm of latents at the largest t', far?.mean);
    add('std_smallest_t', 'standard deviation of the posterior at the smallest t', near?.posteriorStd);
    add('std_largest_t', 'standard deviation of the posterior at the largest t', far?.posteriorStd);
    add('agreement_smallest_t', 'neighbours of one class at the smallest t', near?.agreement);
    add('agreement_largest_t', 'neighbours of one class at the largest t', far?.agreement);
  }
  return quantities;
}

/** A quantity over the seeds of an arm. */
export interface ArmSummary {
  arm: string;
  label: string;
  id: string;
  quantity: string;
  /** Number of runs that have it. */
  n: number;
  mean: number | null;
  /** n − 1; null for less than two runs. */
  std: number | null;
}

/** Rows of a table: quantity by quantity, for each the arms in their order. */
export function summarizeArms(
  rows: readonly { result: RunResult; quantities: readonly Quantity[] }[],
): ArmSummary[] {
  const arms = new Map(rows.map(({ result }) => [result.arm, result.label]));
  const names = new Map<string, string>();
  for (const { quantities } of rows) {
    for (const { id, label } of quantities) if (!names.has(id)) names.set(id, label);
  }
  return [...names].flatMap(([id, quantity]) =>
    [...arms].map(([arm, label]): ArmSummary => {
      const values = rows
        .filter(({ result }) => result.arm === arm)
        .map(({ quantities }) => quantities.find((q) => q.id === id)?.value)
        .filter((value) => typeof value === 'number');
      const { mean: average, std } = spreadOf(values);
      return {
        arm,
        label,
        id,
        quantity,
        n: values.length,
        mean: values.length > 0 ? average : null,
        std: values.length > 1 ? std : null,
      };
    }),
  );
}

export function passesText(passes: number): string {
  return countOf(passes, 'pass', 'passes');
}

function mean(values: readonly number[]): number | null {
  return values.length > 0 ? spreadOf(values).mean : null;
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
}
