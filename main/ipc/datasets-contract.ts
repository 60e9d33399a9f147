/** The part of the contract that is about data sets: importing them, keeping them, looking at them. */
import * as v from 'valibot';
import { DatasetRecordSchema, FlipSchema, NameSchema } from '../../core/data/dataset.ts';
import { ImportSettingsSchema } from '../../core/data/import/settings.ts';
import { NAME_ENCODINGS } from '../../core/data/readers/name-encoding.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const nothing = v.strictObject({});
const name = v.strictObject({ name: NameSchema });
const jobId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
/** As core/data/trash.ts makes them. */
const token = v.pipe(v.string(), v.maxLength(100));
export const filePath = v.pipe(v.string(), v.minLength(1), v.maxLength(4_096));
const bytes = v.custom<Uint8Array>((value) => value instanceof Uint8Array, 'Expected bytes');

/** Images as they travel between processes: uint8, count × height × width × channels. */
export const ImagesSchema = v.strictObject({
  count,
  height: count,
  width: count,
  channels: v.picklist([1, 3]),
  data: bytes,
});

export const SourceKindSchema = v.picklist([
  ...(['sample', 'folder', 'files', 'zip', 'tar', 'idx', 'cifar', 'npy', 'npz', 'parquet', 'tiles'] as const),
]);

export const OriginKindSchema = v.picklist([...SourceKindSchema.options, 'dataset']);

/** What the person points at; see ImportRequest in core/data/import/open-import.ts. */
export const SourceRequestSchema = v.strictObject({
  /** Null: guessed by content. `dataset`: the path is the name of a data set. */
  kind: v.nullable(OriginKindSchema),
  paths: v.pipe(v.array(filePath), v.maxLength(100_000)),
  tile: v.exactOptional(v.strictObject({ size: v.exactOptional(count), stride: v.exactOptional(count) })),
  layout: v.exactOptional(v.picklist(['NHWC', 'NCHW', 'auto'])),
  labelsPath: v.exactOptional(v.nullable(filePath)),
  imagesKey: v.exactOptional(v.string()),
  labelsKey: v.exactOptional(v.string()),
  zipEncoding: v.exactOptional(v.picklist(NAME_ENCODINGS)),
  /** Data set that was made of this source: its own images stand in where the source is gone. */
  again: v.exactOptional(NameSchema),
});

export const ImportProgressSchema = v.strictObject({
  /** `measuring`: all images are read, their statistics are made. */
  phase: v.picklist(['reading', 'measuring']),
  done: v.number(),
  /** Null while unknown. */
  total: v.nullable(v.number()),
  skipped: v.number(),
  imagesPerSecond: v.number(),
  secondsLeft: v.nullable(v.number()),
});

/** What is asked of an import. */
export const ImportOrderSchema = v.strictObject({
  /** Chosen by the window. */
  jobId,
  name: NameSchema,
  request: SourceRequestSchema,
  settings: ImportSettingsSchema,
});

/** An import in the queue. One runs at a time; a failed one stays until it is dismissed. */
export const ImportJobSchema = v.strictObject({
  ...ImportOrderSchema.entries,
  state: v.picklist(['waiting', 'running', 'cancelling', 'failed']),
  progress: v.nullable(ImportProgressSchema),
  /** Why it failed, in one sentence. */
  problem: v.nullable(v.string()),
});

export const DatasetEntrySchema = v.strictObject({
  name: v.string(),
  record: v.nullable(DatasetRecordSchema),
  /** A sentence when the data set cannot be used: it is damaged, or its folder is gone. */
  problem: v.nullable(v.string()),
  /** Its folder is a link that leads nowhere, on a disk that is not there for instance. */
  missing: v.boolean(),
});

/** What an import of a source would give, without its images; see ImportPreview in core/data/import/preview.ts. */
export const ImportPreviewSchema = v.strictObject({
  kind: OriginKindSchema,
  /** What was found and guessed, in one sentence. */
  description: v.string(),
  /** Number of files or images; null when only known at the end. */
  total: v.nullable(count),
  /** Classes of the source, as they are called there; null when it has none. */
  classes: v.nullable(v.array(v.strictObject({ name: v.string(), count: v.nullable(count) }))),
  /** Number of images without a class where others have one; null where counting would mean to read everything. */
  unlabelled: v.nullable(count),
  /** The settings with size and channels as the images have them. */
  settings: ImportSettingsSchema,
  images: v.array(
    v.strictObject({
      file: v.string(),
      className: v.nullable(v.string()),
      /** As in the source; null when it cannot be read. */
      width: v.nullable(count),
      height: v.nullable(count),
      /** Place among the pixels; null when it would be left out. */
      index: v.nullable(count),
      /** Why it would be left out. */
      reason: v.nullable(v.string()),
    }),
  ),
  /** Kinds of data in the folder of which a person has to say which is meant; empty when there is no question. */
  rivals: v.array(v.strictObject({ kind: SourceKindSchema, total: v.nullable(count) })),
  warnings: v.array(v.string()),
  /** Whether mirrored images suit training; null: too few images to tell. Why, in one sentence. */
  flip: FlipSchema,
});

/** What was noticed about the images of a data set; see core/data/measure/flags.ts. The lists may be cut. */
export const ImageFlagsSchema = v.strictObject({
  nearConstant: v.strictObject({ total: count, images: v.array(count) }),
  /** Groups of images with the same pixels; `total` counts all but the first of each. */
  duplicates: v.strictObject({ total: count, groups: v.array(v.array(count)) }),
  suspicious: v.strictObject({
    total: count,
    images: v.array(v.strictObject({ image: count, reason: v.string() })),
  }),
});

export const DatasetCalls = {
  'datasets.list': { params: nothing, result: v.array(DatasetEntrySchema) },
  /** Native dialog; nothing when cancelled. */
  'datasets.choose': {
    params: v.strictObject({ what: v.picklist(['folder', 'files']) }),
    result: v.array(v.string()),
  },
  /** Sorts paths that were dropped or chosen together into what one import each can take. */
  'datasets.sortPaths': {
    params: v.strictObject({ paths: v.pipe(v.array(filePath), v.maxLength(100_000)) }),
    result: v.array(SourceRequestSchema),
  },
  /** Keeps a pasted image as a file in the library, so that it can be imported. */
  'datasets.keepPasted': { params: v.strictObject({ bytes }), result: v.strictObject({ path: v.string() }) },
  /** Puts an import at the end of the queue; what becomes of it comes as events. */
  'datasets.import': { params: ImportOrderSchema, result: nothing },
  /** How a data set was imported, to import it again with other options. */
  'datasets.again': {
    params: name,
    result: v.strictObject({ request: SourceRequestSchema, settings: ImportSettingsSchema }),
  },
  'datasets.imports': { params: nothing, result: v.array(ImportJobSchema) },
  /** Takes an import out of the queue; one under way is stopped and leaves nothing behind. */
  'datasets.cancelImport': { params: v.strictObject({ jobId }), result: nothing },
  /** The import that was being set up is set up no more. */
  'datasets.endPreview': { params: nothing, result: nothing },
  /** Class name of each of these images; null where it has none. */
  'datasets.labels': {
    params: v.strictObject({ name: NameSchema, indices: v.pipe(v.array(count), v.maxLength(1_000)) }),
    result: v.array(v.nullable(v.string())),
  },
  /** Where each of these images came from; null where that is not known. */
  'datasets.origins': {
    params: v.strictObject({ name: NameSchema, indices: v.pipe(v.array(count), v.maxLength(1_000)) }),
    result: v.array(v.nullable(v.string())),
  },
  'datasets.rename': { params: v.strictObject({ name: NameSchema, to: NameSchema }), result: nothing },
  /** Puts the data set aside; the token takes it back. */
  'datasets.remove': { params: name, result: v.strictObject({ token: v.string() }) },
  'datasets.restore': { params: v.strictObject({ token }), result: name },
  /** Data sets put aside, the last one first. `bytes`: what removing it for good frees. */
  'datasets.trash': {
    params: nothing,
    result: v.array(
      v.strictObject({
        token: v.string(),
        name: v.string(),
        removedAt: v.string(),
        /** Null when it is damaged. */
        count: v.nullable(count),
        bytes: count,
      }),
    ),
  },
  /** Removes a data set that was put aside for good. */
  'datasets.discard': { params: v.strictObject({ token }), result: nothing },
  'datasets.emptyTrash': { params: nothing, result: nothing },
  /** Shows the data set's folder, or its list of files left out, in the file manager. */
  'datasets.reveal': {
    params: v.strictObject({ name: NameSchema, what: v.picklist(['folder', 'skipped']) }),
    result: nothing,
  },
  /** Asks for the folder of a missing data set and links it into the library; false when cancelled. */
  'datasets.relocate': {
    params: v.strictObject({ name: NameSchema, fingerprint: v.nullable(v.string()) }),
    result: v.boolean(),
  },
  /** Takes away a link that leads nowhere; nothing else is touched. */
  'datasets.forget': { params: name, result: nothing },
} as const;

const range = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2_000));

export const DatasetPixelCalls = {
  /** Images `start` … `start + count − 1` of a data set (fewer at its end). */
  'dataset.images': {
    params: v.strictObject({ name: NameSchema, start: count, count: range }),
    result: ImagesSchema,
  },
  /** The images of these indices, in their order. */
  'dataset.imagesAt': {
    params: v.strictObject({
      name: NameSchema,
      indices: v.pipe(v.array(count), v.minLength(1), v.maxLength(2_000)),
    }),
    result: ImagesSchema,
  },
  /** What is kept of each image besides its pixels; no bytes where there is none. */
  'dataset.labels': {
    params: name,
    result: v.strictObject({
      /** Its class, as an index into the record's `classes`, behind the last for none: so many bytes, the lowest first. */
      width: v.picklist([1, 2]),
      labels: bytes,
      /** 1 for each image held out of training. */
      split: bytes,
    }),
  },
  /** What was measured of the images at their import, or now where that is missing. */
  'dataset.measurements': {
    params: name,
    result: v.strictObject({
      /** How often each value 0 … 255 occurs, a list a channel. */
      histogram: v.array(v.array(count)),
      /** Images of each class, in the order of the record's `classes`, without those of none; null without classes. */
      classCounts: v.nullable(v.array(count)),
      meanImage: ImagesSchema,
      flags: ImageFlagsSchema,
      flip: FlipSchema,
    }),
  },
  /** Some images of a source as an import with these settings would make them. A newer request ends an older one. */
  'import.preview': {
    params: v.strictObject({
      request: SourceRequestSchema,
      settings: ImportSettingsSchema,
      count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200)),
    }),
    result: v.strictObject({ pixels: ImagesSchema, preview: ImportPreviewSchema }),
  },
} as const;

export const DatasetEvents = {
  /** The queue of imports changed. */
  'datasets.imports': v.array(ImportJobSchema),
  /** How far the import under way is; at most ten times a second. */
  'datasets.progress': v.strictObject({ jobId, progress: ImportProgressSchema }),
  /** An import is done. */
  'datasets.imported': v.strictObject({ jobId, name: v.string(), count, skipped: count }),
} as const;

export type OriginKind = v.InferOutput<typeof OriginKindSchema>;
export type SourceKind = v.InferOutput<typeof SourceKindSchema>;
export { ImportSettingsSchema };
export type SourceRequest = v.InferOutput<typeof SourceRequestSchema>;
export type ImportSettings = v.InferOutput<typeof ImportSettingsSchema>;
export type ImportProgress = v.InferOutput<typeof ImportProgressSchema>;
export type ImportOrder = v.InferOutput<typeof ImportOrderSchema>;
export type ImportJob = v.InferOutput<typeof ImportJobSchema>;
export type ImportPreview = v.InferOutput<typeof ImportPreviewSchema>;
export type ImageFlags = v.InferOutput<typeof ImageFlagsSchema>;
