/** How strongly images are transformed: at each time, and where that follows from how well held-out images are reconstructed. */
import type { ModelConfig } from '../../config/model.ts';
import type { Fit } from '../../run/diagnostics.ts';

/**
 * The strength of each example: the whole at σ_min, none at σ_max, where samples begin, and evenly in between. A latent may hold
 * how its image was transformed, whatever the decoder is told; were there transformed ones at σ_max, the noise that samples are
 * drawn from would hold it as well. The β-VAE has one time, with the whole strength.
 *
 * @param t times [B]
 */
export function strengthsAt(
  { objective }: Pick<ModelConfig, 'objective'>,
  t: Float32Array,
  strength: number,
): Float32Array {
  if (objective.variant === 'beta-vae') return t.map(() => strength);
  const { sigmaMin, sigmaMax } = objective;
  return t.map((time) => (strength * (sigmaMax - time)) / (sigmaMax - sigmaMin));
}

/**
 * Error of held-out over that of training images above which a model learns its images by heart. The ratio takes the place of
 * the discriminator's outputs in Karras et al. 2020, section 3.
 */
export const OVERFITTING_RATIO = 1.15;
/** By how much the strength changes at a measurement. */
const CHANGE = 0.05;
/** Beyond this most of what a model sees is transformed in some way (Karras et al. 2020, figure 3 and section 3). */
const MOST = 0.8;

/** Error of held-out images over that of training images; 1 where both are 0. */
export function overfittingRatio({ training, heldOut }: Fit): number {
  return training > 0 ? heldOut / training : heldOut > 0 ? Infinity : 1;
}

/** The strength after a measurement: more where the model overfits, less where not. */
export function nextStrength(strength: number, fit: Fit): number {
  const next = strength + (overfittingRatio(fit) > OVERFITTING_RATIO ? CHANGE : -CHANGE);
  // In twentieths, so that it comes back to where it was.
  return Math.round(1000 * Math.min(MOST, Math.max(0, next))) / 1000;
}
