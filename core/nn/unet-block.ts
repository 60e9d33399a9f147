import { elementCount } from '../shape.ts';
import type { Tensor, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import { selfAttention } from './attention.ts';
import type { Dropout } from './dropout.ts';
import type { Layer } from './layer.ts';
import { parametersOf } from './layer.ts';
import { GAIN, adaptiveGroupNorm, conv, dense, groupNorm } from './layers.ts';
import { pixelNorm } from './ops.ts';
import type { ConstantTensor, Parameters } from './parameters.ts';

export interface UNetBlockOptions {
  inputs: number;
  outputs: number;
  /** Width of the time embedding. */
  embedding: number;
  resample?: 'down' | 'up' | null;
  attention?: boolean;
  /** Whether a training drops activations, which makes it keep more. */
  dropout: boolean;
}

/** What a pass hands to every block. */
export interface BlockContext {
  /** Of the time, [B, embedding]. */
  embedding: Tensor2D;
  dropout: Dropout;
}

const EPS = 1e-6;

/** Filter of the reference's convolutions that resample: [1, 1] in both directions, normed. */
const RESAMPLING_FILTER: ConstantTensor = { shape: [1, 1, 2, 2], value: 0.25 };

/**
 * A residual block of the EDM / DDPM++ kind, as the reference's `UNetBlock` (networks/autoencoder.py):
 * h = conv(resample(SiLU(GN(x)))); h = SiLU(GN(h)·pixnorm(scale) + pixnorm(shift)) with scale and shift from the time
 * embedding; x = (conv(dropout(h)) + skip(x))·√½; then attention, again with ·√½.
 *
 * [B, H, W, inputs] → [B, H', W', outputs], H' = H, H/2 or 2H.
 */
export function unetBlock(name: string, options: UNetBlockOptions): Layer<BlockContext> {
  const { inputs, outputs, embedding, resample = null, attention = false } = options;
  const norm0 = groupNorm(`${name}.norm0`, inputs, { eps: EPS, silu: true });
  const conv0 = conv(`${name}.conv0`, inputs, outputs, 3);
  const affine = dense(`${name}.affine`, embedding, outputs * 2);
  const norm1 = adaptiveGroupNorm(`${name}.norm1`, outputs, { eps: EPS, silu: true });
  const conv1 = conv(`${name}.conv1`, outputs, outputs, 3, GAIN.nearZero);
  const skip = inputs !== outputs || resample !== null ? conv(`${name}.skip`, inputs, outputs, 1) : null;
  const mix = attention ? selfAttention(name, outputs, EPS) : null;

  /** The 1×1 convolution and the resampling commute; the one that leaves less work comes first. */
  const skipped = (parameters: Parameters, x: Tensor): Tensor => {
    if (!skip) return x;
    if (resample === 'down') return skip.forward(parameters, downsample(x));
    const y = skip.forward(parameters, x);
    return resample === 'up' ? upsample(y) : y;
  };

  return {
    name,
    kind: ['block', resample, attention && 'attention'].filter(Boolean).join(', '),
    parameters: parametersOf([
      norm0,
      conv0,
      affine,
      norm1,
      conv1,
      ...(skip ? [skip] : []),
      ...(mix ? [mix] : []),
    ]),
    ...(resample && {
      buffers: {
        [`${conv0.name}.resample_filter`]: RESAMPLING_FILTER,
        [`${name}.skip.resample_filter`]: RESAMPLING_FILTER,
      },
    }),
    forward(parameters, x, context) {
      let h = norm0.forward(parameters, x);
      h = conv0.forward(
        parameters,
        resample === 'down' ? downsample(h) : resample === 'up' ? upsample(h) : h,
      );
      const [scale, shift] = tf.split(affine.forward(parameters, context.embedding), 2, 1) as [
        Tensor2D,
        Tensor2D,
      ];
      h = norm1.forward(parameters, h, { scale: pixelNorm(scale), shift: pixelNorm(shift) });
      h = conv1.forward(parameters, context.dropout(h));
      const y = tf.mul(tf.add(h, skipped(parameters, x)), Math.SQRT1_2);
      return mix ? mix.forward(parameters, y) : y;
    },
    cost(shape) {
      const [height = 1, width = 1] = shape;
      const factor = resample === 'down' ? 1 / 2 : resample === 'up' ? 2 : 1;
      const resampled = [height * factor, width * factor, inputs];
      const output = [height * factor, width * factor, outputs];
      // What conv1 gives is not kept, but the block's sum, of the same size, is.
      const parts = [norm0.cost(shape), conv0.cost(resampled), norm1.cost(output), conv1.cost(output)];
      if (mix) parts.push(mix.cost(output));
      const sum = (key: 'multiplyAdds' | 'kept') => parts.reduce((total, part) => total + part[key], 0);
      const ofSkip = skip?.cost(resample === 'down' ? resampled : shape).multiplyAdds ?? 0;
      return {
        shape: output,
        multiplyAdds: sum('multiplyAdds') + affine.cost([embedding]).multiplyAdds + ofSkip,
        kept:
          sum('kept') +
          (resample ? elementCount(resampled) : 0) +
          // The skip's input.
          (resample === 'down' ? elementCount(resampled) : 0) +
          // The mask, and what it leaves.
          (options.dropout ? 2 * elementCount(output) : 0),
      };
    },
  };
}

/** Average of 2×2, the reference's resampling filter [1, 1] going down. */
function downsample(x: Tensor): Tensor {
  return tf.avgPool(x as Tensor4D, 2, 2, 'valid');
}

/** Each value to 2×2, the reference's resampling filter [1, 1] going up. */
function upsample(x: Tensor): Tensor {
  const [, height, width] = x.shape as Tensor4D['shape'];
  return tf.image.resizeNearestNeighbor(x as Tensor4D, [height * 2, width * 2]);
}
