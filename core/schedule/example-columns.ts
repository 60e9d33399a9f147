/** What the objective needs to know of each example of a batch: its times and the weights of its loss's terms. */
import type { ModelConfig } from '../config/model.ts';
import type { ObjectiveConfig, SimpleCovaeConfig } from '../config/objective.ts';
import { weightingAt } from '../config/weighting.ts';
import { denoiserSkip, denoiserWeight, intervalWeight } from './loss-weights.ts';
import type { StepPlan } from './step-plan.ts';

/**
 * The numbers of an example.
 * - `t`, `r`: the ends of its interval (where r is 0, a positive stand-in: no network is asked at 0)
 * - `first`: 1 where the target is the image itself
 * - `late`: 1 where the discriminator judges D_t, 0 where it judges the average decoder (intervals 0 and 1)
 * - `mask`: share of the generator's term that counts (0 above the time that is judged yet)
 * - `rec`, `denoiser`, `latent`, `adversarial`: weights of the loss's terms; `latent` that of KL or ‖z₀‖²
 */
export const EXAMPLE_COLUMNS = [
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

export type ExampleColumn = (typeof EXAMPLE_COLUMNS)[number];

type AdversarialColumns = Record<'mask' | 'adversarial', number>;
type Columns = Record<Exclude<ExampleColumn, keyof AdversarialColumns>, number>;

/**
 * The numbers of a batch's examples, computed in double precision.
 * @param intervals of each example, 0 … plan.intervals − 1
 * @returns example by example, [B, EXAMPLE_COLUMNS.length]
 */
export function exampleColumns(
  { objective, network }: { objective: ObjectiveConfig; network: Pick<ModelConfig['network'], 'finalDim'> },
  plan: Pick<StepPlan, 'timeSteps' | 'klShare' | 'adversarial'>,
  intervals: ArrayLike<number>,
): Float32Array {
  const examples = weighted(objective, plan, Array.from(intervals));
  const adversarial = adversarialWeights(objective, network.finalDim !== null, plan.adversarial, examples);
  const out = new Float32Array(intervals.length * EXAMPLE_COLUMNS.length);
  examples.forEach((example, i) => {
    const values: Record<ExampleColumn, number> = {
      ...example,
      ...(adversarial[i] ?? { mask: 0, adversarial: 0 }),
    };
    EXAMPLE_COLUMNS.forEach((name, column) => (out[i * EXAMPLE_COLUMNS.length + column] = values[name]));
  });
  return out;
}

/** One number of every example. @param columns as {@link exampleColumns} gives them */
export function columnOf(columns: Float32Array, name: ExampleColumn): Float32Array {
  const width = EXAMPLE_COLUMNS.length;
  const at = EXAMPLE_COLUMNS.indexOf(name);
  return Float32Array.from({ length: columns.length / width }, (_, i) => columns[i * width + at] ?? NaN);
}

function weighted(
  objective: ObjectiveConfig,
  { timeSteps, klShare }: Pick<StepPlan, 'timeSteps' | 'klShare'>,
  intervals: number[],
): Columns[] {
  const times = intervals.map((interval) => {
    const t = timeSteps[interval + 1];
    const r = timeSteps[interval];
    if (t === undefined || r === undefined) {
      throw new Error(`interval ${interval} is not one of ${timeSteps.length - 1}`);
    }
    return {
      ...{ interval, t, r: r > 0 ? r : (timeSteps[1] ?? t) },
      ...{ first: interval === 0 ? 1 : 0, late: interval > 1 ? 1 : 0 },
    };
  });
  switch (objective.variant) {
    case 'covae':
      return times.map((example) => {
        const rec = weightingAt(objective.recWeight, 'rec', example.t);
        const latent = klShare * weightingAt(objective.klWeight, 'kl', example.t);
        return { ...example, rec, latent, denoiser: rec * denoiserWeight(objective, example.t) };
      });
    case 's-covae':
      return simpleWeights(objective, timeSteps, times);
    case 'beta-vae':
      return times.map((example) => ({
        ...example,
        late: 1,
        rec: 1,
        latent: klShare * objective.beta,
        denoiser: 0,
      }));
  }
}

/**
 * s-CoVAE's weights (the reference's models/covae_simple.py, `loss`). There the average decoder's weight c_skip(t) and
 * the loss it weighs meet as [B,1,1,1] × [B,1], so each example's loss is multiplied with the mean of c_skip over the
 * batch and not with its own; followed here, so that the numbers agree.
 */
function simpleWeights(
  objective: SimpleCovaeConfig,
  timeSteps: Float32Array,
  examples: (Omit<Columns, 'rec' | 'denoiser' | 'latent'> & { interval: number })[],
): Columns[] {
  const skip = mean(examples.map(({ t }) => denoiserSkip(objective, t)));
  return examples.map((example) => {
    const rec = intervalWeight(timeSteps, example.interval);
    const norm = objective.normWeight === 'fixed' ? intervalWeight(timeSteps, 0) : rec;
    return { ...example, rec, latent: objective.normStrength * norm, denoiser: skip * rec };
  });
}

/**
 * Weight of each example's generator term: λ(t) times the plan's weight, and 0 above the time that is judged yet (the
 * reference's models/covae.py, `loss`).
 *
 * For s-CoVAE the reference's mask, weights and terms meet with shapes that multiply the batch's means: three for
 * spatial latents, where the mask is [B, 1, 1, 1]; for vector latents, where it is [B, 1] as the weights are, the mean of
 * mask times weight and that of the terms. Followed here, so that the numbers agree.
 */
function adversarialWeights(
  { variant }: ObjectiveConfig,
  vectorLatent: boolean,
  adversarial: StepPlan['adversarial'],
  examples: readonly Columns[],
): AdversarialColumns[] {
  if (adversarial === null) return [];
  const { weight: factor, largestTime } = adversarial;
  const masked = examples.map(({ t, rec }) => ({ mask: t > largestTime ? 0 : 1, rec }));
  if (variant !== 's-covae') {
    return masked.map(({ mask, rec }) => ({ mask, adversarial: mask * rec * factor }));
  }
  const mask = mean(masked.map((example) => example.mask));
  const weight = vectorLatent
    ? mean(masked.map((example) => example.mask * example.rec))
    : mask * mean(masked.map(({ rec }) => rec));
  const shared = weight * factor;
  return examples.map(() => ({ mask, adversarial: shared }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
