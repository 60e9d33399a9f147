/** What all networks that turn images into features have in common: a compiled program, batches, and a look at the numbers. */
import type { Plane } from '../../data/import/resample.ts';
import { UserError } from '../../errors.ts';
import { compileProgram } from '../../tensor/compile.ts';
import { inLanes } from '../../tensor/lanes.ts';
import { tensorNamed, type Initial, type Tensors } from '../../tensor/program.ts';
import type { Tensor4D, tf } from '../../tensor/tf.ts';
import type { Features } from '../../metrics/moments.ts';
import type { Extractor } from './extractor.ts';

export interface Network extends Pick<Extractor, 'name' | 'distanceName' | 'size' | 'rule' | 'hash'> {
  /** The weights' file, for sentences. */
  file: string;
  state: Initial;
  /** Side in pixels of what the network sees, with three channels. */
  side: number;
  /** Images a call; a call of fewer is filled up. */
  batch: number;
  /** Images, batch × side × side × 3, to batch × size features. */
  features: (state: Tensors, images: Tensor4D) => tf.Tensor2D;
  /** Brings an image to `side` × `side` × 3 numbers of the range that the network wants, at `at` of `x`. */
  prepare: (image: Plane, x: Float32Array, at: number) => void;
}

/** Compiles a network into an extractor. The first call of each program is slow. */
export function networkExtractor(network: Network): Extractor {
  const { name, distanceName, size, rule, hash, side, batch } = network;
  const program = compileProgram(network.state, {
    features: {
      inputs: { x: { shape: [batch, side, side, 3], dtype: 'float32' } },
      run: (state, inputs) => ({
        outputs: inLanes({ x: tensorNamed<Tensor4D>(inputs, 'x') }, ({ x }) => ({
          features: network.features(state, x),
        })),
      }),
    },
  });
  const x = new Float32Array(batch * side * side * 3);
  return {
    ...{ name, distanceName, size, rule, hash },
    extract(images): Features {
      const values = new Float32Array(images.length * size);
      for (let from = 0; from < images.length; from += batch) {
        const part = images.slice(from, from + batch);
        part.forEach((image, i) => network.prepare(image, x, i * side * side * 3));
        const { features } = program.call('features', { x });
        values.set(features!.data.subarray(0, part.length * size), from * size);
      }
      if (!values.every(Number.isFinite)) {
        throw new UserError(
          `${network.file} gives features that are not finite, so its weights are damaged; get the file again.`,
          { code: 'unreadable', file: network.file },
        );
      }
      return { count: images.length, size, values };
    },
    dispose: () => program.dispose(),
  };
}

/** Mean and standard deviation of ImageNet's pixels from 0 to 1, as torchvision's and DINOv2's networks want them. */
const IMAGENET_MEAN = [0.485, 0.456, 0.406] as const;
const IMAGENET_STD = [0.229, 0.224, 0.225] as const;

/** Each channel's factor and summand that bring values from 0 to 255 to the range that a network wants. */
export interface ChannelScale {
  readonly factor: readonly number[];
  readonly summand: readonly number[];
}

/** ImageNet's mean and standard deviation. */
export const IMAGENET: ChannelScale = {
  factor: IMAGENET_STD.map((std) => 1 / (255 * std)),
  summand: IMAGENET_STD.map((std, c) => -IMAGENET_MEAN[c]! / std),
};

/** Writes pixels, grey or coloured, as three channels at `at` of `x`. */
export function writeChannels(
  pixels: ArrayLike<number>,
  channels: number,
  { factor, summand }: ChannelScale,
  x: Float32Array,
  at: number,
): void {
  const [f0, f1, f2] = factor as readonly [number, number, number];
  const [s0, s1, s2] = summand as readonly [number, number, number];
  const count = pixels.length / channels;
  const [second, third] = channels === 1 ? [0, 0] : [1, 2];
  for (let i = 0, from = 0, to = at; i < count; i++, from += channels, to += 3) {
    x[to] = pixels[from]! * f0 + s0;
    x[to + 1] = pixels[from + second]! * f1 + s1;
    x[to + 2] = pixels[from + third]! * f2 + s2;
  }
}
