import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Names of data sets and runs: they become folder names. */
export const NameSchema = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$/,
    'a name has 1 to 64 letters, digits, spaces, dots, dashes or underscores and begins with a letter or digit',
  ),
);

/**
 * `datasets/<name>/dataset.json`: what lies in the packed pixel file beside it (`pixels.u8`, uint8,
 * count × height × width × channels) and where it came from.
 */
export const DatasetRecordSchema = v.strictObject({
  format: v.literal('covae-dataset'),
  version: v.literal(1),
  name: NameSchema,
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  count,
  height: count,
  width: count,
  channels: v.picklist([1, 3]),
  source: v.strictObject({ kind: v.picklist(['folder', 'sample']), path: v.string() }),
  /** `sha256:<hex>` over the pixel file. */
  fingerprint: v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/)),
  /** Mean and standard deviation of each channel, in 0…255. */
  mean: v.array(v.number()),
  std: v.array(v.number()),
  /** Class names; present when `labels.u8` lies beside the pixels (one byte an image). */
  classes: v.optional(v.array(v.string())),
  /** Files left out, with the reason. */
  skipped: v.array(v.strictObject({ file: v.string(), reason: v.string() })),
});

export type DatasetRecord = v.InferOutput<typeof DatasetRecordSchema>;

/** Images at the edges of the program: uint8, count × height × width × channels, row by row. */
export interface ImageBatch {
  count: number;
  height: number;
  width: number;
  channels: 1 | 3;
  data: Uint8Array;
}

/** How far an import is. `total` is null while the files are still being listed. */
export interface ImportProgress {
  done: number;
  total: number | null;
  skipped: number;
  imagesPerSecond: number;
  secondsLeft: number | null;
}
