import type { ImageBatch } from '../../../core/data/dataset.ts';
import type { BatchSource } from '../images/source.ts';
import type { DrawOptions } from './options.ts';

/** What a draw was asked with. */
export interface DrawParams extends DrawOptions {
  runId: string;
  count: number;
  seed: number;
  passes: number;
  /** The best checkpoint, or that of a step; else the newest. */
  checkpoint?: 'best' | number;
}

/** Samples that were drawn. */
export interface Draw {
  batch: ImageBatch;
  source: BatchSource;
  params: DrawParams;
  /** Names of the classes of the model that drew. */
  classes: readonly string[];
}

/** Most samples of a draw in the window. */
export const MAX_COUNT = 256;
export const PASSES = [1, 2, 3, 4] as const;
export type Passes = (typeof PASSES)[number];
