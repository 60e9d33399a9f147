/** What a user points at, seen as a stream of images: folders, archives, arrays, tables. */
import type { RawImage } from '../decode/raw-image.ts';
import type { NameEncoding } from './name-encoding.ts';

export type SourceKind =
  'sample' | 'folder' | 'zip' | 'tar' | 'idx' | 'cifar' | 'npy' | 'npz' | 'parquet' | 'tiles' | 'files';

/** Where images can come from: what the user points at, or another data set's pixels. */
export type OriginKind = SourceKind | 'dataset';

/** What the user points at. */
export interface SourceRequest {
  /** null: guessed by content. `files`: several single images (dropped, pasted). */
  kind: SourceKind | null;
  /** One path for most kinds; none for the sample. */
  paths: readonly string[];
  /** Cut the image into squares of `size` pixels (64 when left out), `stride` apart (`size` when left out). */
  tile?: { size?: number; stride?: number };
  /** How an array's axes are to be read; guessed when left out or `auto`. */
  layout?: 'NHWC' | 'NCHW' | 'auto';
  /** File of labels; undefined: looked for beside the images; null: none. */
  labelsPath?: string | null;
  /** Name of the array or column with the images, and with the labels; guessed when left out. */
  imagesKey?: string;
  labelsKey?: string;
  /** Encoding of the names in a zip archive, where it does not say; guessed when left out. */
  zipEncoding?: NameEncoding;
}

export type ItemContent =
  | {
      kind: 'encoded';
      /** The bytes of an image file, of bounded size. Rejects with `UnusableImage` (leave it out) or a `UserError`. */
      read(): Promise<Uint8Array>;
      /** Where the bytes are a whole file of the disk: a worker may as well read it with `readImageFile`. Bytes where it is not UTF-8. */
      path?: string | Uint8Array;
    }
  /** Pixels; `data` is the receiver's own and has a buffer of its own, so it may be transferred. */
  | ({ kind: 'raw' } & RawImage);

export interface SourceItem {
  /** Path or index within the source, for lists. */
  file: string;
  className: string | null;
  /** Whether the source itself holds it out of training; left out where it says nothing of that. */
  heldOut?: boolean;
  content: ItemContent;
}

/** What was left out, and why in few words. */
export interface SkippedItem {
  file: string;
  reason: string;
}

/** One of several kinds of data in a folder. */
export interface Rival {
  kind: SourceKind;
  /** Number of images; null when only known at the end. */
  total: number | null;
}

export interface ImageSource {
  readonly kind: OriginKind;
  /** One sentence of what was found and guessed: `A zip archive with 12,000 JPEG images in 10 class folders.` */
  readonly description: string;
  /** Number of items, skipped ones too; null when only known at the end. */
  readonly total: number | null;
  /** Class names when the source has labels or class folders, else null. */
  readonly classNames: readonly string[] | null;
  /** Number of items without a class where others have one; 0 without classes, null when only known at the end. */
  readonly unlabelled: number | null;
  /**
   * Other kinds of data in the same place, of so much weight that a person has to say which is meant: all of them, the
   * one that this source reads first. Left out when there is no question.
   */
  readonly rivals?: readonly Rival[];
  /** Size of the images when all are known to be the same, else null. */
  readonly shape: { height: number; width: number; channels: 1 | 3 | 4 } | null;
  /**
   * All images in their order. A `read` of one item may be called until {@link ImageSource.close}.
   *
   * @throws UserError when the source itself is damaged or vanishes; the signal's reason when aborted
   */
  items(signal?: AbortSignal): AsyncIterable<SourceItem | { skipped: SkippedItem }>;
  /** For previews: up to `count` items spread over the source, cheaply. */
  preview(count: number, signal?: AbortSignal): Promise<readonly (SourceItem | { skipped: SkippedItem })[]>;
  /**
   * What one should know of the source beside what is left out of it: one sentence each, none when left out. All are
   * known once the items have been read.
   */
  remarks?(): readonly string[];
  close(): Promise<void>;
}
