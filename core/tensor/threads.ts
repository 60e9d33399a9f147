/**
 * How the processor's cores are shared out. A step is many small operations, of which about two can run at the same
 * time all along (the passes at t and r; a filter's gradient beside its input's). Two lanes of half the cores each
 * therefore keep all cores at work, while operations that are split over all cores wait for one another: on two
 * cores a step of the preset `tiny-unet` takes 1.6 times as long that way (docs/performance.md).
 */
import { availableParallelism } from 'node:os';

/** Operations that run side by side. */
export const LANES = 2;

/** TensorFlow's settings for a number of cores; they count only before the library is loaded. */
export function threadSettings(cores = availableParallelism()): Record<string, string> {
  return {
    TF_NUM_INTEROP_THREADS: String(LANES),
    TF_NUM_INTRAOP_THREADS: String(Math.max(1, Math.floor(cores / LANES))),
  };
}
