import { statelessUniform } from '../tensor/random.ts';
import type { Tensor } from '../tensor/tf.ts';
import { executeOp, tf } from '../tensor/tf.ts';

const FLOAT = { T: { type: 'float32' } } as const;

/** Drops activations of one layer, [B, H, W, C] → the same. */
export type Dropout = (x: Tensor) => Tensor;

/** Keeps everything (sampling, evaluation, rate 0). */
export const noDropout: Dropout = (x) => x;

/** The dropout of one network's pass; asked again, it gives the same masks. */
export type DropoutSource = (network: 'encoder' | 'decoder') => Dropout;

/** The source for sampling and evaluation: no layer of either network drops anything. */
export const withoutDropout: DropoutSource = () => noDropout;

/**
 * Dropout (Srivastava et al. 2014; what is kept is scaled in training, as PyTorch does) with masks drawn from a seed [2]. Each layer has its own mask, and each pass of a network the same
 * ones: the method wants them shared between t and r. (The reference restores the generator of random numbers
 * between the passes to the same end.)
 *
 * Network and layer are added to the seed, so seeds of other draws must be mixed, not counted on from it (`streamSeed`):
 * the seed of the next part of a batch, were it one larger, would give its layers the masks of this part's next ones.
 * @param batch examples of a whole batch; a pass over its first ones alone has their masks
 */
export function seededDropout(rate: number, seed: Tensor, batch: number): DropoutSource {
  if (rate === 0) return withoutDropout;
  return (network) => {
    let layer = 0;
    return (x) => {
      const own = tf.add(seed, tf.tensor1d([network === 'encoder' ? 0 : 1, ++layer], 'int32'));
      const [examples = 0, ...shape] = x.shape;
      const draws = statelessUniform([batch, ...shape], own);
      const kept = tf.greaterEqual(examples === batch ? draws : tf.slice(draws, 0, examples), rate);
      return tf.mul(x, executeOp('SelectV2', FLOAT, [kept, tf.scalar(1 / (1 - rate)), tf.scalar(0)]));
    };
  };
}
