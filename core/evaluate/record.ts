/** What an evaluation of a run leaves: numbers together with all that is needed to make them again. */
import * as v from 'valibot';
import { countOf } from '../words.ts';

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.string();

/** One number a measure; null where there were too few images for it. Keys: see measure-table.ts. */
const MeasuresSchema = v.record(text, v.nullable(v.number()));
/** Lower and upper bound of the 95 % confidence interval, of the measures that have one. */
const IntervalsSchema = v.record(text, v.tuple([v.number(), v.number()]));

/** Where the real images come from that are compared with. */
export const AGAINST_KINDS = ['train', 'holdout', 'dataset'] as const;
export type AgainstKind = (typeof AGAINST_KINDS)[number];
/** What one of them is called. */
export const AGAINST_WORDS: Readonly<Record<AgainstKind, string>> = {
  train: 'training image',
  holdout: 'held-out image',
  dataset: 'image',
};

/** So many of them: `5,000 training images`. */
export function countAgainst(kind: AgainstKind, count: number): string {
  // As words that stand here, since the catalogues of other languages are made of those.
  return countOf(
    count,
    kind === 'train' ? 'training image' : kind === 'holdout' ? 'held-out image' : 'image',
  );
}

/** `standard`: as the options say; `paper`: what the reference's callback does; `training`: a small one on the way. */
export const PROTOCOL_NAMES = ['standard', 'paper', 'training'] as const;
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

const ImageDistanceSchema = v.object({
  /** Number of the sample; the record's seed and options draw it again. */
  sample: whole,
  /** Number of the nearest training image in the run's data set. */
  image: whole,
  /** Distance between their features. */
  distance: v.number(),
  /** Distance of that image to its own nearest neighbour among the training images. */
  neighbourDistance: v.number(),
});

/** A sample and the training image nearest to it. */
export type ImageDistance = v.InferOutput<typeof ImageDistanceSchema>;

const CopiesSchema = v.object({
  /** The samples that lie nearest to a training image, in proportion to that one's own neighbour; the closest first. */
  nearest: v.array(ImageDistanceSchema),
  /** Mean distance of a sample to the nearest of equally many training and held-out images; null without such. */
  gap: v.nullable(
    v.object({
      training: v.number(),
      heldOut: v.number(),
      /** Images on each side. */
      count: whole,
    }),
  ),
});

const PlacesSchema = v.object({
  /** Numbers of reference images that no sample comes near, at most a few dozen: those furthest from any come first. */
  uncovered: v.array(whole),
  /** How many there are. */
  uncoveredCount: whole,
  /** Numbers of samples that are near no reference image, likewise. */
  stray: v.array(whole),
  strayCount: whole,
});

const ClassSchema = v.object({
  name: text,
  /** Shares of the samples and of the real images that the classifier counts to it. */
  samples: v.number(),
  reference: v.number(),
});

const AtTimeSchema = v.object({
  t: v.number(),
  /** Index into the final time steps. */
  timeIndex: whole,
  measures: MeasuresSchema,
});

/** One JSON file in `runs/<id>/evaluations/`. */
export const EvaluationRecordSchema = v.object({
  format: v.literal('covae-evaluation'),
  version: v.literal(1),
  kind: v.picklist(['samples', 'reconstructions']),
  run: v.object({ id: text, name: text }),
  /** `sha256`: of the file with the weights that were used; null for those of a training under way. */
  checkpoint: v.object({ step: whole, sha256: v.nullable(text) }),
  weights: v.picklist(['ema', 'raw']),
  /** Passes through the network; null for reconstructions. */
  passes: v.nullable(whole),
  /** Samples: t at which each pass after the first encodes again. Reconstructions: t at which images are encoded. */
  times: v.array(v.number()),
  seed: whole,
  /** Number of samples, or of images that were reconstructed. */
  count: whole,
  /** Left out where samples began with the normal one. */
  prior: v.exactOptional(v.literal('fitted')),
  temperature: v.number(),
  /** Factor on the noise of each pass after the first; left out where it is 1. */
  laterTemperature: v.exactOptional(v.number()),
  /** Class of the samples; null: none was named. */
  label: v.nullable(whole),
  /** The images compared with: `count` of those of a data set. */
  against: v.object({ kind: v.picklist(AGAINST_KINDS), name: text, fingerprint: text, count: whole }),
  extractor: v.object({
    name: text,
    /** What a Fréchet distance over its features is called. */
    distanceName: text,
    size: whole,
    hash: text,
    rule: text,
  }),
  protocolName: v.picklist(PROTOCOL_NAMES),
  /** What a reader needs to do the same again, a sentence each. */
  protocol: v.array(text),
  measures: MeasuresSchema,
  intervals: IntervalsSchema,
  /** The same of real against real images: two halves of the reference, `count` images each. */
  yardstick: v.nullable(v.object({ measures: MeasuresSchema, intervals: IntervalsSchema, count: whole })),
  /** Reconstructions at each t; none for samples. */
  byTime: v.array(AtTimeSchema),
  /** How near samples come to training images; null unless compared with those. */
  copies: v.nullable(CopiesSchema),
  /** What is not covered; null for reconstructions and with too few images. */
  places: v.nullable(PlacesSchema),
  /** With the data set's own classifier as extractor. */
  classes: v.exactOptional(v.array(ClassSchema)),
  seconds: v.number(),
  secondsByPhase: v.record(text, v.number()),
  createdAt: v.pipe(text, v.isoTimestamp()),
  /** Version of the application. */
  application: text,
  warnings: v.array(text),
});

export type EvaluationRecord = v.InferOutput<typeof EvaluationRecordSchema>;
export type EvaluationKind = EvaluationRecord['kind'];

/**
 * Name of the file for an evaluation. Names sort by step; the same measurement has the same name.
 *
 * `step-00002400-samples-1-pass-mobilenet-ema-5000-seed-0.json`
 */
export function evaluationFileName(
  record: Pick<
    EvaluationRecord,
    | 'kind'
    | 'checkpoint'
    | 'passes'
    | 'extractor'
    | 'weights'
    | 'count'
    | 'seed'
    | 'against'
    | 'prior'
    | 'temperature'
    | 'laterTemperature'
    | 'label'
    | 'protocolName'
  >,
): string {
  const { kind, checkpoint, passes, extractor, weights, count, seed, against } = record;
  const { prior, temperature, laterTemperature = 1, label, protocolName } = record;
  const words = [
    'step',
    String(checkpoint.step).padStart(8, '0'),
    kind,
    ...(passes === null ? [] : [String(passes), passes === 1 ? 'pass' : 'passes']),
    extractor.name,
    weights,
    String(count),
    'seed',
    String(seed),
    ...(against.kind === 'train' ? [] : ['against', against.kind === 'holdout' ? 'holdout' : against.name]),
    ...(prior === undefined ? [] : [prior, 'prior']),
    ...(temperature === 1 ? [] : ['temperature', String(temperature)]),
    ...(laterTemperature === 1 ? [] : ['later-temperature', String(laterTemperature)]),
    ...(label === null ? [] : ['label', String(label)]),
    ...(protocolName === 'standard' ? [] : [protocolName]),
  ];
  return `${words.join('-')}.json`;
}
