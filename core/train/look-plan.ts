/** After which steps a training looks at its model, and how closely. */
import type { ModelConfig } from '../config/model.ts';

/** Passes through encoder and decoder that a training step is worth, an image (diagnostics/diagnose.ts). */
const PASSES_OF_STEP = 2.5;
/** Passes of a grid in one pass, and of all that is drawn beside it. */
const GRID_PASSES = 64;
const CLOSE_PASSES = 2 * 64 + 8 * 4 * 2;
/** Share of the training since the last look that an early one may take, and share that a close one may. */
const EARLY_SHARE = 0.25;
const CLOSE_SHARE = 0.1;

/**
 * `grid`: samples in one pass. `measured`: measurements over t, too. `close`: also samples in two passes and
 * reconstructions, where they do not take too much of the time.
 */
export type Look = 'grid' | 'measured' | 'close';

/**
 * How a training looks at its model after a step. Before the first step there is a grid, so that there is something to see at
 * once; then after steps that double until they reach the configured interval, where they are worth their time; at the
 * interval and at the end all is measured.
 *
 * @param step 0 before the first one
 * @returns null when it does not look
 */
export function lookAfter(
  step: number,
  { steps, sampleEvery, batchSize }: Pick<ModelConfig['training'], 'steps' | 'sampleEvery' | 'batchSize'>,
): Look | null {
  const perStep = batchSize * PASSES_OF_STEP;
  if (step === steps) return 'close';
  if (step === 0) return 'grid';
  if (step % sampleEvery === 0) {
    return CLOSE_PASSES <= CLOSE_SHARE * sampleEvery * perStep ? 'close' : 'measured';
  }
  const doubled = Number.isInteger(Math.log2(step));
  // The last look was at half of the step.
  return doubled && step < sampleEvery && GRID_PASSES <= EARLY_SHARE * (step / 2) * perStep ? 'grid' : null;
}
