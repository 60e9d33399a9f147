/** A small network that tells a data set's classes apart: convolutions, each followed by a maximum, and a hidden layer. */
import { elementCount } from '../../shape.ts';
import { inLanes } from '../../tensor/lanes.ts';
import type { HostTensor } from '../../tensor/program.ts';
import { statelessUniform, streamSeed } from '../../tensor/random.ts';
import { tf, tidyValues, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '../../tensor/tf.ts';

/** Numbers of the last hidden layer, which serve as features. */
export const HIDDEN = 128;
/** Maps are halved until their side is at most this. */
const SMALLEST_SIDE = 8;
/** Channels of the first convolution; each further one has twice as many, up to eight times. */
const CHANNELS = { grey: 16, colour: 32 } as const;

export interface ClassifierShape {
  height: number;
  width: number;
  channels: 1 | 3;
  classes: number;
}

interface Layer {
  name: string;
  /** Of the filter or matrix; its last length is that of the bias. */
  shape: number[];
}

/** All layers in their order. */
export function layersOf({ height, width, channels, classes }: ClassifierShape): Layer[] {
  const layers: Layer[] = [];
  const first = channels === 1 ? CHANNELS.grey : CHANNELS.colour;
  let [rows, columns, inputs] = [height, width, channels as number];
  do {
    const outputs = Math.min(first * 2 ** layers.length, first * 8);
    layers.push({ name: `conv${layers.length}`, shape: [3, 3, inputs, outputs] });
    [rows, columns, inputs] = [Math.ceil(rows / 2), Math.ceil(columns / 2), outputs];
  } while (Math.max(rows, columns) > SMALLEST_SIDE);
  layers.push({ name: 'hidden', shape: [rows * columns * inputs, HIDDEN] });
  layers.push({ name: 'classes', shape: [HIDDEN, classes] });
  return layers;
}

/** Number of parameters. */
export function parameterCount(shape: ClassifierShape): number {
  return layersOf(shape).reduce((sum, layer) => sum + elementCount(layer.shape) + layer.shape.at(-1)!, 0);
}

/** Uniform weights whose variance keeps that of the values (He et al. 2015, eq. 10), biases 0; all in one vector. */
export function initialParameters(shape: ClassifierShape, seed: number): Float32Array {
  const values = new Float32Array(parameterCount(shape));
  let at = 0;
  layersOf(shape).forEach((layer, i) => {
    const count = elementCount(layer.shape);
    const reach = Math.sqrt(6 / elementCount(layer.shape.slice(0, -1)));
    const drawn = tidyValues(() =>
      statelessUniform([count], tf.tensor1d(streamSeed(seed, 'classifier weights', 0, i), 'int32')),
    );
    for (let k = 0; k < count; k++) values[at + k] = (2 * drawn[k]! - 1) * reach;
    at += count + layer.shape.at(-1)!;
  });
  return values;
}

/** Each layer's filter and bias out of the vector of all parameters. */
function unpacked(shape: ClassifierShape, flat: Tensor1D): Record<string, { weight: Tensor; bias: Tensor }> {
  let at = 0;
  const take = (lengths: number[]): Tensor => {
    const count = elementCount(lengths);
    const part = tf.reshape(tf.slice(flat, [at], [count]), lengths);
    at += count;
    return part;
  };
  return Object.fromEntries(
    layersOf(shape).map(({ name, shape: lengths }) => [
      name,
      { weight: take(lengths), bias: take([lengths.at(-1)!]) },
    ]),
  );
}

/** The parameters by name, as a file keeps them. */
export function namedParameters(
  shape: ClassifierShape,
  flat: Float32Array,
): Record<string, HostTensor & { data: Float32Array }> {
  const named: Record<string, HostTensor & { data: Float32Array }> = {};
  let at = 0;
  for (const { name, shape: lengths } of layersOf(shape)) {
    const [count, outputs] = [elementCount(lengths), lengths.at(-1)!];
    named[`${name}.weight`] = { shape: lengths, data: flat.slice(at, at + count) };
    named[`${name}.bias`] = { shape: [outputs], data: flat.slice(at + count, at + count + outputs) };
    at += count + outputs;
  }
  return named;
}

/**
 * What the network makes of images.
 *
 * @param flat all parameters
 * @param x pixels from 0 to 255, batch × height × width × channels
 * @returns `hidden`, batch × 128, and `logits`, batch × classes
 */
export function classifierOutputs(
  shape: ClassifierShape,
  flat: Tensor1D,
  x: Tensor4D,
): { hidden: Tensor2D; logits: Tensor2D } {
  const parameters = unpacked(shape, flat);
  return inLanes({ x: tf.sub(tf.div(x, 127.5), 1) }, (part) => {
    let y = part.x as Tensor4D;
    for (const { name } of layersOf(shape).slice(0, -2)) {
      const { weight, bias } = parameters[name]!;
      y = tf.maxPool(
        tf.relu(tf.add(tf.conv2d(y, weight as Tensor4D, 1, 'same'), bias)) as Tensor4D,
        2,
        2,
        'same',
      );
    }
    const flatMaps = tf.reshape(y, [y.shape[0], -1]) as Tensor2D;
    const hidden = tf.relu(dense(flatMaps, parameters['hidden']!));
    return { hidden, logits: dense(hidden, parameters['classes']!) };
  });
}

function dense(x: Tensor2D, { weight, bias }: { weight: Tensor; bias: Tensor }): Tensor2D {
  return tf.add(tf.matMul(x, weight as Tensor2D), bias);
}

/** Mean cross-entropy of the classes that the images have. @param labels batch, int32 */
export function classifierLoss(logits: Tensor2D, labels: Tensor1D): tf.Scalar {
  const right = tf.oneHot(labels, logits.shape[1]);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.cast(right, 'float32'), tf.logSoftmax(logits)), 1)));
}
