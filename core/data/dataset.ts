/** What lies in a data set's folder, and its migration from earlier versions. */
import * as v from 'valibot';
import { ImportSettingsSchema } from './import/settings.ts';
import { NameSchema } from '../names.ts';
import { NAME_ENCODINGS } from './readers/name-encoding.ts';

export { NameSchema };

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const fingerprint = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/));
const skippedItem = v.strictObject({ file: v.string(), reason: v.string() });
const createdAt = v.pipe(v.string(), v.isoTimestamp());
const channels = v.picklist([1, 3]);

/** As many left-out files stand in `dataset.json`; all are in `skipped.jsonl`. */
export const MAX_SKIPPED_LISTED = 1_000;

/** Where a data set's images came from: a kind of source, another data set's pixels, or a model that drew them. */
export const OriginSchema = v.strictObject({
  kind: v.picklist([
    ...([
      'sample',
      'folder',
      'zip',
      'tar',
      'idx',
      'cifar',
      'npy',
      'npz',
      'parquet',
      'tiles',
      'files',
    ] as const),
    'dataset',
    'drawn',
  ]),
  /** Absolute paths; for `dataset` the name of the other one, for `drawn` the run; none for the sample. */
  paths: v.array(v.string()),
  /** What was found there, in one sentence. */
  description: v.string(),
  /** Of images that a model drew: with which weights, and the command that draws them again. */
  drawn: v.exactOptional(
    v.strictObject({
      run: v.string(),
      step: v.number(),
      checkpoint: v.exactOptional(v.string()),
      seed: v.exactOptional(v.number()),
      command: v.string(),
    }),
  ),
  /** What else was said of the source; see `SourceRequest`. */
  choices: v.optional(
    v.strictObject({
      tile: v.exactOptional(
        v.strictObject({ size: v.exactOptional(v.number()), stride: v.exactOptional(v.number()) }),
      ),
      layout: v.exactOptional(v.picklist(['NHWC', 'NCHW', 'auto'])),
      labelsPath: v.exactOptional(v.nullable(v.string())),
      imagesKey: v.exactOptional(v.string()),
      labelsKey: v.exactOptional(v.string()),
      zipEncoding: v.exactOptional(v.picklist(NAME_ENCODINGS)),
    }),
  ),
});

/** Whether mirrored images would be at home among the images. */
export const FlipSchema = v.strictObject({
  /** null: too few images to tell. */
  suits: v.nullable(v.boolean()),
  /** Why, in one sentence. */
  reason: v.string(),
});

/**
 * `datasets/<name>/dataset.json`. Beside it lie
 * - `pixels.u8`: uint8, count × height × width × channels;
 * - `pixels.sha256`: the SHA-256 of each of its blocks of 1 MiB, one after the other;
 * - `labels.u8`, or `labels.u16` (little-endian) for more than 256 values: the class of each image, if there are any;
 *   the number after the last class says that an image has none;
 * - `split.u8`: 1 for each image held out of training, if there are any;
 * - `names.jsonl`: one line an image, the file it came from as a JSON string;
 * - `skipped.jsonl`: one line a file left out, `{"file", "reason"}`;
 * - `statistics.json` and `flags.json`: what was measured of the images (statistics.ts, flags.ts).
 *
 * Data sets of version 1 have pixels and labels only.
 */
export const DatasetRecordSchema = v.strictObject({
  format: v.literal('covae-dataset'),
  version: v.literal(2),
  name: NameSchema,
  createdAt,
  count,
  height: count,
  width: count,
  channels,
  source: OriginSchema,
  /** How the images were made; null for data sets of version 1, which did not keep it. */
  settings: v.nullable(ImportSettingsSchema),
  /** What else was to be said of the source, one sentence each. */
  remarks: v.optional(v.array(v.string())),
  /** `sha256:<hex>` over the pixel file. */
  fingerprint,
  /**
   * `sha256:<hex>` of `pixels.sha256`, of the labels and of the split, if there are any; left out by the versions that did
   * not keep them.
   */
  hashes: v.optional(
    v.strictObject({
      blocks: fingerprint,
      labels: v.exactOptional(fingerprint),
      split: v.exactOptional(fingerprint),
    }),
  ),
  /** Mean and standard deviation of each channel, in 0…255. */
  mean: v.array(v.number()),
  std: v.array(v.number()),
  /** Class names; present when labels lie beside the pixels. */
  classes: v.optional(v.array(v.string())),
  /** Number of images without a class where others have one; left out when there are none. */
  unlabelled: v.optional(count),
  /** Number of images held out of training. */
  heldOut: count,
  flip: v.nullable(FlipSchema),
  /** Number of files left out: all, and among them those for a reason that was asked for. */
  leftOut: v.strictObject({ all: count, duplicates: count, small: count }),
  /** The first of the files left out, with the reason. */
  skipped: v.array(skippedItem),
});

export type DatasetRecord = v.InferOutput<typeof DatasetRecordSchema>;

/** `dataset.json` as the first version wrote it. */
export const DatasetRecordV1Schema = v.strictObject({
  format: v.literal('covae-dataset'),
  version: v.literal(1),
  name: NameSchema,
  createdAt,
  count,
  height: count,
  width: count,
  channels,
  source: v.strictObject({ kind: v.picklist(['folder', 'sample']), path: v.string() }),
  fingerprint,
  mean: v.array(v.number()),
  std: v.array(v.number()),
  classes: v.optional(v.array(v.string())),
  skipped: v.array(skippedItem),
});

/** A record of version 1 in today's form. What it does not know is null, or none. */
export function migrateRecord(record: v.InferOutput<typeof DatasetRecordV1Schema>): DatasetRecord {
  const { source, skipped, ...kept } = record;
  const isSample = source.kind === 'sample';
  return {
    ...kept,
    version: 2,
    source: {
      kind: source.kind,
      paths: isSample ? [] : [source.path],
      description: isSample ? 'The sample: handwritten digits, a part of MNIST.' : 'A folder of images.',
    },
    settings: null,
    heldOut: 0,
    flip: null,
    leftOut: { all: skipped.length, duplicates: 0, small: 0 },
    skipped: skipped.slice(0, MAX_SKIPPED_LISTED),
  };
}

/**
 * Whether a training should mirror the images: as it was chosen for the data set, or not at all where they were
 * measured to lean to one side; null when that is left to the preset.
 */
export function mayMirror({
  settings,
  flip,
}: Partial<Pick<DatasetRecord, 'settings' | 'flip'>>): boolean | null {
  if (settings && settings.flip !== 'auto') return settings.flip === 'yes';
  return flip?.suits === false ? false : null;
}

/** Images at the edges of the program: uint8, count × height × width × channels, row by row. */
export interface ImageBatch {
  count: number;
  height: number;
  width: number;
  channels: 1 | 3;
  data: Uint8Array;
}

/** How far an import is. `total` is null while it is not known. */
export interface ImportProgress {
  /** `measuring`: all images are read, their statistics are made. */
  phase: 'reading' | 'measuring';
  done: number;
  total: number | null;
  skipped: number;
  imagesPerSecond: number;
  secondsLeft: number | null;
}
