/**
 * Random numbers without state: every draw is a pure function of (seed, stream name, step, index), so
 * a run that was stopped goes on as if it had not been.
 */
import { philoxWords } from './philox.ts';
import { type SeedPair, streamSeed } from './stream-seed.ts';
import { executeOp, tf } from './tf.ts';

export { type SeedPair, streamSeed };

/**
 * Standard normal float32 numbers. `seed` is an int32 tensor [2], so it can be an input of a compiled
 * function; no gradient passes.
 */
export function statelessNormal(shape: readonly number[], seed: tf.Tensor): tf.Tensor {
  return stateless('StatelessRandomNormal', shape, seed);
}

/** Uniform float32 numbers in [0, 1); otherwise as {@link statelessNormal}. */
export function statelessUniform(shape: readonly number[], seed: tf.Tensor): tf.Tensor {
  return stateless('StatelessRandomUniform', shape, seed);
}

function stateless(op: string, shape: readonly number[], seed: tf.Tensor): tf.Tensor {
  return tf.tidy(() =>
    executeOp(op, { dtype: { type: 'float32' }, T: { type: 'int32' }, Tseed: { type: 'int32' } }, [
      tf.tensor1d([...shape], 'int32'),
      seed,
    ]),
  );
}

/** `count` integers, uniform in 0 … maxExclusive - 1, without modulo bias. @param maxExclusive 1 … 2^31 */
export function uniformInts(seed: SeedPair, count: number, maxExclusive: number): Int32Array {
  if (!Number.isInteger(maxExclusive) || maxExclusive < 1 || maxExclusive > 0x8000_0000) {
    throw new Error(`integers can be drawn below 1 to 2147483648, not below ${maxExclusive}`);
  }
  const next = philoxWords(seed);
  const drawn = new Int32Array(count);
  for (let i = 0; i < count; i++) drawn[i] = below(next, maxExclusive);
  return drawn;
}

/** A uniform shuffle of 0 … n - 1 (Fisher-Yates). */
export function permutation(seed: SeedPair, n: number): Uint32Array {
  const next = philoxWords(seed);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let last = n - 1; last > 0; last -= 1) {
    const chosen = below(next, last + 1);
    const kept = order[last] ?? 0;
    order[last] = order[chosen] ?? 0;
    order[chosen] = kept;
  }
  return order;
}

/** Draws words until one lies below the largest multiple of `bound`, so that every remainder is equally likely. */
function below(next: () => number, bound: number): number {
  const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
  let word = next();
  while (word >= limit) word = next();
  return word % bound;
}
