/** How many images go into one call of a drawing function. */
import { LANES } from '../tensor/threads.ts';

/** Most rows of a call: with more an image takes no less time, and the call more memory (docs/performance.md). */
export const LARGEST_BATCH = 32;

/** One call of a drawing function: `used` of the `batch` rows count. */
export interface Chunk {
  start: number;
  used: number;
  batch: number;
  /** What is appended to the function's name. */
  suffix: '' | '1';
}

/** Cuts a count into calls. */
export function* chunks(count: number): Iterable<Chunk> {
  for (let start = 0; start < count; start += LARGEST_BATCH) {
    const used = Math.min(LARGEST_BATCH, count - start);
    if (used === 1) yield { start, used, batch: 1, suffix: '1' };
    else yield { start, used, batch: LANES * Math.ceil(used / LANES), suffix: '' };
  }
}
