/** Categorical latents outside TensorFlow. */
import { latentShape, type NetworkConfig } from '../config/network.ts';

/**
 * One-hot latents from logits: in each group the category with the largest value of logit + noise.
 * @param logits rows × latent values, channels last, as the encoder gives them
 * @param noise Gumbel noise for each, rows × [groups, categories]; null takes the likeliest category
 */
export function oneHotLatents(
  network: NetworkConfig,
  categories: number,
  logits: Float32Array,
  noise: Float32Array | null,
): Float32Array {
  const places = groupPlaces(network, categories);
  const size = places.length;
  const out = new Float32Array(logits.length);
  for (let row = 0; row < logits.length; row += size) {
    for (let group = 0; group < size; group += categories) {
      let best = -Infinity;
      let chosen = 0;
      for (let k = 0; k < categories; k++) {
        const place = row + (places[group + k] ?? 0);
        const value = (logits[place] ?? 0) + (noise?.[row + group + k] ?? 0);
        if (value > best) {
          best = value;
          chosen = place;
        }
      }
      out[chosen] = 1;
    }
  }
  return out;
}

/** Gumbel noise from uniform numbers in [0, 1). */
export function gumbel(uniforms: Float32Array): Float32Array {
  return uniforms.map((u) => -Math.log(-Math.log(u + 1e-20) + 1e-20));
}

/**
 * Where each category of each group lies in a latent (groups × categories): the reference reads it channels first, categories before
 * groups; here channels come last.
 */
export function groupPlaces(network: NetworkConfig, categories: number): Uint32Array {
  const shape = latentShape(network);
  const [height = 1, width = 1, channels = 1] = shape.length === 3 ? shape : [1, 1, shape[0]];
  const groups = (height * width * channels) / categories;
  return Uint32Array.from({ length: groups * categories }, (_, i) => {
    const [group, category] = [Math.floor(i / categories), i % categories];
    const first = category * groups + group;
    const [channel, position] = [Math.floor(first / (height * width)), first % (height * width)];
    return position * channels + channel;
  });
}
