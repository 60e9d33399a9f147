/** The FID network up to the mean over its last maps, as pytorch-fid builds it. */
import { executeOp, tf, type Tensor4D } from '../../tensor/tf.ts';
import { tensorNamed, type Initial, type Tensors } from '../../tensor/program.ts';
import type { FloatTensors } from '../../run/safetensors.ts';
import { convolutionTensors, foldedConvolution } from './folded-convolution.ts';
import {
  BLOCKS,
  inceptionConvs,
  STEM,
  type Block,
  type Chain,
  type InceptionConv,
} from './inception-layers.ts';

export const INCEPTION_FEATURES = 2048;
/** Of all its batch norms (`BasicConv2d`). */
const EPSILON = 1e-3;

/** Names and shapes of the tensors that are needed of pytorch-fid's file, in its layout. */
export function inceptionTensors(): Record<string, number[]> {
  return Object.assign({}, ...inceptionConvs().map(convolutionTensors)) as Record<string, number[]>;
}

/** @param tensors those of {@link inceptionTensors} */
export function inceptionState(tensors: FloatTensors): Initial {
  const state: Record<string, { shape: number[]; data: Float32Array }> = {};
  for (const layer of inceptionConvs()) {
    const { filter, bias } = foldedConvolution(layer, tensors, EPSILON);
    state[filterName(layer)] = filter;
    state[biasName(layer)] = bias;
  }
  return state;
}

function filterName({ conv }: InceptionConv): string {
  return `${conv.replaceAll('.', '_')}_filter`;
}

function biasName({ conv }: InceptionConv): string {
  return `${conv.replaceAll('.', '_')}_bias`;
}

/** Images from −1 to 1, batch × 299 × 299 × 3, to batch × 2048 features. */
export function inceptionFeatures(state: Tensors, images: Tensor4D): tf.Tensor2D {
  let x = images;
  for (const part of STEM) x = tf.maxPool(along(state, part, x), 3, 2, 'valid');
  for (const block of BLOCKS) x = through(state, block, x);
  return tf.mean(x, [1, 2]);
}

function through(state: Tensors, { branches, forks, pool, afterPool }: Block, x: Tensor4D): Tensor4D {
  const parts = branches.map((branch) => along(state, branch, x));
  for (const { stem, tips } of forks) {
    const stemmed = along(state, stem, x);
    for (const tip of tips) parts.push(along(state, [tip], stemmed));
  }
  // TensorFlow's mean with SAME is over the pixels that are there.
  const pooled =
    pool === 'average'
      ? tf.avgPool(x, 3, 1, 'same')
      : pool === 'max'
        ? tf.maxPool(x, 3, 1, 'same')
        : tf.maxPool(x, 3, 2, 'valid');
  parts.push(along(state, afterPool, pooled));
  return tf.concat4d(parts, 3);
}

function along(state: Tensors, chain: Chain, x: Tensor4D): Tensor4D {
  let y = x;
  for (const layer of chain) {
    const filter = tensorNamed<Tensor4D>(state, filterName(layer));
    const mapped = tf.conv2d(y, filter, layer.stride, layer.same ? 'same' : 'valid');
    const sum = executeOp('BiasAdd', { T: { type: 'float32' } }, [
      mapped,
      tensorNamed(state, biasName(layer)),
    ]);
    y = tf.relu(sum) as Tensor4D;
  }
  return y;
}
