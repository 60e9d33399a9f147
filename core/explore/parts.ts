/** Long draws in parts, so that other work gets its turn in between and they can be cancelled. */
import { setImmediate as turn } from 'node:timers/promises';
import type { ImageBatch } from '../data/dataset.ts';
import type { RunManifest } from '../run/manifest.ts';
import type { Draw, Generator, SampleOptions, Work } from './api.ts';
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

/** Gives the model to draw with; asked again before each network call: it may be another one by then. */
export type ModelNow = () => Generator | Promise<Generator>;

/**
 * Makes a draw's network calls one by one, with a turn of the event loop between them.
 *
 * @param signal cancels the draw before its next network call
 * @throws the signal's reason when aborted
 */
export async function drawInCalls(
  modelNow: ModelNow,
  start: (model: Generator) => Draw,
  signal?: AbortSignal,
): Promise<Parts> {
  const { value, ...of } = await workInCalls(modelNow, start, signal);
  return { ...of, images: value };
}

/** What some work came to. */
export interface Worked<T> extends Omit<Parts, 'images'> {
  value: T;
}

/** As {@link drawInCalls}, for work that gives something else. */
export async function workInCalls<T>(
  modelNow: ModelNow,
  start: (model: Generator) => Work<T>,
  signal?: AbortSignal,
): Promise<Worked<T>> {
  let model = await modelNow();
  signal?.throwIfAborted();
  const { manifest, step } = model;
  let lastStep = step;
  const draw = start(model);
  let state = draw.next();
  while (!state.done) {
    lastStep = model.step;
    state = draw.next(model.call(state.value));
    if (state.done) break;
    // Whatever came in meanwhile is heard now: a cancellation, or a step of the training.
    await turn();
    model = await modelNow();
    signal?.throwIfAborted();
  }
  return { manifest, value: state.value, step, lastStep };
}

/**
 * Draws the same as one call of `sample` would with weights that stay the same, bit for bit, {@link PART} images and one
 * network call at a time, and gives the event loop a turn after each call.
 *
 * @param onPart told how many images are done
 * @param signal cancels the draw within one network call
 * @throws the signal's reason when aborted
 */
export async function sampleInParts(
  modelNow: ModelNow,
  options: SampleOptions,
  onPart: (done: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Parts> {
  const { count, start = 0 } = options;
  let drawn: Parts | null = null;
  for (let done = 0; drawn === null || done < count;) {
    if (done > 0) await turn();
    const asked = { ...options, start: start + done, count: Math.min(PART, count - done) };
    const part = await drawInCalls(modelNow, (model) => model.sampleCalls(asked), signal);
    const { images } = part;
    drawn ??= {
      ...part,
      images: {
        ...images,
        count,
        data: new Uint8Array(count * images.height * images.width * images.channels),
      },
    };
    drawn.images.data.set(images.data, (done * images.data.length) / images.count);
    drawn.lastStep = part.lastStep;
    done += images.count;
    onPart(done);
  }
  return drawn;
}
