/**
 * The PatchGAN discriminator of the adversarial term (Isola et al. 2017; paper, section on adversarial training):
 * a map of logits, each for one patch of the image.
 */
import type { Scalar, Tensor, Tensor1D, Tensor4D } from '../tensor/tf.ts';
import { executeOp, tf } from '../tensor/tf.ts';
import { batchNorm, runningStatistic, type Moments } from './batch-norm.ts';
import { parameter } from './layers.ts';
import { biasAdd } from './ops.ts';
import { layOut, type ParameterLayout, type Parameters, type ParameterSpec } from './parameters.ts';

/** Side of all convolution kernels; each pads by 1 on every side. */
const KERNEL = 4;
/** Standard deviation of initial weights. */
const STD = 0.02;
/** Slope of the leaky ReLU below 0. */
const LEAK = 0.2;

/** A convolution, and the batch norm and leaky ReLU after it. */
interface Layer {
  conv: string;
  inputs: number;
  outputs: number;
  stride: 1 | 2;
  /** Name of the batch norm; null without one, and then the convolution has a bias. */
  norm: string | null;
  activation: boolean;
}

export interface DiscriminatorPlan {
  /** What is trained. */
  readonly layout: ParameterLayout;
  /** Running mean and variance of each batch norm, for whoever runs the network in evaluation mode. */
  readonly statistics: ParameterLayout;
  readonly layers: readonly Layer[];
}

/** @param channels of the images; @param filters of the first convolution (the reference's `ndf`) */
export function planDiscriminator(channels: number, filters: number): DiscriminatorPlan {
  // Numbered as the reference's nn.Sequential, whose activations count too.
  const layer = (conv: number, inputs: number, outputs: number, stride: 1 | 2): Layer => ({
    conv: `main.${conv}`,
    inputs,
    outputs,
    stride,
    norm: `main.${conv + 1}`,
    activation: true,
  });
  const layers: Layer[] = [
    { ...layer(0, channels, filters, 2), norm: null },
    layer(2, filters, filters * 2, 2),
    layer(5, filters * 2, filters * 4, 2),
    layer(8, filters * 4, filters * 8, 1),
    { ...layer(11, filters * 8, 1, 1), norm: null, activation: false },
  ];
  return {
    layout: layOut(layers.flatMap(layerSpecs)),
    statistics: layOut(layers.flatMap(statisticSpecs)),
    layers,
  };
}

function layerSpecs({ conv, inputs, outputs, norm }: Layer): ParameterSpec[] {
  const vector = (name: string, initialiser: ParameterSpec['initialiser']): ParameterSpec => ({
    name,
    shape: [outputs],
    torchShape: [outputs],
    initialiser,
  });
  const weight: ParameterSpec = {
    name: `${conv}.weight`,
    shape: [KERNEL, KERNEL, inputs, outputs],
    torchShape: [outputs, inputs, KERNEL, KERNEL],
    initialiser: { kind: 'normal', mean: 0, std: STD },
  };
  // The reference leaves biases at PyTorch's default.
  const bound = 1 / Math.sqrt(inputs * KERNEL * KERNEL);
  return norm === null
    ? [weight, vector(`${conv}.bias`, { kind: 'uniform', bound })]
    : [
        weight,
        vector(`${norm}.weight`, { kind: 'normal', mean: 1, std: STD }),
        vector(`${norm}.bias`, { kind: 'zeros' }),
      ];
}

function statisticSpecs({ outputs, norm }: Layer): ParameterSpec[] {
  if (norm === null) return [];
  const shapes = { shape: [outputs], torchShape: [outputs] };
  return [
    { name: `${norm}.running_mean`, ...shapes, initialiser: { kind: 'zeros' } },
    { name: `${norm}.running_var`, ...shapes, initialiser: { kind: 'ones' } },
  ];
}

export interface Judgement {
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
export function discriminate(plan: DiscriminatorPlan, parameters: Parameters, x: Tensor4D): Judgement {
  const moments: Moments[] = [];
  let h = x;
  for (const { conv, stride, norm, activation } of plan.layers) {
    // Padded by hand: TensorFlow's "same" pads unevenly where a side is odd or the stride is 1.
    const padded = tf.pad(h, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]);
    h = tf.conv2d(padded, parameter(parameters, `${conv}.weight`) as Tensor4D, stride, 'valid');
    if (norm === null) {
      h = biasAdd(h, parameter(parameters, `${conv}.bias`));
    } else {
      const scale = parameter(parameters, `${norm}.weight`) as Tensor1D;
      const normed = batchNorm(h, scale, parameter(parameters, `${norm}.bias`) as Tensor1D);
      moments.push(normed.moments);
      h = normed.y;
    }
    if (activation) h = leakyRelu(h);
  }
  return { logits: h, moments };
}

/**
 * max(x, 0.2·x), with the native gradient: one pass where the derived one makes three. It goes by the sign of the
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

/** The discriminator's loss: ½·(mean relu(1 − real) + mean relu(1 + fake)). @param real logits; fake alike */
export function hingeLoss(real: Tensor, fake: Tensor): Scalar {
  const reals = tf.mean(tf.relu(tf.sub(1, real)));
  const fakes = tf.mean(tf.relu(tf.add(fake, 1)));
  return tf.mul(tf.add(reals, fakes), 0.5) as Scalar;
}
