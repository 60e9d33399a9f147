/** Draws samples and keeps them in the run's folder as they are made. */
import { setImmediate as turn } from 'node:timers/promises';
import { isCancellation, UserError } from '../../errors.ts';
import { countOf } from '../../words.ts';
import type { SampleOptions } from '../api.ts';
import { drawInCalls, type ModelNow, PART } from '../parts.ts';
import { unusual } from '../unusual.ts';
import { type DrawRecord, type KeptDraw, MAX_DRAWN } from './draw-record.ts';
import { DrawWriter } from './draw-store.ts';

export interface KeepDrawOptions {
  runDir: string;
  modelNow: ModelNow;
  /** Fetches what the options need before anything is drawn, see `withPrior`. */
  prepare?: ((options: SampleOptions) => Promise<SampleOptions>) | undefined;
  /** Stops it within one network call; what was drawn is kept. */
  signal?: AbortSignal | undefined;
  /** Told when there is a folder for it, and after every part. */
  onProgress?: ((draw: { id: string; record: DrawRecord }, done: number) => void) | undefined;
}

/**
 * Draws as {@link SampleOptions} says, with memory for one part at a time, see parts.ts.
 *
 * @returns what is kept: fewer samples than asked for where it was stopped; null where it was stopped before the first
 * @throws UserError when more than {@link MAX_DRAWN} are asked for, the disk refuses, or the model does; what was drawn by then is kept
 */
export async function keepDraw(
  asked: SampleOptions,
  { runDir, modelNow, prepare, signal, onProgress }: KeepDrawOptions,
): Promise<KeptDraw | null> {
  const { count, start = 0 } = asked;
  if (count > MAX_DRAWN) {
    throw new UserError(
      `A draw has up to ${countOf(MAX_DRAWN, 'sample')}, not ${count.toLocaleString('en-US')}; ask for fewer.`,
    );
  }
  const made: { writer: DrawWriter | null; lastStep: number } = { writer: null, lastStep: 0 };
  try {
    const options = prepare ? await prepare(asked) : asked;
    for (let done = 0; done < count;) {
      if (done > 0) await turn();
      const wanted = { ...options, start: start + done, count: Math.min(PART, count - done) };
      const part = await drawInCalls(modelNow, (model) => model.sampleCalls(wanted), signal);
      const { manifest, step, images } = part;
      const writer = (made.writer ??= await DrawWriter.begin(
        runDir,
        recordOf(options, manifest.id, step, images),
      ));
      await writer.append(images);
      made.lastStep = part.lastStep;
      done += images.count;
      onProgress?.(writer, done);
    }
  } catch (error) {
    if (!(signal?.aborted === true && isCancellation(error))) {
      await made.writer?.finish(made.lastStep);
      throw error;
    }
  }
  return (await made.writer?.finish(made.lastStep)) ?? null;
}

function recordOf(
  options: SampleOptions,
  run: string,
  step: number,
  { height, width, channels }: { height: number; width: number; channels: 1 | 3 },
): DrawRecord {
  const { count, seed, passes } = options;
  const { reencodeAt, ...others } = unusual(options);
  return {
    ...{ format: 'covae-draw', version: 1, run, step, asked: count },
    createdAt: new Date().toISOString(),
    ...{ height, width, channels, seed, passes },
    ...others,
    ...(reencodeAt && { reencodeAt: [...reencodeAt] }),
  };
}
