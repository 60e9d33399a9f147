/** What an evaluation is made with. */
import { UserError } from '../errors.ts';
import type { Generator } from '../explore/api.ts';
import { countOf } from '../words.ts';
import type { ExtractorName } from './extractors/extractor.ts';
import type { EvaluationRecord, ProtocolName } from './record.ts';

/** The images that are compared with: of the run's data set, or another data set of the library by its name. */
export type Against = { kind: 'train' | 'holdout' } | { kind: 'dataset'; name: string };

export interface EvaluateOptions {
  protocol: ProtocolName;
  extractor: ExtractorName;
  /** Numbers of passes to draw in, an evaluation each; none for reconstructions only. */
  passes: readonly number[];
  /** Samples to draw. */
  count: number;
  seed: number;
  weights: 'ema' | 'raw';
  /** What samples begin with, see SampleOptions in ../explore/api.ts. */
  prior: 'normal' | 'fitted';
  temperature: number;
  /** Factor on the noise of each pass after the first. */
  laterTemperature: number;
  /** Class of the samples; null: none is named. */
  label: number | null;
  against: Against;
  /** Images to compare with at most. */
  referenceCount: number;
  /** Images to reconstruct at most; 0: none. */
  reconstructions: number;
  /** Whether real images are compared with real ones too. */
  yardstick: boolean;
  /** Step of the checkpoint; null: the newest. */
  step: number | null;
}

export interface EvaluationProgress {
  /** What is done now: `Drawing in 2 passes`. */
  phase: string;
  done: number;
  /** null: it is not known how long it takes. */
  total: number | null;
}

export interface EvaluationHooks {
  signal?: AbortSignal;
  onProgress?: (progress: EvaluationProgress) => void;
  /** Told what a person should know, a sentence each. */
  onWarning?: (sentence: string) => void;
  /** Given each evaluation as soon as it is made and written. */
  onRecord?: (record: EvaluationRecord, file: string) => void;
  /** Draws instead of a checkpoint: the model of a training under way. It is not disposed of. */
  model?: Generator;
}

/** Samples that are drawn unless another number is asked for, and the smallest number of images they are compared with. */
const USUAL_COUNT = 5000;
/** The network of the published distances, with images resized as torchmetrics does it. */
export const PAPER_EXTRACTOR = 'inception-tf1';
/** What the reference's callback draws (its custom_callbacks/fid_callback.py and conf/dataset). */
export const PAPER = { count: 50_000, seed: 32, passes: [1, 2] } as const;

/**
 * The options of a protocol, but for those that are asked for.
 *
 * @throws UserError for what nothing can be measured with
 */
export function evaluateOptions(
  asked: Partial<EvaluateOptions> & Pick<EvaluateOptions, 'protocol'>,
): EvaluateOptions {
  const options = { ...usual(asked.protocol, asked.count), ...asked };
  const { count, passes, referenceCount } = options;
  if (count < 2 || referenceCount < 2) {
    throw new UserError(
      `Nothing can be measured with ${countOf(Math.min(count, referenceCount), 'image')}; ask for at least 2.`,
    );
  }
  if (passes.some((each) => !Number.isInteger(each) || each < 1)) {
    throw new UserError('Samples are drawn in 1 pass or more.');
  }
  if (options.laterTemperature !== 1 && passes.every((each) => each < 2)) {
    throw new UserError(
      'A temperature of later passes is for samples in two passes or more; ask for as many.',
      { code: 'usage' },
    );
  }
  return { ...options, passes: [...new Set(passes)] };
}

function usual(protocol: ProtocolName, count: number | undefined): EvaluateOptions {
  const common = {
    ...{ protocol, extractor: 'mobilenet' as const, weights: 'ema' as const, seed: 0 },
    ...{ prior: 'normal' as const, temperature: 1, laterTemperature: 1, label: null, step: null },
    against: { kind: 'train' as const },
  };
  switch (protocol) {
    case 'standard':
      return {
        ...common,
        passes: [1, 2],
        count: USUAL_COUNT,
        referenceCount: Math.max(count ?? 0, USUAL_COUNT),
        reconstructions: 1000,
        yardstick: true,
      };
    case 'training':
      return {
        ...common,
        passes: [1],
        count: 500,
        referenceCount: 2000,
        reconstructions: 0,
        yardstick: false,
      };
    case 'paper':
      return {
        ...common,
        ...PAPER,
        extractor: PAPER_EXTRACTOR,
        referenceCount: Infinity,
        reconstructions: Infinity,
        yardstick: false,
      };
  }
}
