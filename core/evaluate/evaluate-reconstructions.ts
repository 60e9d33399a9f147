/** Reconstructions of a run against their images. */
import { countOf } from '../words.ts';
import { type EvaluationContext, lookingAt, recordOf, Stopwatch } from './evaluation-context.ts';
import {
  errorSentence,
  extractorSentence,
  pixelSentence,
  referenceSentence,
  weightsText,
} from './protocol.ts';
import { realFeatures } from './real-features.ts';
import type { RealImages } from './real-images.ts';
import type { EvaluationRecord } from './record.ts';
import { measureReconstructions, reconstructionTimes } from './reconstruction.ts';

/**
 * Evaluates reconstructions of real images, at several times. The record's measures are those at the smallest.
 *
 * @throws the signal's reason when it is aborted
 */
export async function evaluateReconstructions(
  context: EvaluationContext,
  real: RealImages,
): Promise<EvaluationRecord> {
  const { model, extractor, options, hooks, checkpoint } = context;
  const watch = new Stopwatch();
  const count = Math.min(options.reconstructions, real.indices.length);
  const features = await watch.time('reference', () =>
    realFeatures(real, extractor, { count, ...lookingAt(context, real) }),
  );
  const byTime = await watch.time('reconstructions', () =>
    measureReconstructions(model, real, {
      ...{ count, extractor, features, weights: options.weights },
      ...(hooks.signal && { signal: hooks.signal }),
      onProgress: (done, total) => hooks.onProgress?.({ phase: 'Reconstructing', done, total }),
    }),
  );
  const times = reconstructionTimes(model).map((index) => model.timeSteps[index]!);
  return recordOf(context, real, count, watch, {
    ...{ kind: 'reconstructions', count, times, byTime },
    measures: byTime[0]?.measures ?? {},
    protocol: [
      referenceSentence(real, count, 'Reconstructions of'),
      `Encoded to the posterior's mean and decoded at the same t, ${weightsText(options.weights)} of step ${checkpoint.step.toLocaleString('en-US')}, at ${countOf(times.length, 'time')}: the smallest, the largest and those evenly between them by index.`,
      pixelSentence('nearest'),
      errorSentence(model.manifest.config.network.imageSize),
      extractorSentence(extractor),
      'Distances in features are squared, between features of length 1; the Fréchet distance is between the reconstructions and these images.',
    ],
  });
}
