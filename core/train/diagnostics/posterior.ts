/** What posteriors say of a model, computed outside TensorFlow in double precision. */
import { categoriesOf } from '../../config/objective.ts';
import { groupPlaces } from '../../explore/categorical.ts';
import type { Latents } from '../../explore/api.ts';
import type { ModelConfig } from '../../config/model.ts';
import { latentLevelShapes } from '../../config/network.ts';
import { elementCount } from '../../shape.ts';

type Posteriors = Pick<Latents, 'count' | 'mu' | 'std'>;

/**
 * Distance of each image's posterior from the prior, [count]: KL(N(mu, std + 1e-8) ‖ N(0, 1)), for a categorical
 * latent KL(Categorical(mu) ‖ uniform), summed over the latent, in nats. s-CoVAE, whose posterior is fixed, has
 * ‖mu‖² instead.
 */
export function divergences({ network, objective }: ModelConfig, posteriors: Posteriors): Float64Array {
  const categories = categoriesOf(objective);
  if (categories !== null) {
    const uniform = Math.log(categories);
    return sums(posteriors.count, probabilities(network, categories, posteriors.mu), (p) =>
      p === 0 ? 0 : p * (Math.log(p) + uniform),
    );
  }
  const { count, mu, std } = posteriors;
  if (objective.variant === 's-covae') return sums(count, mu, (m) => m * m);
  return sums(count, mu, (m, i) => {
    const s = (std[i] ?? 0) + 1e-8;
    return 0.5 * (s * s + m * m - 1) - Math.log(s);
  });
}

/**
 * {@link divergences} of each level of a latent with several, the topmost first: the lower one's given the topmost latent
 * that the posteriors were made for.
 */
export function divergencesOfLevels(config: ModelConfig, { count, mu, std }: Posteriors): Float64Array[] {
  const size = mu.length / count;
  let from = 0;
  return latentLevelShapes(config.network).map((shape) => {
    const [start, end] = [from, (from += elementCount(shape))];
    const own = (values: Float32Array): Float32Array => {
      const part = new Float32Array(count * (end - start));
      for (let i = 0; i < count; i++) {
        part.set(values.subarray(i * size + start, i * size + end), i * (end - start));
      }
      return part;
    };
    return divergences(config, { count, mu: own(mu), std: own(std) });
  });
}

/**
 * Share of the latent's values that depend on the image: those whose posterior mean varies over images by more than
 * a hundredth of the variance that the latent has in all (Burda et al. 2016, where that is 1). In all is 1 for the
 * standard normal prior, the mean's own variance and the noise's for s-CoVAE, and p(1 − p) at p = 1/categories for a
 * categorical latent, whose mean is the probability of each category.
 */
export function activeUnits({ network, objective }: ModelConfig, { count, mu, std }: Posteriors): number {
  const categories = categoriesOf(objective);
  const means = categories === null ? mu : probabilities(network, categories, mu);
  const size = means.length / count;
  let active = 0;
  for (let unit = 0; unit < size; unit++) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += means[i * size + unit] ?? 0;
    let squares = 0;
    for (let i = 0; i < count; i++) squares += ((means[i * size + unit] ?? 0) - sum / count) ** 2;
    const variance = squares / count;
    const noise = (std[unit] ?? 0) ** 2;
    const all =
      categories !== null
        ? (categories - 1) / categories ** 2
        : objective.variant === 's-covae'
          ? variance + noise
          : 1;
    if (variance > 0.01 * all) active++;
  }
  return active / size;
}

/** Probabilities of the categories of each group, in the places of their logits. */
function probabilities(
  network: ModelConfig['network'],
  categories: number,
  logits: Float32Array,
): Float64Array {
  const places = groupPlaces(network, categories);
  const out = new Float64Array(logits.length);
  for (let image = 0; image < logits.length; image += places.length) {
    for (let group = 0; group < places.length; group += categories) {
      const own = Array.from(places.subarray(group, group + categories), (place) => image + place);
      const largest = Math.max(...own.map((place) => logits[place] ?? 0));
      const shares = own.map((place) => Math.exp((logits[place] ?? 0) - largest));
      const total = shares.reduce((sum, share) => sum + share, 0);
      own.forEach((place, k) => (out[place] = (shares[k] ?? 0) / total));
    }
  }
  return out;
}

function sums(
  count: number,
  values: Float32Array | Float64Array,
  term: (value: number, index: number) => number,
): Float64Array {
  const size = values.length / count;
  return Float64Array.from({ length: count }, (_, image) => {
    let sum = 0;
    for (let i = image * size; i < (image + 1) * size; i++) sum += term(values[i] ?? 0, i);
    return sum;
  });
}
