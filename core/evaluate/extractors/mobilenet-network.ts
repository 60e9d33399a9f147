/** MobileNetV2 up to the mean over its last maps, as torchvision builds it (models/mobilenetv2.py). */
import { executeOp, tf, type Tensor4D } from '../../tensor/tf.ts';
import { tensorNamed, type Initial, type Tensors } from '../../tensor/program.ts';
import type { FloatTensors } from '../../run/safetensors.ts';
import { convolutionTensors, foldedConvolution, type FoldedConvolution } from './folded-convolution.ts';

/** Rows of the paper's table 2 (Sandler et al. 2018, arXiv 1801.04381): expansion, channels, blocks, first stride. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;
const FIRST_CHANNELS = 32;
export const LAST_CHANNELS = 1280;
/** torchvision's batch norm. */
const EPSILON = 1e-5;

/** One convolution with its batch norm. */
interface Conv extends FoldedConvolution {
  stride: 1 | 2;
  /** Followed by ReLU6. */
  bounded: boolean;
}

const ONE = [1, 1] as const;
const THREE = [3, 3] as const;

interface Block {
  convs: Conv[];
  residual: boolean;
}

/** All convolutions in their order, by blocks. */
export function mobilenetBlocks(): Block[] {
  const first: Conv = {
    ...{ conv: 'features.0.0', norm: 'features.0.1', kernel: THREE, stride: 2 },
    ...{ inputs: 3, outputs: FIRST_CHANNELS, depthwise: false, bounded: true },
  };
  const blocks: Block[] = [{ convs: [first], residual: false }];
  let channels: number = FIRST_CHANNELS;
  for (const [expansion, outputs, count, firstStride] of STAGES) {
    for (let i = 0; i < count; i++) {
      const stride = i === 0 ? firstStride : 1;
      blocks.push(invertedResidual(`features.${blocks.length}.conv`, channels, outputs, expansion, stride));
      channels = outputs;
    }
  }
  const name = `features.${blocks.length}`;
  const last: Conv = {
    ...{ conv: `${name}.0`, norm: `${name}.1`, kernel: ONE, stride: 1 },
    ...{ inputs: channels, outputs: LAST_CHANNELS, depthwise: false, bounded: true },
  };
  return [...blocks, { convs: [last], residual: false }];
}

function invertedResidual(
  name: string,
  inputs: number,
  outputs: number,
  expansion: number,
  stride: 1 | 2,
): Block {
  const inner = inputs * expansion;
  const convs: Conv[] = [];
  const pair = (): { conv: string; norm: string } => ({
    conv: `${name}.${convs.length}.0`,
    norm: `${name}.${convs.length}.1`,
  });
  if (expansion !== 1) {
    convs.push({
      ...pair(),
      kernel: ONE,
      stride: 1,
      inputs,
      outputs: inner,
      depthwise: false,
      bounded: true,
    });
  }
  convs.push({
    ...pair(),
    kernel: THREE,
    stride,
    inputs: inner,
    outputs: inner,
    depthwise: true,
    bounded: true,
  });
  convs.push({
    ...{ conv: `${name}.${convs.length}`, norm: `${name}.${convs.length + 1}`, kernel: ONE, stride: 1 },
    ...{ inputs: inner, outputs, depthwise: false, bounded: false },
  });
  return { convs, residual: stride === 1 && inputs === outputs };
}

/** Names and shapes of the tensors that are needed of torchvision's file, in its layout. */
export function mobilenetTensors(): Record<string, number[]> {
  const convs = mobilenetBlocks().flatMap((block) => block.convs);
  return Object.assign({}, ...convs.map(convolutionTensors)) as Record<string, number[]>;
}

/**
 * Filters in TensorFlow's layout, batch norm folded into them and into a bias.
 *
 * @param tensors those of {@link mobilenetTensors}
 */
export function mobilenetState(tensors: FloatTensors): Initial {
  const state: Record<string, { shape: number[]; data: Float32Array }> = {};
  for (const layer of mobilenetBlocks().flatMap(({ convs }) => convs)) {
    const { filter, bias } = foldedConvolution(layer, tensors, EPSILON);
    state[filterName(layer)] = filter;
    state[biasName(layer)] = bias;
  }
  return state;
}

function filterName({ conv }: Conv): string {
  return `${conv.replaceAll('.', '_')}_filter`;
}

function biasName({ conv }: Conv): string {
  return `${conv.replaceAll('.', '_')}_bias`;
}

/** Normalised images, batch × height × width × 3, to batch × 1280 features. */
export function mobilenetFeatures(state: Tensors, images: Tensor4D): tf.Tensor2D {
  let x = images;
  for (const { convs, residual } of mobilenetBlocks()) {
    const before = x;
    for (const layer of convs) x = convolve(state, layer, x);
    if (residual) x = tf.add(before, x);
  }
  return tf.mean(x, [1, 2]);
}

function convolve(state: Tensors, layer: Conv, x: Tensor4D): Tensor4D {
  const filter = tensorNamed<Tensor4D>(state, filterName(layer));
  const { stride, kernel } = layer;
  // PyTorch pads both sides alike; with a stride of 2 TensorFlow's SAME would not.
  const padded: Tensor4D =
    kernel === ONE
      ? x
      : tf.pad4d(x, [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ]);
  const y = layer.depthwise
    ? tf.depthwiseConv2d(padded, filter, stride, 'valid')
    : tf.conv2d(padded, filter, stride, 'valid');
  const sum = executeOp('BiasAdd', { T: { type: 'float32' } }, [y, tensorNamed(state, biasName(layer))]);
  return (layer.bounded ? tf.relu6(sum) : sum) as Tensor4D;
}
