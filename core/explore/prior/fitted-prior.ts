/**
 * Latents that samples begin with as a model's encodings lie, in place of the standard normal prior: ex-post density
 * estimation (Ghosh et al. 2020, arXiv 1903.12436, §4). Training is untouched by it.
 */
import type { ModelConfig } from '../../config/model.ts';
import { latentValues } from '../../config/network.ts';
import { countOf } from '../../words.ts';
import type { NormalMixture } from '../../metrics/normal-mixture.ts';

/** A mixture of normal distributions around the means of encodings, and the noise that encodings have there. */
export interface FittedPrior {
  /** Of the posterior means at σ_max. */
  mixture: NormalMixture;
  /** Root mean square of the posterior standard deviations within each component, components × latent. */
  spread: Float64Array;
  /** Images it was fitted to. */
  images: number;
}

/**
 * Samples that are surer for little distance: a fitted prior with less of the encodings' noise, and later passes by the mean
 * (docs/quality.md, a fitted prior).
 */
export const SURER = { prior: 'fitted', temperature: 0.8, laterTemperature: 0 } as const;

/** Random numbers of so many latents. */
export interface PriorNoise {
  /** Uniform in [0, 1), one a latent: which component it comes from. */
  choice: Float32Array;
  /** Standard normal, count × latent: where in the component its mean lies. */
  place: Float32Array;
  /** Standard normal, count × latent: its own noise. */
  noise: Float32Array;
}

/**
 * Latents, count × latent: a component k drawn by weight, then a mean of it, then the noise that encodings have there,
 * m_k + L_k·place + temperature·s_k·noise. At a temperature of 1 they lie as encodings drawn at σ_max do, at 0 as their means.
 */
export function latentsOf(
  { mixture: { size, weights, means, factors }, spread }: FittedPrior,
  { choice, place, noise }: PriorNoise,
  temperature: number,
): Float32Array {
  const z = new Float32Array(choice.length * size);
  for (const [row, chance] of choice.entries()) {
    const k = componentAt(weights, chance);
    for (let i = 0; i < size; i++) {
      let value = means[k * size + i]! + temperature * spread[k * size + i]! * noise[row * size + i]!;
      const factor = (k * size + i) * size;
      for (let j = 0; j <= i; j++) value += factors[factor + j]! * place[row * size + j]!;
      z[row * size + i] = value;
    }
  }
  return z;
}

function componentAt(weights: Float64Array, chance: number): number {
  let rest = chance;
  for (let k = 0; k < weights.length - 1; k++) {
    rest -= weights[k]!;
    if (rest < 0) return k;
  }
  return weights.length - 1;
}

/** Most components, most images looked at, and most values a latent may have. */
const MOST = { components: 20, images: 10_000, values: 2048 };
/** Images that each component has for each value of a latent at least, where there are so many. */
const IMAGES_A_VALUE = 20;

/** Images that are looked at. */
export function imagesFitted(count: number): number {
  return Math.min(count, MOST.images);
}

/** Components for so many images: as many as they can say the covariances of. */
export function componentsFor(images: number, values: number): number {
  return Math.min(MOST.components, Math.max(1, Math.floor(images / (IMAGES_A_VALUE * values))));
}

/** Bytes and back, for the cache. */
export function priorBytes({ mixture: { weights, means, factors }, spread }: FittedPrior): Uint8Array {
  const parts = [weights, means, factors, spread];
  const numbers = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    numbers.set(part, at);
    at += part.length;
  }
  return new Uint8Array(numbers.buffer);
}

/** What {@link priorBytes} wrote; null for anything else. */
export function priorFrom(bytes: Uint8Array | null, images: number, size: number): FittedPrior | null {
  const components = componentsFor(images, size);
  const lengths = [components, components * size, components * size * size, components * size];
  const total = lengths.reduce((a, b) => a + b);
  if (bytes?.length !== total * Float64Array.BYTES_PER_ELEMENT) return null;
  const numbers = new Float64Array(Uint8Array.from(bytes).buffer);
  let at = 0;
  const [weights, means, factors, spread] = lengths.map((length) => numbers.subarray(at, (at += length)));
  return { mixture: { size, weights: weights!, means: means!, factors: factors! }, spread: spread!, images };
}

/** Why no prior can be fitted to a model's encodings; null when one can. */
export function unfittable({
  network,
  objective,
}: Pick<ModelConfig, 'network' | 'objective'>): string | null {
  if (objective.variant === 's-covae') return 'its samples begin with noise in place of pixels';
  if (objective.categories !== null) return 'its latents are categorical';
  if (network.latentLevels > 1) return 'its latents have two levels';
  const values = latentValues(network);
  if (values > MOST.values) {
    return `its latents have ${countOf(values, 'value')}, and ${MOST.values.toLocaleString('en-US')} is the most`;
  }
  return null;
}
