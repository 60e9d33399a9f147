import { levelsAtStep, timeSteps } from '../covae/time-steps.ts';
import { permutation, streamSeed, uniformInts } from '../tensor/random.ts';
import type { ModelConfig } from './config.ts';

/** What one step is made from, drawn as a pure function of (seed, step). */
export interface BatchDraw {
  /** Indices into the data set. */
  images: Int32Array;
  /** 1 where the image is mirrored. */
  flipped: Uint8Array;
  t: Float32Array;
  r: Float32Array;
  /** 1 where r is 0. */
  first: Float32Array;
  /** Seeds of the latent noise and of the dropout masks. */
  noiseSeed: Int32Array;
  dropoutSeed: Int32Array;
  /** Number of intervals the times were drawn from. */
  intervals: number;
}

/** Draws batches. Each image is seen once an epoch; the order of an epoch depends on (seed, epoch) only. */
export class BatchDraws {
  private epoch = -1;
  private order: Uint32Array = new Uint32Array(0);

  constructor(
    private readonly config: ModelConfig,
    private readonly seed: number,
    private readonly imageCount: number,
  ) {}

  /** The draw of a step, counted from 0. */
  at(step: number): BatchDraw {
    const { objective, training } = this.config;
    const { batchSize } = training;
    const intervals = levelsAtStep(objective, step, training.steps);
    const steps = timeSteps(objective, intervals);
    const indices = uniformInts(streamSeed(this.seed, 'time', step), batchSize, intervals);
    const flips = training.horizontalFlip
      ? uniformInts(streamSeed(this.seed, 'flip', step), batchSize, 2)
      : new Int32Array(batchSize);
    const images = new Int32Array(batchSize);
    for (let i = 0; i < batchSize; i++) images[i] = this.imageAt(step * batchSize + i);
    return {
      images,
      flipped: Uint8Array.from(flips),
      t: Float32Array.from(indices, (index) => steps[index + 1] ?? 0),
      // Where r is 0 the network is not asked, but its row still has to be a number: log(0) is not one.
      r: Float32Array.from(indices, (index) => (index === 0 ? objective.sigmaMin : (steps[index] ?? 0))),
      first: Float32Array.from(indices, (index) => (index === 0 ? 1 : 0)),
      noiseSeed: Int32Array.from(streamSeed(this.seed, 'noise', step)),
      dropoutSeed: Int32Array.from(streamSeed(this.seed, 'dropout', step)),
      intervals,
    };
  }

  private imageAt(position: number): number {
    const epoch = Math.floor(position / this.imageCount);
    if (epoch !== this.epoch) {
      this.order = permutation(streamSeed(this.seed, 'order', epoch), this.imageCount);
      this.epoch = epoch;
    }
    return this.order[position % this.imageCount] ?? 0;
  }
}
