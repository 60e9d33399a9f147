/**
 * The distances that the reference's callback gives (its custom_callbacks/fid_callback.py): samples in one and two passes,
 * and reconstructions at the first time step, each against all training images. Only mean and covariance are kept of the
 * features, however many there are.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { ImageBatch } from '../data/dataset.ts';
import { mirror } from '../data/mirror.ts';
import { PART } from '../explore/parts.ts';
import { frechetDistance } from '../metrics/frechet.ts';
import { type Moments, MomentSums } from '../metrics/moments.ts';
import { streamSeed, uniformInts } from '../tensor/random.ts';
import { lookAtSamples } from './evaluate-samples.ts';
import {
  type EvaluationContext,
  lookingAt,
  recordOf,
  Stopwatch,
  timesOfPasses,
  warn,
} from './evaluation-context.ts';
import {
  extractorSentence,
  paperDeviations,
  pixelSentence,
  referenceSentence,
  samplesSentence,
  weightsText,
} from './protocol.ts';
import { realFeatureBlocks } from './real-features.ts';
import { planesOf } from './real-images.ts';
import type { EvaluationRecord } from './record.ts';

const ORDER = "The random numbers are this program's, not those that PyTorch draws from the same seed.";
const COVARIANCES = 'Covariances are over n − 1; nothing is added to them.';

/** The index of the time step at which the reference reconstructs. */
const FIRST = 1;

/**
 * Evaluates as the reference's callback does.
 *
 * @param onRecord given each evaluation as it is made
 * @throws the signal's reason when it is aborted
 */
export async function evaluateAsPaper(
  context: EvaluationContext,
  onRecord: (record: EvaluationRecord) => Promise<void>,
): Promise<void> {
  const { options, extractor } = context;
  for (const sentence of paperDeviations(options, extractor)) warn(context, sentence);
  const watch = new Stopwatch();
  const real = await watch.time('reference', () => referenceMoments(context));
  for (const passes of options.passes) await onRecord(await samplesRecord(context, real, passes, watch));
  if (options.reconstructions > 0) await onRecord(await reconstructionsRecord(context, real));
}

async function referenceMoments(context: EvaluationContext): Promise<Moments> {
  const { reference, extractor, options } = context;
  const sums = new MomentSums(extractor.size);
  const blocks = realFeatureBlocks(reference, extractor, {
    count: options.referenceCount,
    ...lookingAt(context, reference),
  });
  for await (const block of blocks) sums.add(block);
  return sums.moments();
}

async function samplesRecord(
  context: EvaluationContext,
  real: Moments,
  passes: number,
  before: Stopwatch,
): Promise<EvaluationRecord> {
  const { reference, extractor, options, checkpoint } = context;
  const { count } = options;
  const watch = new Stopwatch();
  watch.takeFrom(before);
  const sums = new MomentSums(extractor.size);
  await lookAtSamples(context, passes, 'down', watch, (features) => sums.add(features));
  const fd = await watch.time('fd', () => frechetDistance(sums.moments(), real));
  const times = timesOfPasses(context, passes);
  return recordOf(context, reference, real.count, watch, {
    ...{ kind: 'samples', count, passes, times, measures: { fd } },
    protocol: [
      samplesSentence(options, { passes, times, step: checkpoint.step }),
      referenceSentence(reference, real.count),
      pixelSentence('down'),
      extractorSentence(extractor),
      COVARIANCES,
      ORDER,
    ],
  });
}

async function reconstructionsRecord(context: EvaluationContext, real: Moments): Promise<EvaluationRecord> {
  const { model, reference, extractor, options, hooks, checkpoint } = context;
  const { seed, weights } = options;
  const { horizontalFlip } = model.manifest.config.training;
  const count = Math.min(options.reconstructions, reference.indices.length);
  const watch = new Stopwatch();
  const sums = new MomentSums(extractor.size);
  for (let start = 0; start < count; start += PART) {
    await turn();
    hooks.signal?.throwIfAborted();
    const images = reference.read(reference.indices.subarray(start, Math.min(count, start + PART)));
    if (horizontalFlip) mirrorHalf(images, seed, start);
    const made = await watch.time('reconstructing', () =>
      model.reconstruct(images, {
        weights,
        rounding: 'down',
        at: { timeIndex: FIRST },
        drawn: { seed, start },
      }),
    );
    await watch.time('features', () => sums.add(extractor.extract(planesOf(made))));
    hooks.onProgress?.({ phase: 'Reconstructing', done: start + images.count, total: count });
  }
  const fd = await watch.time('fd', () => frechetDistance(sums.moments(), real));
  const t = model.timeSteps[FIRST]!;
  return recordOf(context, reference, real.count, watch, {
    ...{ kind: 'reconstructions', count, times: [t], measures: { fd } },
    byTime: [{ t, timeIndex: FIRST, measures: { fd } }],
    protocol: [
      referenceSentence(reference, count, 'Reconstructions of') +
        (horizontalFlip ? ' Half of them are mirrored, as in the training.' : ''),
      `Encoded at time step 1 (t = ${t.toPrecision(3)}), drawn from the posterior with seed ${seed}, and decoded, ${weightsText(weights)} of step ${checkpoint.step.toLocaleString('en-US')}.`,
      referenceSentence(reference, real.count),
      pixelSentence('down'),
      extractorSentence(extractor),
      COVARIANCES,
      ORDER,
    ],
  });
}

/** Mirrors each image or not, by its number. */
function mirrorHalf({ count, height, width, channels, data }: ImageBatch, seed: number, start: number): void {
  const image = height * width * channels;
  for (let i = 0; i < count; i++) {
    if (uniformInts(streamSeed(seed, 'mirrored reconstruction', start + i), 1, 2)[0] === 0) continue;
    mirror(data.subarray(i * image, (i + 1) * image), width * channels, channels);
  }
}
