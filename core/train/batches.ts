import { intervalsAt, rowsFor } from '../covae/rows.ts';
import { levelsAtStep, timeSteps } from '../schedule/time-steps.ts';
import { uniformFloats } from '../tensor/noise.ts';
import { permutation, streamSeed, uniformInts } from '../tensor/random.ts';
import type { ModelConfig } from '../config/model.ts';
import { lognormalIntervals } from '../schedule/interval-sampling.ts';

/** What one step is made from, drawn as a pure function of (seed, step). */
export interface BatchDraw {
  /** Indices into the data set. */
  images: Int32Array;
  /** 1 where the image is mirrored. */
  flipped: Uint8Array;
  /** 1 where the class is left out. */
  unlabelled: Uint8Array;
  /** Times t of the rows. */
  t: Float32Array;
  /** Times and weights as `rowsFor` gives them, [B, ROW_COLUMNS.length]. */
  rows: Float32Array;
  /** Rows whose target a network must make; they are the first ones. */
  targetRows: number;
  /** Seeds of the latent noise and of the dropout masks. */
  noiseSeed: Int32Array;
  dropoutSeed: Int32Array;
  /** Number of intervals the times were drawn from. */
  intervals: number;
}

/**
 * The classes that a network is told of, −1 for none: where a label is left out, and where an image has none.
 *
 * @param labels of the whole data set; the number of classes for none
 */
export function drawnLabels(
  { images, unlabelled }: Pick<BatchDraw, 'images' | 'unlabelled'>,
  labels: ArrayLike<number>,
  classes: number,
): Int32Array {
  return images.map((image, i) => {
    const label = labels[image] ?? classes;
    return unlabelled[i] === 1 || label >= classes ? -1 : label;
  });
}

/** Draws batches. Each image is seen once an epoch; the order of an epoch depends on (seed, epoch) only. */
export class BatchDraws {
  private epoch = -1;
  private order: Uint32Array = new Uint32Array(0);
  private readonly imageCount: number;

  constructor(
    private readonly config: ModelConfig,
    private readonly seed: number,
    /** Number of images, or the indices of those to draw from. */
    private readonly drawn: number | Uint32Array,
  ) {
    this.imageCount = typeof drawn === 'number' ? drawn : drawn.length;
  }

  /** The draw of a step, counted from 0. */
  at(step: number): BatchDraw {
    const { objective, training, network } = this.config;
    const { batchSize } = training;
    const point = { step, totalSteps: training.steps };
    // Rows are alike but for their interval, so their order is free: those that need a target come first.
    const indices = this.intervals(step).sort((a, b) => Number(a === 0) - Number(b === 0));
    const steps = timeSteps(objective, levelsAtStep(objective, step, training.steps));
    const flips = training.horizontalFlip
      ? uniformInts(streamSeed(this.seed, 'flip', step), batchSize, 2)
      : new Int32Array(batchSize);
    const labelDraws =
      network.classes > 0 ? uniformFloats(streamSeed(this.seed, 'label', step), batchSize) : null;
    const images = new Int32Array(batchSize);
    for (let i = 0; i < batchSize; i++) images[i] = this.imageAt(step * batchSize + i);
    return {
      images,
      flipped: Uint8Array.from(flips),
      unlabelled: Uint8Array.from(images, (_, i) =>
        labelDraws && (labelDraws[i] ?? 1) < training.labelDropout ? 1 : 0,
      ),
      t: Float32Array.from(indices, (index) => steps[index + 1] ?? NaN),
      rows: rowsFor(this.config, indices, point),
      targetRows: indices.filter((index) => index > 0).length,
      noiseSeed: Int32Array.from(streamSeed(this.seed, 'noise', step)),
      dropoutSeed: Int32Array.from(streamSeed(this.seed, 'dropout', step)),
      intervals: intervalsAt(objective, point),
    };
  }

  private intervals(step: number): number[] {
    const { objective, training } = this.config;
    const seed = streamSeed(this.seed, 'time', step);
    if (objective.variant === 's-covae' && objective.timeSampling === 'lognormal') {
      const steps = timeSteps(objective, levelsAtStep(objective, step, training.steps));
      return lognormalIntervals(steps, objective, uniformFloats(seed, training.batchSize));
    }
    const intervals = intervalsAt(objective, { step, totalSteps: training.steps });
    return Array.from(uniformInts(seed, training.batchSize, intervals));
  }

  private imageAt(position: number): number {
    const epoch = Math.floor(position / this.imageCount);
    if (epoch !== this.epoch) {
      this.order = permutation(streamSeed(this.seed, 'order', epoch), this.imageCount);
      this.epoch = epoch;
    }
    const at = this.order[position % this.imageCount] ?? 0;
    return typeof this.drawn === 'number' ? at : (this.drawn[at] ?? 0);
  }
}
