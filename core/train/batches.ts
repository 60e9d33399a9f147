/** Batches, whole: images as the networks take them, classes, times, weights and seeds. */
import { AUGMENT_VALUES, augments } from '../config/augment.ts';
import type { ModelConfig } from '../config/model.ts';
import { mirror } from '../data/mirror.ts';
import { binarise, pixelRange } from '../explore/pixels.ts';
import { columnOf, exampleColumns } from '../schedule/example-columns.ts';
import { lognormalIntervals } from '../schedule/interval-sampling.ts';
import type { StepPlan } from '../schedule/step-plan.ts';
import { uniformFloats } from '../tensor/noise.ts';
import { augmentImages, transformationsOf } from './augment/augmenter.ts';
import { strengthsAt } from './augment/strength.ts';
import { streamSeed, uniformInts } from '../tensor/random.ts';
import { ImageOrder } from './image-order.ts';

/** What one step is made from. */
export interface Batch {
  /** Indices of the images in the data set, [B]. */
  images: Int32Array;
  /** Images as the networks take them, [B, H, W, C]. */
  x: Float32Array;
  /** Classes [B], −1 for none; null for models without classes. */
  labels: Int32Array | null;
  /** How each image was transformed [B, AUGMENT_VALUES]; null for models that are not told. */
  augment: Float32Array | null;
  /** Times and weights as `exampleColumns` gives them, [B, EXAMPLE_COLUMNS.length]. */
  examples: Float32Array;
  /** Number of examples whose target a network must make; they are the first ones. */
  targetExamples: number;
  /** Seed of the latent noise, [2]. */
  noiseSeed: Int32Array;
  /** Seeds of the dropout masks, [2], one for each part that the batch is computed in. */
  dropoutSeeds: Int32Array[];
}

/** Where batches take their images from. */
export interface TrainingImages {
  /** Number of images, or the indices of those to draw from. */
  readonly drawn: number | Uint32Array;
  /** Pixels of the images of these indices, image by image, in an array of the caller's own. */
  readAt(indices: ArrayLike<number>): Uint8Array;
  /** Class of each image, the number of classes for an image without one; null without classes. */
  readonly labels: ArrayLike<number> | null;
}

/** Makes batches. Each is a pure function of (seed, step), in whatever order they are asked for. */
export class Batches {
  private readonly order: ImageOrder;

  constructor(
    private readonly config: ModelConfig,
    private readonly seed: number,
    private readonly source: TrainingImages,
  ) {
    this.order = new ImageOrder(seed, source.drawn);
  }

  /**
   * The batch of a step.
   *
   * @param strength of the augmentation, where it is another than the configured one
   */
  at(plan: StepPlan, strength = this.config.augment.strength): Batch {
    const { step } = plan;
    const { batchSize, accumulate } = this.config.training;
    const images = Int32Array.from({ length: batchSize }, (_, i) => this.order.at(step * batchSize + i));
    // Examples are alike but for their interval, so their order is free: those that need a target come first.
    const intervals = this.intervals(plan).sort((a, b) => Number(a === 0) - Number(b === 0));
    const x = this.pixels(step, images);
    const examples = exampleColumns(this.config, plan, intervals);
    return {
      images,
      x,
      labels: this.labels(step, images),
      augment: this.augmented(step, x, examples, strength),
      examples,
      targetExamples: intervals.filter((interval) => interval > 0).length,
      noiseSeed: Int32Array.from(streamSeed(this.seed, 'noise', step)),
      dropoutSeeds: Array.from({ length: accumulate }, (_, part) =>
        Int32Array.from(streamSeed(this.seed, 'dropout', step, part)),
      ),
    };
  }

  /** The interval of each example: each alike, or lognormal (the reference's models/covae_simple.py, `_get_indices`). */
  private intervals({ step, timeSteps, intervals }: StepPlan): number[] {
    const { objective, training } = this.config;
    const seed = streamSeed(this.seed, 'time', step);
    return objective.variant === 's-covae' && objective.timeSampling === 'lognormal'
      ? lognormalIntervals(timeSteps, objective, uniformFloats(seed, training.batchSize))
      : Array.from(uniformInts(seed, training.batchSize, intervals));
  }

  /** The images, half of them mirrored where the training asks for it. */
  private pixels(step: number, images: Int32Array): Float32Array {
    const { network, objective, training } = this.config;
    const pixels = this.source.readAt(images);
    if (training.binarise) binarise(pixels);
    const x = pixelRange(objective).toNetwork(pixels);
    if (!training.horizontalFlip) return x;
    const line = network.imageSize * network.channels;
    const image = network.imageSize * line;
    uniformInts(streamSeed(this.seed, 'flip', step), images.length, 2).forEach((flipped, i) => {
      if (flipped === 1) mirror(x.subarray(i * image, (i + 1) * image), line, network.channels);
    });
    return x;
  }

  /** Transforms images in place. @returns what the networks are told of it; null where they are not */
  private augmented(
    step: number,
    x: Float32Array,
    examples: Float32Array,
    strength: number,
  ): Float32Array | null {
    const { network, objective, training, augment } = this.config;
    const told = network.augment ? new Float32Array(training.batchSize * AUGMENT_VALUES) : null;
    if (!augments(augment)) return told;
    const strengths = strengthsAt(this.config, columnOf(examples, 't'), strength);
    const transformations = transformationsOf(this.config, this.seed, step, strengths);
    const values = augmentImages(
      x,
      this.config,
      transformations,
      objective.loss === 'bce' ? [0, 1] : [-1, 1],
    );
    return told && values;
  }

  /** The classes; some are left out, so that guidance is possible (Ho & Salimans 2022). */
  private labels(step: number, images: Int32Array): Int32Array | null {
    const { network, training } = this.config;
    const { labels } = this.source;
    if (network.classes === 0 || labels === null) return null;
    const draws = uniformFloats(streamSeed(this.seed, 'label', step), images.length);
    return images.map((image, i) => {
      const label = labels[image] ?? network.classes;
      return (draws[i] ?? 1) < training.labelDropout || label >= network.classes ? -1 : label;
    });
  }
}
