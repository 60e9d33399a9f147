/** Sets of images from where they are made into files: whole or not at all, with memory that does not grow where the format allows it. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { writeNewFile, writeProblem } from '../files.ts';
import {
  checkOutput,
  checkOutputFolder,
  isStreamTarget,
  type OutputOptions,
  writeOutput,
  writeOutputFolder,
} from '../output.ts';
import { enlarge, type Kernel } from './enlarge.ts';
import { FORMATS, type FormatName } from './sets/formats.ts';
import type { AnimationLook, ImageSource, SetLook, SetShape } from './sets/set.ts';
import { checkFileName, checkFolderName } from './target.ts';

export interface SetExportOptions extends OutputOptions {
  as: FormatName;
  /** Each pixel becomes scale × scale pixels. Default: 1. */
  scale?: number | undefined;
  kernel?: Kernel | undefined;
  columns?: number | undefined;
  gap?: number | undefined;
  background?: number | undefined;
  captions?: 'number' | 'class' | undefined;
  animation?: Partial<AnimationLook> | undefined;
  /** Says in the files, and in a JSON beside them, where the images come from. Default: true. */
  provenance?: boolean | undefined;
  /** Writes the JSON too. Default: as `provenance`. */
  note?: boolean | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface SetExport {
  /** Absolute paths: the file or folder, and the JSON that belongs to it. */
  files: string[];
  images: number;
}

/** In a folder of images, what says where they come from. */
export const FOLDER_NOTE = 'covae-export.json';

const ANIMATION: AnimationLook = { framesPerSecond: 10, loop: 0, hold: 0, pingPong: false };

/** Where the JSON of an exported file or folder is. */
export function noteOf(target: string, as: FormatName): string {
  return FORMATS[as].ending === null ? path.join(target, FOLDER_NOTE) : `${target}.json`;
}

/**
 * Refuses what {@link exportSet} would, before the slow part begins.
 *
 * @throws UserError in one sentence: something is there, or no folder for it, the name promises another format
 */
export async function checkSetTarget(
  to: string,
  {
    as,
    force,
    provenance = true,
    note = provenance,
  }: Pick<SetExportOptions, 'as' | 'force' | 'provenance' | 'note'>,
): Promise<void> {
  const target = path.resolve(to);
  const { ending } = FORMATS[as];
  if (ending === null) {
    checkOutputFolder(target);
    await checkFolderName(target, 'a folder');
    return;
  }
  checkFileName(target, ending, 'these images');
  await fs.stat(path.dirname(target)).catch((error: unknown) => {
    throw writeProblem(error, 'images', target);
  });
  checkOutput(target, { force });
  if (note && !isStreamTarget(target)) checkOutput(noteOf(target, as), { force });
}

/**
 * Writes a set of images as it is made.
 *
 * @param to file or folder; nothing is replaced without `force`, and no folder with something in it ever
 * @throws UserError in one sentence: the target is there already, disk full, the set does not go into the format; what the
 *   source throws; the signal's reason when aborted. Nothing is left behind then
 */
export async function exportSet(
  source: ImageSource,
  to: string,
  options: SetExportOptions,
): Promise<SetExport> {
  const { as, force, scale = 1, provenance = true, note = provenance } = options;
  const target = path.resolve(to);
  const format = FORMATS[as];
  await checkSetTarget(target, options);
  const { height, width } = source.shape;
  const shape = { ...source.shape, height: height * scale, width: width * scale };
  const look: SetLook = {
    word: source.word,
    text: provenance ? source.origin(null) : {},
    columns: options.columns ?? source.columns,
    gap: options.gap,
    background: options.background,
    captions: options.captions,
    first: source.first ?? 0,
    animation: { ...ANIMATION, ...options.animation },
  };
  if (source.shape.count > 0) format.check?.(shape, look);
  const said = note ? noteText(source, as, scale) : '';
  const fill = (temporary: string): Promise<void> => fillSet(source, temporary, shape, look, options);
  if (format.ending === null) {
    await writeOutputFolder(target, 'images', async (temporary) => {
      await fill(temporary);
      if (note) await writeNewFile(path.join(temporary, FOLDER_NOTE), said);
    });
    return { files: [target], images: shape.count };
  }
  const write = (): Promise<void> => writeOutput(target, 'images', { force }, fill);
  if (!note || isStreamTarget(target)) {
    await write();
    return { files: [target], images: shape.count };
  }
  // The JSON has its room before the images are drawn, and its name after they have theirs.
  const beside = noteOf(target, as);
  await writeOutput(beside, 'provenance', { force }, async (temporary) => {
    await writeNewFile(temporary, said);
    await write();
  });
  return { files: [target, beside], images: shape.count };
}

async function fillSet(
  source: ImageSource,
  temporary: string,
  shape: SetShape,
  look: SetLook,
  { as, scale = 1, kernel = 'nearest', provenance = true, signal, onProgress }: SetExportOptions,
): Promise<void> {
  const writer = await FORMATS[as].begin(temporary, shape, look);
  try {
    let start = 0;
    for await (const { images, labels } of source.parts(signal)) {
      signal?.throwIfAborted();
      const texts = provenance
        ? Array.from({ length: images.count }, (_, i) => source.origin(start + i))
        : [];
      await writer.write({ images: enlarge(images, scale, kernel), labels, texts, start });
      start += images.count;
      onProgress?.(start, shape.count);
    }
    if (start !== shape.count) throw new Error(`a source gave ${start} images, not ${shape.count}`);
    signal?.throwIfAborted();
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** What stands in the JSON beside a set: the set's own text, and how it is written. */
function noteText(source: ImageSource, as: FormatName, scale: number): string {
  const { Software: software, covae = '{}' } = source.origin(null);
  const { count, height, width, channels, classes } = source.shape;
  const note = {
    format: 'covae-export',
    version: 1,
    software,
    as,
    images: count,
    ...{ height: height * scale, width: width * scale, channels },
    ...(classes !== null && { classes }),
    origin: JSON.parse(covae) as unknown,
  };
  return `${JSON.stringify(note, null, 1)}\n`;
}
