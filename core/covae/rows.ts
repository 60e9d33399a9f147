/** What the objective needs to know of each row of a batch: its times and weights, computed beside the graph. */
import { tf, type Tensor1D, type Tensor2D } from '../tensor/tf.ts';
import type { NetworkConfig } from '../config/network.ts';
import type { ObjectiveConfig, SimpleCovaeConfig } from '../config/objective.ts';
import { denoiserSkip } from './kernel.ts';
import { finalTimeSteps, levelsAtStep, timeSteps } from '../schedule/time-steps.ts';
import { weightingAt } from '../config/weighting.ts';
import { denoiserWeight } from './weights.ts';

/**
 * The numbers of a row.
 * - `t`, `r`: the ends of its interval (where r is 0, a positive stand-in: no network is asked at 0)
 * - `first`: 1 where the target is the image itself
 * - `late`: 1 where the discriminator judges D_t, 0 where it judges the average decoder (index 0 and 1)
 * - `mask`: share of the generator's term that counts (0 above the time that is judged yet)
 * - `rec`, `denoiser`, `latent`, `adversarial`: weights of the loss's terms; `latent` that of KL or ‖z₀‖²
 */
export const ROW_COLUMNS = [
  't',
  'r',
  'first',
  'late',
  'mask',
  'rec',
  'denoiser',
  'latent',
  'adversarial',
] as const;

type RowColumn = (typeof ROW_COLUMNS)[number];

export type RowTensors = Record<RowColumn, Tensor1D>;

/** The columns of a matrix [B, ROW_COLUMNS.length]. */
export function rowTensors(rows: Tensor2D): RowTensors {
  const columns = tf.unstack(rows, 1) as Tensor1D[];
  return Object.fromEntries(ROW_COLUMNS.map((name, i) => [name, columns[i]])) as RowTensors;
}

/** Where a training is: what the step schedule, warm-up and ramp go by. */
export interface TrainingPoint {
  /** From 0. */
  step: number;
  totalSteps: number;
}

/** Number of intervals a row's index is drawn from at a step. */
export function intervalsAt(objective: ObjectiveConfig, { step, totalSteps }: TrainingPoint): number {
  return timeSteps(objective, levelsAtStep(objective, step, totalSteps)).length - 1;
}

/** Whether the discriminator takes part in a step. */
export function isAdversarial(objective: ObjectiveConfig, step: number): boolean {
  return objective.adversarial !== null && step >= objective.adversarial.warmupSteps;
}

/**
 * The rows of a batch whose intervals are given by index.
 * @param indices of each row's interval, 0 … intervals − 1
 * @returns row by row, [B, ROW_COLUMNS.length]
 */
export function rowsFor(
  { objective, network }: { objective: ObjectiveConfig; network: Pick<NetworkConfig, 'finalDim'> },
  indices: ArrayLike<number>,
  point: TrainingPoint,
): Float32Array {
  const steps = timeSteps(objective, levelsAtStep(objective, point.step, point.totalSteps));
  const weigh = weightedRows(objective, steps, Array.from(indices));
  const adversarial = adversarialWeights(objective, network.finalDim !== null, point, weigh);
  const out = new Float32Array(indices.length * ROW_COLUMNS.length);
  weigh.forEach((row, i) => {
    const values: Record<RowColumn, number> = { ...row, ...(adversarial[i] ?? { mask: 0, adversarial: 0 }) };
    ROW_COLUMNS.forEach((name, column) => (out[i * ROW_COLUMNS.length + column] = values[name]));
  });
  return out;
}

type AdversarialRow = Record<'mask' | 'adversarial', number>;
type Row = Record<Exclude<RowColumn, keyof AdversarialRow>, number>;

function weightedRows(objective: ObjectiveConfig, steps: Float32Array, indices: number[]): Row[] {
  const times = indices.map((index) => {
    const t = steps[index + 1];
    const r = steps[index];
    if (t === undefined || r === undefined) {
      throw new Error(`interval ${index} is not one of ${steps.length - 1}`);
    }
    return { t, r: r > 0 ? r : (steps[1] ?? t), first: index === 0 ? 1 : 0, late: index > 1 ? 1 : 0, index };
  });
  switch (objective.variant) {
    case 'covae':
      return times.map((row) => {
        const rec = weightingAt(objective.recWeight, 'rec', row.t);
        const latent = weightingAt(objective.klWeight, 'kl', row.t);
        return { ...row, rec, latent, denoiser: rec * denoiserWeight(objective, row.t) };
      });
    case 's-covae':
      return simpleWeights(objective, steps, times);
    case 'beta-vae':
      return times.map((row) => ({ ...row, late: 1, rec: 1, latent: objective.beta, denoiser: 0 }));
  }
}

/**
 * s-CoVAE weighs an interval with 1/(σ_{i+1} − σ_i). In the reference the average decoder's weight c_skip(t) and
 * the loss it weighs meet as [B,1,1,1] × [B,1], so each row's loss is multiplied with the mean of c_skip over the
 * batch and not with its own; followed here, so that the numbers agree.
 */
function simpleWeights(
  objective: SimpleCovaeConfig,
  steps: Float32Array,
  rows: (Omit<Row, 'rec' | 'denoiser' | 'latent'> & { index: number })[],
): Row[] {
  const weight = (index: number) =>
    Math.fround(1 / Math.fround((steps[index + 1] ?? NaN) - (steps[index] ?? NaN)));
  const skip = mean(rows.map(({ t }) => denoiserSkip(objective, t)));
  return rows.map((row) => {
    const rec = weight(row.index);
    const latent = objective.normStrength * (objective.normWeight === 'fixed' ? weight(0) : rec);
    return { ...row, rec, latent, denoiser: skip * rec };
  });
}

/**
 * Weight of the generator's term a row: λ(t) times a ramp from 0 after the warm-up to λ_gan at the end, and 0
 * above a time that rises with the ramp, so that large t join last.
 *
 * For s-CoVAE the reference's mask, weights and terms meet with shapes that multiply the batch's means: three for
 * spatial latents, where the mask is [B, 1, 1, 1]; for vector latents, where it is [B, 1] as the weights are, the mean of
 * mask times weight and that of the terms. Followed here, so that the numbers agree.
 */
function adversarialWeights(
  objective: ObjectiveConfig,
  vectorLatent: boolean,
  { step, totalSteps }: TrainingPoint,
  rows: readonly Row[],
): AdversarialRow[] {
  const { adversarial } = objective;
  if (adversarial === null || step < adversarial.warmupSteps) return [];
  const ramp = (step + 1 - adversarial.warmupSteps) / Math.max(1, totalSteps - adversarial.warmupSteps);
  const factor = ramp * adversarial.weight;
  if (objective.variant === 'beta-vae')
    return rows.map(({ rec }) => ({ mask: 1, adversarial: rec * factor }));
  const all = finalTimeSteps(objective);
  const bound = all[Math.min(all.length - 1, Math.trunc(objective.endScales * ramp))] ?? Infinity;
  const masked = rows.map(({ t, rec }) => ({ mask: t > bound ? 0 : 1, rec }));
  if (objective.variant === 'covae') {
    return masked.map(({ mask, rec }) => ({ mask, adversarial: mask * rec * factor }));
  }
  const mask = mean(masked.map((row) => row.mask));
  const weight = vectorLatent
    ? mean(masked.map((row) => row.mask * row.rec))
    : mask * mean(masked.map(({ rec }) => rec));
  const shared = weight * factor;
  return rows.map(() => ({ mask, adversarial: shared }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
