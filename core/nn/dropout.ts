import type { Tensor4D } from '../tensor/tf.ts';
import { statelessUniform } from '../tensor/random.ts';
import type { Tensor } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';

/** Drops activations of one layer. */
export type Dropout = (x: Tensor4D) => Tensor4D;

/** Keeps everything (sampling, evaluation, rate 0). */
export const noDropout: Dropout = (x) => x;

/**
 * Dropout with masks drawn from a seed [2]. Each layer in turn has its own mask, and two passes made with
 * equal seeds have the same masks: the method wants them shared between t and r.
 */
export function seededDropout(rate: number, seed: Tensor): Dropout {
  if (rate === 0) return noDropout;
  let layer = 0;
  return (x) => {
    const own = tf.add(seed, tf.tensor1d([0, ++layer], 'int32'));
    const kept = tf.cast(tf.greaterEqual(statelessUniform(x.shape, own), rate), 'float32');
    return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
  };
}
