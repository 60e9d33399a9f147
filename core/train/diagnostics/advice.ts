/** What to try when an alarm sounds, one sentence each. */
import { augments } from '../../config/augment.ts';
import { denoiserLossOf } from '../../config/objective.ts';
import type { ModelConfig } from '../../config/model.ts';
import { nameOfSetting as named } from '../../config/settings-table.ts';
import { countOf } from '../../words.ts';
import { significant } from '../../digits.ts';

/**
 * @param t where on the time axis it comes from; null when unknown
 * @param learningRate the one to go on with
 */
export function divergenceAdvice(config: ModelConfig, t: number | null, learningRate: number): string {
  const first = `Go on with a lower learning rate, ${shortNumber(learningRate)} for instance`;
  const next = otherRemedy(config, t);
  return next === null ? `${first}.` : `${first}; if that does not help, ${next}.`;
}

/** For weights whose very first step is not finite: a learning rate has no part in that. */
export function stuckAdvice(learningRate: number): string {
  return `These weights cannot be trained on, whatever the learning rate: go back to an earlier checkpoint with a lower one, ${shortNumber(learningRate)} for instance.`;
}

/** As {@link stuckAdvice}, for a network that was not trained at all. */
export function hopelessAdvice(config: ModelConfig, t: number | null, imported = false): string {
  const remedy = otherRemedy(config, t) ?? 'start a run with other settings';
  const way = imported ? remedy.replace(/^start a run/, 'import the weights again into a run') : remedy;
  return `No learning rate helps, since no step was taken yet: ${way}.`;
}

function otherRemedy({ objective, training }: ModelConfig, t: number | null): string | null {
  if (objective.variant === 'beta-vae') {
    return objective.beta > 1
      ? `start a run with a smaller ${named('objective.beta')} than ${shortNumber(objective.beta)}`
      : null;
  }
  if (denoiserLossOf(objective) === null) {
    return 'start a run with the learned average decoder, since the identity boundary condition is less stable';
  }
  const low = t !== null && t <= Math.sqrt(objective.sigmaMin * objective.sigmaMax);
  if (low && objective.variant === 'covae' && objective.recWeight !== 'ones') {
    return `start a run with a larger ${named('objective.sigmaMin')} or with "1" as ${named('objective.recWeight')}, since small t weigh most in this one`;
  }
  if (low)
    return `start a run with a larger ${named('objective.sigmaMin')} than ${shortNumber(objective.sigmaMin)}`;
  return training.warmupSteps === 0
    ? `start a run with a ${named('training.warmupSteps')}`
    : `start a run with a longer ${named('training.warmupSteps')} than ${countOf(training.warmupSteps, 'step')} or a smaller ${named('training.clipNorm')} than ${shortNumber(training.clipNorm)}`;
}

/** The latents ignore the image. */
export function posteriorCollapseAdvice({ objective }: ModelConfig): string {
  const start = 'The latent says nearly nothing about the image: start a run with';
  switch (objective.variant) {
    case 'covae':
      return `${start} a smaller ${named('objective.klWeight')}, "${objective.klWeight === 'square' ? '0.1 * t^2' : 't^2'}" for instance, or with a smaller ${named('objective.sigmaMin')}.`;
    case 'beta-vae':
      return `${start} a smaller ${named('objective.beta')} than ${shortNumber(objective.beta)}, or with a larger latent.`;
    case 's-covae':
      return objective.normStrength > 0
        ? `${start} a smaller ${named('objective.normStrength')} than ${shortNumber(objective.normStrength)}, or with a larger latent.`
        : `${start} a larger latent or a smaller ${named('objective.sigmaMin')}.`;
  }
}

/** One of two levels of latents ignores the image; the other does all the work. */
export function levelCollapseAdvice({ objective }: ModelConfig): string {
  const smaller =
    objective.variant === 'beta-vae'
      ? `a smaller ${named('objective.beta')} than ${shortNumber(objective.beta)}`
      : `a smaller ${named('objective.klWeight')} or ${named('objective.sigmaMin')}`;
  return `One level of latents says nearly nothing about the image: train longer, or start a run with ${smaller}, or with 1 as ${named('network.latentLevels')}.`;
}

/** The samples resemble each other more than the images do. */
export function modeCollapseAdvice({ objective }: ModelConfig): string {
  const start = 'The samples resemble each other far more than the images do:';
  if (objective.adversarial !== null) {
    return `${start} start a run with a smaller ${named('objective.adversarial.weight')} than ${shortNumber(objective.adversarial.weight)}, or let the discriminator come in later.`;
  }
  if (objective.variant === 'beta-vae') {
    return `${start} start a run with a smaller ${named('objective.beta')} than ${shortNumber(objective.beta)}.`;
  }
  if (denoiserLossOf(objective) === null) {
    return `${start} start a run with the learned average decoder, which keeps the decoder from averaging.`;
  }
  return `${start} train longer, or start a run with more ${named('objective.endScales')} or a smaller ${named('objective.klWeight')}.`;
}

/** Held-out images are reconstructed worse and worse, training images better and better. */
export function overfittingAdvice({ augment, training }: ModelConfig, bestStep: number): string {
  const best =
    training.evaluateEvery > 0 && training.bestMeasure === 'reconstruction'
      ? 'draw from the best checkpoint'
      : `go back to a checkpoint near step ${bestStep}, or start a run with a ${named('training.evaluateEvery')} and "reconstruction" as ${named('training.bestMeasure')}, which keeps the best one`;
  const augmented = augments(augment)
    ? 'with more augmentation'
    : `with augmentation (0.3 as ${named('augment.strength')})`;
  return `Images that are not trained on were reconstructed best at step ${bestStep}: ${best}; train on more images, ${augmented}, or from other weights.`;
}

/** At most three digits that count. */
export function shortNumber(value: number): string {
  return significant(value, 3);
}
