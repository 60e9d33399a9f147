/**
 * Sets of images on their way into files. A source gives its images part by part; a format takes them through one small
 * interface: begin, write, and finish or abort. Neither holds more than a part, unless a format cannot do otherwise.
 */
import type { ImageBatch } from '../../data/dataset.ts';
import type { PngText } from '../png.ts';

export interface SetShape {
  count: number;
  height: number;
  width: number;
  channels: 1 | 3;
  /** Names of the classes that labels number; null where there are no labels. */
  classes: readonly string[] | null;
}

/** Some images, the next ones of a set. */
export interface SetPart {
  images: ImageBatch;
  /** Class of each, null for one without; null where the set has no classes. */
  labels: readonly (number | null)[] | null;
}

/** A set of images that is still to be made. */
export interface ImageSource {
  shape: SetShape;
  /** What one image is called in names of files: `sample`, `frame`. */
  word: string;
  /** Number of the first image, for captions. Default: 0. */
  first?: number;
  /** Images in a row of a grid where nothing else is asked for. Default: as square as it gets. */
  columns?: number;
  /** Says of an image, by its place in the set, or of the whole set (null), where it comes from. */
  origin: (place: number | null) => PngText;
  /** @throws the signal's reason when aborted */
  parts: (signal?: AbortSignal) => AsyncIterable<SetPart>;
}

/** A part as a format takes it: enlarged, with the texts of its images (none without provenance). */
export interface WrittenPart extends SetPart {
  /** Place of the first one in the set. */
  start: number;
  texts: readonly PngText[];
}

/** Begun with a new file or folder; whoever began it gives that its name, or removes it. */
export interface SetWriter {
  write(part: WrittenPart): Promise<void>;
  /** Completes the file; it is flushed then. */
  finish(): Promise<void>;
  /** Lets go of the file. Does nothing after `finish`. */
  abort(): Promise<void>;
}

/** What a set looks like where a format asks for it. */
export interface SetLook {
  word: string;
  /** Text of the whole; empty without provenance. */
  text: PngText;
  columns?: number | undefined;
  /** Pixels between the images of a grid. */
  gap?: number | undefined;
  /** Grey level between them. */
  background?: number | undefined;
  /** What stands below each image of a grid. */
  captions?: 'number' | 'class' | undefined;
  /** Number of the first image. */
  first: number;
  animation: AnimationLook;
}

export interface AnimationLook {
  framesPerSecond: number;
  /** How many times it plays; 0: for ever. */
  loop: number;
  /** Seconds that the first and the last frame stay longer. */
  hold: number;
  /** Goes back the way it came. */
  pingPong: boolean;
}

export interface SetFormat {
  /** Ending of the file, `.zip` for instance; null for a folder. */
  ending: string | null;
  /** In words: `a zip file`. */
  words: string;
  /** @throws UserError in one sentence when a set of this shape does not go into the format */
  check?: (shape: SetShape, look: SetLook) => void;
  /** Begins a new file, or folder, of this name. */
  begin: (target: string, shape: SetShape, look: SetLook) => Promise<SetWriter>;
}
