/** What the reference's modules keep beside the weights that are trained, and under which names. */
import type { CovaeModel } from '../covae/model.ts';
import { latentShape } from '../config/network.ts';
import type { AutoencoderPlan } from '../nn/autoencoder.ts';
import type { ConstantTensor } from '../nn/parameters.ts';

/** Calls of the discriminator a step: what the decoder puts out, the images, what the decoder puts out again. */
const DISCRIMINATOR_CALLS = 3;

/** The buffers of the reference's `AutoEncoder`, as its layers name them: the filters of convolutions that resample. */
export function resamplingFilters(plan: AutoencoderPlan): Record<string, ConstantTensor> {
  return Object.assign(
    {},
    ...[...plan.encoder, ...plan.decoder].map(({ buffers }) => buffers ?? {}),
  ) as Record<string, ConstantTensor>;
}

/**
 * The layer norm of the reference's `CoVAESimple` over a whole latent (channels first). Its optimiser is not given
 * it, so it stays as it begins; it is there also when the norm penalty takes its place. Empty for other variants.
 */
export function layerNorm({ network, objective }: CovaeModel): Record<string, ConstantTensor> {
  if (objective.variant !== 's-covae') return {};
  const [first = 1, ...rest] = latentShape(network);
  const channels = rest.pop();
  const shape = channels === undefined ? [first] : [channels, first, ...rest];
  return { 'layer_norm.weight': { shape, value: 1 }, 'layer_norm.bias': { shape, value: 0 } };
}

/** Names of the discriminator's counters, one a batch norm: int64 scalars that nothing is computed from. */
export function batchCounters({ discriminator }: CovaeModel): string[] {
  const specs = discriminator?.statistics.specs ?? [];
  return specs
    .filter(({ name }) => name.endsWith('.running_mean'))
    .map(({ name }) => name.replace(/running_mean$/, 'num_batches_tracked'));
}

/** What those counters stand at after `step` steps. */
export function batchesTracked({ objective }: CovaeModel, step: number, accumulate: number): bigint {
  const taken = Math.max(0, step - (objective.adversarial?.warmupSteps ?? step));
  return BigInt(taken * accumulate * DISCRIMINATOR_CALLS);
}
