/** Samples of a run against real images. */
import { drawInCalls, PART } from '../explore/parts.ts';
import type { Rounding } from '../explore/pixels.ts';
import { type ComparisonDetail, compareFeatures } from '../metrics/compare.ts';
import { centred, sliceRows } from '../metrics/gram.ts';
import type { Features } from '../metrics/moments.ts';
import { countOf } from '../words.ts';
import { classMeasures } from './class-balance.ts';
import { closestSamples, distanceGap, placesOf } from './copies.ts';
import {
  type EvaluationContext,
  lookingAt,
  recordOf,
  Stopwatch,
  timesOfPasses,
} from './evaluation-context.ts';
import { flatMeasures } from './measure-table.ts';
import {
  extractorSentence,
  measureSentence,
  pixelSentence,
  referenceSentence,
  samplesSentence,
} from './protocol.ts';
import { realFeatures } from './real-features.ts';
import { planesOf } from './real-images.ts';
import type { EvaluationRecord } from './record.ts';

/** Held-out images at most that distances are held against. */
const MAX_HELD_OUT = 5000;

/** Features of the real images and what they are among themselves: the same for each number of passes. */
export interface ReferenceFeatures {
  features: Features;
  heldOut: Features | null;
  yardstick: EvaluationRecord['yardstick'];
  watch: Stopwatch;
}

/**
 * Looks at the real images that samples are compared with.
 *
 * @throws the signal's reason when it is aborted
 */
export async function lookAtReference(context: EvaluationContext): Promise<ReferenceFeatures> {
  const { reference, heldOut, extractor, options } = context;
  const watch = new Stopwatch();
  const look = (real: typeof reference, count: number): Promise<Features> =>
    watch.time('reference', () => realFeatures(real, extractor, { count, ...lookingAt(context, real) }));
  const features = await look(reference, options.referenceCount);
  return {
    features,
    heldOut: heldOut && (await look(heldOut, Math.min(features.count, MAX_HELD_OUT))),
    yardstick: options.yardstick ? await watch.time('yardstick', () => halves(features, context)) : null,
    watch,
  };
}

/** Real images against real ones: the first half of the reference, which is in an order drawn by lot, and the second. */
async function halves(
  features: Features,
  { extractor, options, hooks }: EvaluationContext,
): Promise<EvaluationRecord['yardstick']> {
  const count = Math.floor(features.count / 2);
  if (count < 2) return null;
  const [first, second] = [sliceRows(features, 0, count), sliceRows(features, count, count)];
  hooks.onProgress?.({ phase: 'Comparing real images with real ones', done: 0, total: null });
  const measures = await compareFeatures(first, second, {
    seed: options.seed,
    ...(hooks.signal && { signal: hooks.signal }),
  });
  const flat = flatMeasures(measures);
  Object.assign(flat.measures, classMeasures(extractor, first, second)?.measures);
  return { ...flat, count };
}

/**
 * Draws samples in so many passes and looks at them, a few at a time: their pixels are not kept.
 *
 * @param use given the features of each part and the number of its first sample
 * @throws the signal's reason when it is aborted
 */
export async function lookAtSamples(
  { model, extractor, options, hooks, fitted }: EvaluationContext,
  passes: number,
  rounding: Rounding,
  watch: Stopwatch,
  use: (features: Features, start: number) => void,
): Promise<void> {
  const { count, seed, weights, prior, temperature, laterTemperature, label } = options;
  const draw = {
    ...{ seed, passes, weights, prior, temperature, laterTemperature, label, rounding },
    ...(fitted && { fitted }),
  };
  const phase = `Drawing in ${countOf(passes, 'pass', 'passes')}`;
  for (let start = 0; start < count; start += PART) {
    const asked = { ...draw, start, count: Math.min(PART, count - start) };
    const { images } = await watch.time('drawing', () =>
      drawInCalls(
        () => model,
        (from) => from.sampleCalls(asked),
        hooks.signal,
      ),
    );
    await watch.time('features', () => use(extractor.extract(planesOf(images)), start));
    hooks.onProgress?.({ phase, done: start + images.count, total: count });
  }
}

/**
 * Evaluates samples drawn in so many passes.
 *
 * @throws the signal's reason when it is aborted
 */
export async function evaluateSamples(
  context: EvaluationContext,
  real: ReferenceFeatures,
  passes: number,
): Promise<EvaluationRecord> {
  const { reference, extractor, options, hooks, checkpoint } = context;
  const { count } = options;
  const watch = new Stopwatch();
  const samples: Features = {
    ...{ count, size: extractor.size },
    values: new Float32Array(count * extractor.size),
  };
  await lookAtSamples(context, passes, 'nearest', watch, ({ values }, start) =>
    samples.values.set(values, start * extractor.size),
  );
  let detail: ComparisonDetail | null = null;
  const stop = hooks.signal && { signal: hooks.signal };
  const { seconds, warnings, ...measures } = await compareFeatures(real.features, samples, {
    seed: options.seed,
    ...stop,
    onPhase: (phase) => hooks.onProgress?.({ phase, done: 0, total: null }),
    onDetail: (given) => {
      detail = given;
    },
  });
  for (const [key, value] of Object.entries(seconds)) watch.add(key, value);
  const found = detail as ComparisonDetail | null;
  if (found === null) throw new Error('a comparison gave no detail');
  hooks.onProgress?.({ phase: 'Looking for copies', done: 0, total: null });
  const isTraining = reference.kind === 'train';
  const copies = isTraining
    ? await watch.time('copies', async () => ({
        nearest: closestSamples(found, reference.indices),
        gap: real.heldOut && (await gapOf(real.features, real.heldOut, samples, hooks.signal)),
      }))
    : null;
  const places = await watch.time('places', () => placesOf(found, reference.indices, hooks.signal));
  const inClasses = classMeasures(extractor, real.features, samples);
  watch.takeFrom(real.watch);
  const flat = flatMeasures(measures);
  Object.assign(flat.measures, inClasses?.measures);
  // Near held-out or other images nobody copies.
  if (!isTraining) {
    delete flat.measures['authenticity'];
    delete flat.intervals['authenticity'];
  }
  const times = timesOfPasses(context, passes);
  return recordOf(context, reference, real.features.count, watch, {
    ...{ kind: 'samples', count, passes, times, ...flat, copies, places, warnings },
    ...(inClasses && { classes: inClasses.classes }),
    yardstick: real.yardstick,
    protocol: [
      samplesSentence(options, { passes, times, step: checkpoint.step }),
      referenceSentence(reference, real.features.count),
      pixelSentence('nearest'),
      extractorSentence(extractor),
      measureSentence(Math.min(count, real.features.count)),
      ...(real.yardstick === null
        ? []
        : [
            `Real against real: two halves of the reference, ${countOf(real.yardstick.count, 'image')} each.`,
          ]),
    ],
  });
}

/** Distances in features around those of the training images. */
async function gapOf(
  training: Features,
  heldOut: Features,
  samples: Features,
  signal: AbortSignal | undefined,
): Promise<NonNullable<EvaluationRecord['copies']>['gap']> {
  const [first, second, third] = centred([training, heldOut, samples]) as [Features, Features, Features];
  return distanceGap(first, second, third, signal);
}
