/** Transforms the images of a batch; which way follows from (seed, step) and the strength alone. */
import { AUGMENT_VALUES } from '../../config/augment.ts';
import type { ModelConfig } from '../../config/model.ts';
import { uniformFloats } from '../../tensor/noise.ts';
import { streamSeed } from '../../tensor/random.ts';
import { transform } from './transform.ts';
import { DRAWS, drawTransformation, isIdentity, type Transformation, valuesOf } from './transformation.ts';

/** The transformations of a step's images. @param strengths of each of them */
export function transformationsOf(
  { augment, network, training }: ModelConfig,
  seed: number,
  step: number,
  strengths: ArrayLike<number>,
): Transformation[] {
  const count = strengths.length;
  const u = uniformFloats(streamSeed(seed, 'augment', step), count * DRAWS);
  // What is only black and white has no colours.
  const kinds = training.binarise ? { ...augment, colour: 0 } : augment;
  return Array.from({ length: count }, (_, i) =>
    drawTransformation(
      kinds,
      strengths[i] ?? 0,
      u.subarray(i * DRAWS, (i + 1) * DRAWS),
      network.channels === 3,
    ),
  );
}

/**
 * Transforms images in place. Those that nothing is done to stay as they are, to the bit.
 *
 * @param x images one after the other, values from `low` to `high`
 * @returns what the networks are told, [images, AUGMENT_VALUES]
 */
export function augmentImages(
  x: Float32Array,
  { network, training }: Pick<ModelConfig, 'network' | 'training'>,
  transformations: readonly Transformation[],
  [low, high]: readonly [number, number],
): Float32Array {
  const { imageSize: side, channels } = network;
  const size = side * side * channels;
  const told = new Float32Array(transformations.length * AUGMENT_VALUES);
  transformations.forEach((transformation, i) => {
    if (isIdentity(transformation)) return;
    told.set(valuesOf(transformation), i * AUGMENT_VALUES);
    const image = x.subarray(i * size, (i + 1) * size);
    const data = image.map((value) => (value - low) / (high - low));
    const after = transform({ side, channels, data }, transformation);
    const cut = training.binarise ? after.map((value) => (value < 0.5 ? 0 : 1)) : after;
    image.set(cut.map((value) => low + value * (high - low)));
  });
  return told;
}
