import type { Tensor, Tensor1D, Tensor4D } from '../tensor/tf.ts';
import { executeOpOutputs, tf } from '../tensor/tf.ts';

const EPS = 1e-5;
/** Share of the new value in a running statistic, PyTorch's default. */
const MOMENTUM = 0.1;

const ATTRS = {
  T: { type: 'float32' },
  U: { type: 'float32' },
  epsilon: { float: EPS },
  data_format: { string: 'NHWC' },
  is_training: { bool: true },
} as const;

/** What a batch is normalised by. Constants to the gradient. */
export interface Moments {
  /** Mean of each channel, [C]. */
  mean: Tensor1D;
  /** Unbiased variance of each channel, [C], as running statistics want it; the batch is divided by the biased one. */
  variance: Tensor1D;
}

/**
 * Batch normalisation in training mode (Ioffe & Szegedy 2015, algorithm 1): (x − mean)/√(variance + 1e-5)·scale + shift with
 * mean and biased variance over the batch and all positions.
 *
 * The moments live as long as the surrounding `tf.tidy` or gradient: keep them to use them after it.
 * @param x [B, H, W, C] with more than one value a channel
 * @param scale [C]
 * @param shift [C]
 */
export function batchNorm(x: Tensor4D, scale: Tensor1D, shift: Tensor1D): { y: Tensor4D; moments: Moments } {
  const none = tf.tensor1d([], 'float32');
  // Run outside the custom gradient, which can give one tensor only; the tape does not see it here.
  const [y, mean, variance, ...reserved] = executeOpOutputs(
    'FusedBatchNormV3',
    { ...ATTRS, exponential_avg_factor: { float: 1 } },
    [x, scale, shift, none, none],
    6,
  ) as [Tensor4D, Tensor1D, Tensor1D, Tensor, Tensor, Tensor];
  const norm = tf.customGrad((...args) => {
    const save = args.pop() as unknown as (tensors: Tensor[]) => void;
    const [input, gamma] = args as [Tensor, Tensor];
    save([input, gamma, ...reserved]);
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) =>
        executeOpOutputs('FusedBatchNormGradV3', ATTRS, [dy, ...saved], 5).slice(0, 3),
    };
  });
  return { y: norm(x, scale, shift) as Tensor4D, moments: { mean, variance } };
}

/** A running mean or variance after one more batch: 0.9·old + 0.1·new. */
export function runningStatistic(old: Tensor, fresh: Tensor): Tensor {
  return tf.add(old, tf.mul(tf.sub(fresh, old), MOMENTUM));
}
