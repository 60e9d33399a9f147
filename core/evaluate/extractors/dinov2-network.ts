/** DINOv2's vision transformer (Oquab et al. 2023, arXiv 2304.07193), as its published code computes it (dinov2/models/vision_transformer.py). */
import { executeOp, tf, type Tensor, type Tensor2D, type Tensor3D, type Tensor4D } from '../../tensor/tf.ts';
import { tensorNamed, type Initial, type Tensors } from '../../tensor/program.ts';
import type { FloatTensors } from '../../run/safetensors.ts';
import { resizedPositions } from './position-embedding.ts';

export interface VitShape {
  /** Numbers a token. */
  width: number;
  depth: number;
  heads: number;
}

export const DINOV2_SMALL: VitShape = { width: 384, depth: 12, heads: 6 };
export const DINOV2_LARGE: VitShape = { width: 1024, depth: 24, heads: 16 };

export const PATCH = 14;
/** Side in pixels that images are brought to. */
export const DINOV2_SIDE = 224;
/** Patches a side then, and in training, whose positions the file holds. */
const PATCHES = DINOV2_SIDE / PATCH;
const TRAINED_PATCHES = 518 / PATCH;
const MLP_RATIO = 4;
const EPSILON = 1e-6;

/** Names and shapes of the tensors that are needed of the published file. */
export function dinov2Tensors({ width, depth }: VitShape): Record<string, number[]> {
  const shapes: Record<string, number[]> = {
    cls_token: [1, 1, width],
    pos_embed: [1, 1 + TRAINED_PATCHES ** 2, width],
    'patch_embed.proj.weight': [width, 3, PATCH, PATCH],
    'patch_embed.proj.bias': [width],
    'norm.weight': [width],
    'norm.bias': [width],
  };
  for (let i = 0; i < depth; i++) {
    for (const part of [
      'norm1.weight',
      'norm1.bias',
      'norm2.weight',
      'norm2.bias',
      'ls1.gamma',
      'ls2.gamma',
    ]) {
      shapes[`blocks.${i}.${part}`] = [width];
    }
    const linear = (name: string, outputs: number, inputs: number): void => {
      shapes[`blocks.${i}.${name}.weight`] = [outputs, inputs];
      shapes[`blocks.${i}.${name}.bias`] = [outputs];
    };
    linear('attn.qkv', 3 * width, width);
    linear('attn.proj', width, width);
    linear('mlp.fc1', MLP_RATIO * width, width);
    linear('mlp.fc2', width, MLP_RATIO * width);
  }
  return shapes;
}

interface Values {
  shape: number[];
  data: Float32Array;
}

/**
 * Weights in TensorFlow's layout. Layer scale and the scale of the attention's queries go into the products before them.
 *
 * @param tensors those of {@link dinov2Tensors}
 */
export function dinov2State(shape: VitShape, tensors: FloatTensors): Initial {
  const { width, depth, heads } = shape;
  const state: Record<string, Values> = {};
  const data = (name: string): Float32Array => {
    const tensor = tensors[name];
    if (tensor === undefined) throw new Error(`the weights have no ${name}`);
    return tensor.data;
  };
  const vector = (target: string, name: string): void => {
    state[target] = { shape: [width], data: data(name) };
  };
  /** Inputs × outputs, each output times its factor. */
  const linear = (
    target: string,
    name: string,
    inputs: number,
    outputs: number,
    factor: (out: number) => number,
  ): void => {
    const weight = data(`${name}.weight`);
    const bias = data(`${name}.bias`);
    const turned = new Float32Array(weight.length);
    for (let out = 0; out < outputs; out++) {
      for (let k = 0; k < inputs; k++) turned[k * outputs + out] = weight[out * inputs + k]! * factor(out);
    }
    state[`${target}_w`] = { shape: [inputs, outputs], data: turned };
    state[`${target}_b`] = {
      shape: [outputs],
      data: Float32Array.from(bias, (value, out) => value * factor(out)),
    };
  };

  state['patch_w'] = {
    shape: [PATCH, PATCH, 3, width],
    data: patchFilter(data('patch_embed.proj.weight'), width),
  };
  vector('patch_b', 'patch_embed.proj.bias');
  const [first, places] = tokens(data('cls_token'), data('pos_embed'), width);
  state['first'] = { shape: [1, 1, width], data: first };
  state['places'] = { shape: [1, PATCHES ** 2, width], data: places };
  const queryScale = (width / heads) ** -0.5;
  for (let i = 0; i < depth; i++) {
    const from = `blocks.${i}`;
    for (const norm of ['norm1', 'norm2']) {
      vector(`${norm}_${i}_w`, `${from}.${norm}.weight`);
      vector(`${norm}_${i}_b`, `${from}.${norm}.bias`);
    }
    const [scale1, scale2] = [data(`${from}.ls1.gamma`), data(`${from}.ls2.gamma`)];
    linear(`qkv_${i}`, `${from}.attn.qkv`, width, 3 * width, (out) => (out < width ? queryScale : 1));
    linear(`proj_${i}`, `${from}.attn.proj`, width, width, (out) => scale1[out]!);
    linear(`fc1_${i}`, `${from}.mlp.fc1`, width, MLP_RATIO * width, () => 1);
    linear(`fc2_${i}`, `${from}.mlp.fc2`, MLP_RATIO * width, width, (out) => scale2[out]!);
  }
  vector('norm_w', 'norm.weight');
  vector('norm_b', 'norm.bias');
  return state;
}

/** PyTorch's out × 3 × height × width to height × width × 3 × out. */
function patchFilter(weight: Float32Array, width: number): Float32Array {
  const filter = new Float32Array(weight.length);
  const places = PATCH * PATCH;
  for (let out = 0; out < width; out++) {
    for (let c = 0; c < 3; c++) {
      for (let place = 0; place < places; place++) {
        filter[(place * 3 + c) * width + out] = weight[(out * 3 + c) * places + place]!;
      }
    }
  }
  return filter;
}

/** The class token with its position, and the positions of the patches at the size that is used. */
function tokens(cls: Float32Array, positions: Float32Array, width: number): [Float32Array, Float32Array] {
  return [
    cls.map((value, k) => value + positions[k]!),
    resizedPositions(positions.subarray(width), TRAINED_PATCHES, PATCHES, width),
  ];
}

/** Normalised images, batch × 224 × 224 × 3, to batch × width features: the class token after the last norm. */
export function dinov2Features(
  { width, depth, heads }: VitShape,
  state: Tensors,
  images: Tensor4D,
): Tensor2D {
  const batch = images.shape[0];
  const named = <T extends Tensor>(name: string): T => tensorNamed<T>(state, name);
  const patches = biased(tf.conv2d(images, named<Tensor4D>('patch_w'), PATCH, 'valid'), named('patch_b'));
  const placed = tf.add(tf.reshape(patches, [batch, PATCHES ** 2, width]), named('places'));
  const first = tf.add(tf.zeros([batch, 1, width]), named('first'));
  const count = 1 + PATCHES ** 2;
  // One row a token: products are over matrices.
  let x = tf.reshape(tf.concat([first, placed], 1), [batch * count, width]) as Tensor2D;
  const norm = (y: Tensor2D, name: string): Tensor2D => layerNorm(y, named(`${name}_w`), named(`${name}_b`));
  const linear = (y: Tensor2D, name: string): Tensor2D =>
    biased(tf.matMul(y, named<Tensor2D>(`${name}_w`)), named(`${name}_b`));
  for (let i = 0; i < depth; i++) {
    const qkv = tf.reshape(linear(norm(x, `norm1_${i}`), `qkv_${i}`), [
      batch,
      count,
      3,
      heads,
      width / heads,
    ]);
    const [q, k, v] = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4])) as [Tensor4D, Tensor4D, Tensor4D];
    const weights = tf.softmax(tf.matMul(q, k, false, true));
    const mixed = tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]);
    x = tf.add(x, linear(tf.reshape(mixed, [batch * count, width]), `proj_${i}`));
    x = tf.add(x, linear(gelu(linear(norm(x, `norm2_${i}`), `fc1_${i}`)), `fc2_${i}`));
  }
  const cls = tf.slice(tf.reshape(x, [batch, count, width]) as Tensor3D, [0, 0, 0], [batch, 1, width]);
  return norm(tf.reshape(cls, [batch, width]), 'norm');
}

function biased<T extends Tensor>(x: T, bias: Tensor): T {
  return executeOp('BiasAdd', { T: { type: 'float32' } }, [x, bias]) as T;
}

/** Over the numbers of each token (Ba et al. 2016). */
function layerNorm(x: Tensor2D, weight: Tensor, bias: Tensor): Tensor2D {
  const mean = tf.mean(x, 1, true);
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), 1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON))), weight), bias);
}

/** x · Φ(x), exactly (Hendrycks & Gimpel 2016), as PyTorch's default. */
function gelu(x: Tensor2D): Tensor2D {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}
