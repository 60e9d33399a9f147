/** What all parts of one evaluation share. */
import type { Generator } from '../explore/api.ts';
import type { FittedPrior } from '../explore/prior/fitted-prior.ts';
import type { RunManifest } from '../run/manifest.ts';
import { reencodingIndex } from '../schedule/time-steps.ts';
import { APP_VERSION } from '../version.ts';
import type { Extractor } from './extractors/extractor.ts';
import type { EvaluateOptions, EvaluationHooks } from './options.ts';
import type { RealFeatureOptions } from './real-features.ts';
import type { RealImages } from './real-images.ts';
import type { EvaluationRecord } from './record.ts';

export interface EvaluationContext {
  manifest: RunManifest;
  model: Generator;
  extractor: Extractor;
  options: EvaluateOptions;
  hooks: EvaluationHooks;
  checkpoint: EvaluationRecord['checkpoint'];
  /** What samples begin with, where the prior is a fitted one. */
  fitted?: FittedPrior | undefined;
  /** What is compared with. */
  reference: RealImages;
  /** Held-out images of the run's data set; null where there are none or others are compared with. */
  heldOut: RealImages | null;
  /** Sentences that belong to all that is measured. */
  warnings: string[];
}

/** Tells a sentence that belongs to all that is measured, once. */
export function warn({ warnings, hooks }: EvaluationContext, sentence: string): void {
  if (warnings.includes(sentence)) return;
  warnings.push(sentence);
  hooks.onWarning?.(sentence);
}

/** How real images are looked at in an evaluation. */
export function lookingAt(
  context: EvaluationContext,
  { name }: RealImages,
): Pick<RealFeatureOptions, 'signal' | 'onProgress' | 'onWarning'> {
  const { signal, onProgress } = context.hooks;
  return {
    ...(signal && { signal }),
    onProgress: (done, total) => onProgress?.({ phase: `Looking at images of ${name}`, done, total }),
    onWarning: (sentence) => warn(context, sentence),
  };
}

/** The times at which the passes after the first encode again where nothing else is asked for. */
export function timesOfPasses({ model }: EvaluationContext, passes: number): number[] {
  const place = reencodingIndex(model.manifest.config.objective);
  return Array.from({ length: passes - 1 }, () => model.timeSteps[place]!);
}

/** Seconds by what they were spent on. */
export class Stopwatch {
  readonly seconds: Record<string, number> = {};

  /** Adds the time that something takes. */
  async time<T>(key: string, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.add(key, (performance.now() - start) / 1000);
    }
  }

  add(key: string, seconds: number): void {
    this.seconds[key] = (this.seconds[key] ?? 0) + seconds;
  }

  /** Takes what another one has counted. */
  takeFrom(other: Stopwatch): void {
    for (const [key, seconds] of Object.entries(other.seconds)) {
      this.add(key, seconds);
      other.seconds[key] = 0;
    }
  }

  total(): number {
    return rounded(Object.values(this.seconds).reduce((sum, value) => sum + value, 0));
  }

  rounded(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.seconds).map(([key, value]) => [key, rounded(value)]));
  }
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** What a record says besides what was measured. */
export type Measured = Pick<EvaluationRecord, 'kind' | 'measures' | 'count' | 'protocol'> &
  Partial<
    Pick<
      EvaluationRecord,
      'passes' | 'times' | 'intervals' | 'yardstick' | 'byTime' | 'copies' | 'places' | 'warnings'
    >
  >;

/** Puts a record together. */
export function recordOf(
  { manifest, extractor, options, checkpoint, warnings }: EvaluationContext,
  real: RealImages,
  referenceCount: number,
  watch: Stopwatch,
  measured: Measured,
): EvaluationRecord {
  const { name, distanceName, size, hash, rule } = extractor;
  return {
    format: 'covae-evaluation',
    version: 1,
    run: { id: manifest.id, name: manifest.name },
    checkpoint,
    weights: options.weights,
    seed: options.seed,
    temperature: options.temperature,
    label: options.label,
    against: { kind: real.kind, name: real.name, fingerprint: real.fingerprint, count: referenceCount },
    extractor: { name, distanceName, size, hash, rule },
    protocolName: options.protocol,
    passes: null,
    times: [],
    intervals: {},
    yardstick: null,
    byTime: [],
    copies: null,
    places: null,
    ...(measured.kind === 'samples' && drawnUnusually(options, measured.passes ?? 1)),
    ...measured,
    seconds: watch.total(),
    secondsByPhase: watch.rounded(),
    createdAt: new Date().toISOString(),
    application: APP_VERSION,
    warnings: [...warnings, ...(measured.warnings ?? [])],
  };
}

function drawnUnusually(
  { prior, laterTemperature }: EvaluateOptions,
  passes: number,
): Pick<EvaluationRecord, 'prior' | 'laterTemperature'> {
  return {
    ...(prior === 'fitted' && { prior }),
    ...(passes > 1 && laterTemperature !== 1 && { laterTemperature }),
  };
}
