/**
 * The PatchGAN discriminator of the adversarial term (Isola et al. 2017, section 3.2.2):
 * a map of logits, each for one patch of the image. As `NLayerDiscriminator` in the reference's
 * networks/discriminator.py.
 */
import { elementCount } from '../shape.ts';
import type { Scalar, Tensor, Tensor1D, Tensor4D } from '../tensor/tf.ts';
import { executeOp, tf } from '../tensor/tf.ts';
import { batchNorm, runningStatistic, type Moments } from './batch-norm.ts';
import { parametersOf, runLayers, type Layer } from './layer.ts';
import { biasAdd } from './ops.ts';
import {
  layOut,
  parameter,
  type ParameterLayout,
  type Parameters,
  type ParameterSpec,
} from './parameters.ts';

/** Side of all convolution kernels. */
const KERNEL = 4;
/** Pixels of zeros on every side before a convolution. */
const PADDING = 1;
/** Standard deviation of initial weights. */
const STD = 0.02;
/** Slope of the leaky ReLU below 0. */
const LEAK = 0.2;

export interface DiscriminatorPlan {
  /** Colour channels of the images. */
  readonly channels: number;
  /** What is trained. */
  readonly layout: ParameterLayout;
  /** Running mean and variance of each batch norm, for whoever runs the network in evaluation mode. */
  readonly statistics: ParameterLayout;
  readonly layers: readonly PatchLayer[];
}

/** @param channels of the images; @param filters of the first convolution (the reference's `ndf`) */
export function planDiscriminator(channels: number, filters: number): DiscriminatorPlan {
  const last = { norm: false, activation: false };
  const layers = [
    patchLayer(0, channels, filters, 2, { norm: false }),
    patchLayer(2, filters, filters * 2, 2),
    patchLayer(5, filters * 2, filters * 4, 2),
    patchLayer(8, filters * 4, filters * 8, 1),
    patchLayer(11, filters * 8, 1, 1, last),
  ];
  return {
    channels,
    layout: layOut(parametersOf(layers)),
    statistics: layOut(layers.flatMap(({ statistics }) => statistics)),
    layers,
  };
}

/** A layer that adds what its batch norm went by to a list; see `batchNorm` for how long that lives. */
interface PatchLayer extends Layer<Moments[]> {
  /** Running mean and variance; none without a batch norm. */
  readonly statistics: readonly ParameterSpec[];
}

/**
 * A 4×4 convolution, with batch norm and leaky ReLU after it unless told otherwise, [B, H, W, inputs] →
 * [B, H', W', outputs]. Without a batch norm the convolution has a bias.
 * @param index in the reference's nn.Sequential, whose norms and activations count too
 */
function patchLayer(
  index: number,
  inputs: number,
  outputs: number,
  stride: 1 | 2,
  { norm = true, activation = true } = {},
): PatchLayer {
  const name = `main.${index}`;
  const normName = `main.${index + 1}`;
  const vector = (of: string, initialiser: ParameterSpec['initialiser']): ParameterSpec => ({
    name: of,
    shape: [outputs],
    torchShape: [outputs],
    initialiser,
  });
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [KERNEL, KERNEL, inputs, outputs],
    torchShape: [outputs, inputs, KERNEL, KERNEL],
    initialiser: { kind: 'normal', mean: 0, std: STD },
  };
  // The reference leaves biases at PyTorch's default (nn.Conv2d.reset_parameters).
  const bound = 1 / Math.sqrt(inputs * KERNEL * KERNEL);
  return {
    name,
    kind: ['conv 4×4', norm && 'batch norm', activation && 'leaky ReLU'].filter(Boolean).join(', '),
    parameters: norm
      ? [
          weight,
          vector(`${normName}.weight`, { kind: 'normal', mean: 1, std: STD }),
          vector(`${normName}.bias`, { kind: 'zeros' }),
        ]
      : [weight, vector(`${name}.bias`, { kind: 'uniform', bound })],
    statistics: norm
      ? [
          vector(`${normName}.running_mean`, { kind: 'zeros' }),
          vector(`${normName}.running_var`, { kind: 'ones' }),
        ]
      : [],
    forward(parameters, x, moments) {
      // Padded by hand: TensorFlow's "same" pads unevenly where a side is odd or the stride is 1.
      const around: [number, number] = [PADDING, PADDING];
      const padded = tf.pad(x as Tensor4D, [[0, 0], around, around, [0, 0]]);
      let h = tf.conv2d(padded, parameter<Tensor4D>(parameters, weight.name), stride, 'valid');
      if (norm) {
        const scale = parameter<Tensor1D>(parameters, `${normName}.weight`);
        const normed = batchNorm(h, scale, parameter<Tensor1D>(parameters, `${normName}.bias`));
        moments.push(normed.moments);
        h = normed.y;
      } else {
        h = biasAdd(h, parameter(parameters, `${name}.bias`));
      }
      return activation ? leakyRelu(h) : h;
    },
    cost([height = 1, width = 1]) {
      const slid = (length: number) => Math.floor((length + 2 * PADDING - KERNEL) / stride) + 1;
      const shape = [slid(height), slid(width), outputs];
      const padded = (height + 2 * PADDING) * (width + 2 * PADDING) * inputs;
      return {
        shape,
        multiplyAdds: KERNEL ** 2 * inputs * elementCount(shape),
        kept: padded + (norm ? 2 : 1) * elementCount(shape),
      };
    },
  };
}

export interface DiscriminatorOutput {
  /** Above 0: real. [B, H/8 − 2, W/8 − 2, 1]. */
  logits: Tensor4D;
  /** Of each batch norm, in order; see `batchNorm` for how long they live. */
  moments: Moments[];
}

/**
 * The network in training mode: the batch norms go by this batch alone, so real and generated images belong in
 * calls of their own, as in the reference.
 * @param parameters of `plan.layout`
 * @param x images [B, H, W, channels] in [−1, 1], at least 24 pixels a side
 */
export function discriminate(
  plan: DiscriminatorPlan,
  parameters: Parameters,
  x: Tensor4D,
): DiscriminatorOutput {
  const moments: Moments[] = [];
  const logits = runLayers(plan.layers, parameters, x, moments) as Tensor4D;
  return { logits, moments };
}

/**
 * max(x, 0.2·x) (Maas et al. 2013), with the native gradient: one pass where the derived one makes three. It goes by the sign of the
 * result, which is that of x, so that a compiled graph can fuse x into the convolution before it.
 */
function leakyRelu(x: Tensor4D): Tensor4D {
  const attrs = { T: { type: 'float32' }, alpha: { float: LEAK } } as const;
  const leaky = tf.customGrad((...args) => {
    const save = args.pop() as unknown as (tensors: Tensor[]) => void;
    const [input] = args as [Tensor];
    const value = executeOp('LeakyRelu', attrs, [input]);
    save([value]);
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => [executeOp('LeakyReluGrad', attrs, [dy, ...saved])],
    };
  });
  return leaky(x) as Tensor4D;
}

/**
 * The running statistics after one more call of {@link discriminate}, with PyTorch's momentum 0.1.
 * @param statistics of `plan.statistics`, flat
 */
export function updateStatistics(
  plan: DiscriminatorPlan,
  statistics: Tensor1D,
  moments: readonly Moments[],
): Tensor1D {
  if (plan.statistics.specs.length !== 2 * moments.length) {
    throw new Error(`moments of ${moments.length} batch norms for ${plan.statistics.specs.length / 2}`);
  }
  // Mean before variance, norm by norm, as they are laid out.
  const fresh = tf.concat(moments.flatMap(({ mean, variance }) => [mean, variance]));
  return runningStatistic(statistics, fresh) as Tensor1D;
}

/**
 * The discriminator's hinge loss: ½·(mean relu(1 − real) + mean relu(1 + fake)), as `hinge_d_loss` in the reference's
 * models/covae_base.py.
 * @param real logits; fake alike
 */
export function hingeLoss(real: Tensor, fake: Tensor): Scalar {
  const reals = tf.mean(tf.relu(tf.sub(1, real)));
  const fakes = tf.mean(tf.relu(tf.add(fake, 1)));
  return tf.mul(tf.add(reals, fakes), 0.5) as Scalar;
}
