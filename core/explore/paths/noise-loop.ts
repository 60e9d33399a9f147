/** A walk around a point that ends where it began. */
import { normals } from '../../tensor/noise.ts';
import { streamSeed } from '../../tensor/random.ts';
import type { Way } from './interpolation.ts';

/**
 * A circle in latent space: centre + radius·(cos 2πp·e₁ + sin 2πp·e₂), with e₁ and e₂ drawn by the seed, at right angles and
 * of the length that noise has. Position 1 is position 0, bit for bit.
 *
 * @param centre the latent to go around
 * @param radius in lengths of noise: with 1 a circle around 0 runs where samples come from
 */
export function noiseLoop(centre: Float32Array, radius: number, seed: number): Way {
  const size = centre.length;
  const length = Math.sqrt(size);
  const first = scaled(normals(streamSeed(seed, 'noise-loop', 0), size), length);
  const other = normals(streamSeed(seed, 'noise-loop', 1), size);
  let along = 0;
  for (let i = 0; i < size; i++) along += (first[i]! * other[i]!) / (length * length);
  // A latent of one value has no right angles: it swings along its line.
  const second =
    size < 2
      ? new Float32Array(size)
      : scaled(
          other.map((value, i) => value - along * first[i]!),
          length,
        );
  return (position) => {
    const angle = 2 * Math.PI * (position - Math.floor(position));
    const [cosine, sine] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    return centre.map((value, i) => value + cosine * first[i]! + sine * second[i]!);
  };
}

function scaled(values: Float32Array, length: number): Float32Array {
  const factor = length / Math.hypot(...values);
  return values.map((value) => value * factor);
}
