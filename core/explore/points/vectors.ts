/** Arithmetic of latents: plain functions from vectors to vectors. */
import { normals, uniformFloats } from '../../tensor/noise.ts';
import { streamSeed } from '../../tensor/random.ts';

/** A row of values that lie one row after the other. */
export function rowOf(values: Float32Array, row: number, size: number): Float32Array {
  return values.subarray(row * size, (row + 1) * size);
}

/** Rows one after the other. */
export function stacked(rows: readonly Float32Array[], size: number): Float32Array {
  const out = new Float32Array(rows.length * size);
  rows.forEach((row, i) => out.set(row, i * size));
  return out;
}

export function sum(a: Float32Array, minus: Float32Array, plus: Float32Array): Float32Array {
  return a.map((value, i) => value - (minus[i] ?? 0) + (plus[i] ?? 0));
}

/**
 * √(1 − s²)·z + s·noise: a latent that is standard normal stays so, whatever the strength.
 *
 * @param strength 0 (the latent itself) … 1 (noise alone)
 */
export function varied(z: Float32Array, strength: number, seed: number): Float32Array {
  if (strength === 0) return z;
  const noise = normals(streamSeed(seed, 'variation', 0), z.length);
  const kept = Math.sqrt(1 - strength * strength);
  return z.map((value, i) => kept * value + strength * (noise[i] ?? 0));
}

/**
 * A child of several latents: each position comes whole from one of them, drawn by the seed.
 *
 * @param channels values of a position; of a vector latent 1
 */
export function child(
  parents: readonly Float32Array[],
  channels: number,
  seed: number,
  mutation: number,
): Float32Array {
  const [first = new Float32Array()] = parents;
  const draws = uniformFloats(streamSeed(seed, 'child', 0), Math.ceil(first.length / channels));
  const mixed = first.map((_, i) => {
    const chosen = Math.min(
      parents.length - 1,
      Math.floor((draws[Math.floor(i / channels)] ?? 0) * parents.length),
    );
    return parents[chosen]?.[i] ?? 0;
  });
  return varied(mixed, mutation, seed);
}

/** z + Σ amount·direction, each where its mask says. */
export function moved(
  z: Float32Array,
  by: readonly { values: Float32Array; amount: number; mask?: readonly number[] | undefined }[],
  channels: number,
): Float32Array {
  const out = z.slice();
  for (const { values, amount, mask } of by) {
    for (let i = 0; i < out.length; i++) out[i]! += amount * values[i]! * shareAt(mask, i, channels);
  }
  return out;
}

/** a with the marked positions of b; half a mark is half of both. */
export function exchanged(
  a: Float32Array,
  b: Float32Array,
  mask: readonly number[],
  channels: number,
): Float32Array {
  return a.map((value, i) => value + ((b[i] ?? 0) - value) * shareAt(mask, i, channels));
}

/** One channel raised where the mask is marked. */
export function nudged(
  z: Float32Array,
  channel: number,
  amount: number,
  mask: readonly number[],
  channels: number,
): Float32Array {
  return z.map((value, i) =>
    i % channels === channel ? value + amount * shareAt(mask, i, channels) : value,
  );
}

function shareAt(mask: readonly number[] | undefined, i: number, channels: number): number {
  return mask === undefined ? 1 : (mask[Math.floor(i / channels)] ?? 0);
}
