/** Who prepares batches of images: worker threads, or this thread where there are none or it would not pay. */
import type { ImageSource } from '../readers/source.ts';
import { type Input, prepareBatch, type PreparedBatch, type Recipe } from './batch.ts';

export interface Pool {
  readonly prepare: (inputs: Input[]) => Promise<PreparedBatch>;
  /** Batches to give it before the first comes back. */
  readonly batchesAtOnce: number;
  /** Stops at once; batches under way fail. */
  close(): Promise<void>;
}

/** A pool for the images of one import. */
export async function openPool(recipe: Recipe, _source: ImageSource): Promise<Pool> {
  return {
    prepare: (inputs) => prepareBatch(inputs, recipe),
    batchesAtOnce: 2,
    close: async () => undefined,
  };
}
