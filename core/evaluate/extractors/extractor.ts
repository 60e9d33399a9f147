/** What turns images into features. */
import type { Plane } from '../../data/import/resample.ts';
import type { Features } from '../../metrics/moments.ts';

export const EXTRACTORS = [
  'mobilenet',
  'inception',
  'inception-tf1',
  'dinov2',
  'dinov2-small',
  'classifier',
  'pca',
  'pixels',
] as const;
export type ExtractorName = (typeof EXTRACTORS)[number];

/** Whose weights an extractor needs from a file: `mobilenet` of set-up, others of the user (weights-store.ts); null for none. */
export const WEIGHTS_OF = {
  mobilenet: 'mobilenet',
  inception: 'inception',
  'inception-tf1': 'inception',
  dinov2: 'dinov2',
  'dinov2-small': 'dinov2-small',
  classifier: null,
  pca: null,
  pixels: null,
} as const satisfies Record<ExtractorName, string | null>;

export interface Extractor {
  readonly name: ExtractorName;
  /** What a Fréchet distance over these features is called: never FID, which is that of one network. */
  readonly distanceName: string;
  /** Number of values an image. */
  readonly size: number;
  /** How an image is brought into the form that is looked at, in one sentence. */
  readonly rule: string;
  /** Says which numbers come out: of the weights' file and the rule. Equal ones give equal features. */
  readonly hash: string;
  /**
   * The features of some images, in their order. Blocks the thread; give it a few dozen at a time.
   * @throws UserError for an image that it cannot take
   */
  extract(images: readonly Plane[]): Features;
  /** Of an extractor that tells classes apart. */
  readonly classes?: {
    readonly names: readonly string[];
    /** count × classes from features it gave; each row adds up to 1. */
    probabilities(features: Features): Float32Array;
  };
  dispose(): void;
}
