/** Long draws in parts, so that other work gets its turn in between. */
import { setImmediate as turn } from 'node:timers/promises';
import type { ImageBatch } from '../data/dataset.ts';
import type { RunManifest } from '../run/manifest.ts';
import type { Generator, SampleOptions } from './api.ts';
import { LARGEST_BATCH } from './chunks.ts';

/** Images drawn at once: those of one call, so that the parts are cut as the calls of a whole draw are. */
export const PART = LARGEST_BATCH;

export interface Parts {
  manifest: RunManifest;
  images: ImageBatch;
  /** Step of the weights that the first and the last images come from: they differ when the model learned meanwhile. */
  step: number;
  lastStep: number;
}

/**
 * Draws the same as one call of `sample` would with weights that stay the same, bit for bit, {@link PART} images at a time, and gives the
 * event loop a turn after each part.
 *
 * @param modelNow asked before each part: the model may be another one by then
 * @param onPart told how many images are done
 */
export async function sampleInParts(
  modelNow: () => Generator | Promise<Generator>,
  options: SampleOptions,
  onPart: (done: number) => void = () => undefined,
): Promise<Parts> {
  const { count, start = 0 } = options;
  let drawn: Parts | null = null;
  for (let done = 0; drawn === null || done < count;) {
    if (done > 0) await turn();
    const model = await modelNow();
    const { manifest, step } = model;
    const part = model.sample({ ...options, start: start + done, count: Math.min(PART, count - done) });
    const size = part.height * part.width * part.channels;
    drawn ??= {
      manifest,
      images: { ...part, count, data: new Uint8Array(count * size) },
      step,
      lastStep: step,
    };
    drawn.images.data.set(part.data, done * size);
    drawn.lastStep = step;
    done += part.count;
    onPart(done);
  }
  return drawn;
}
