/** An image file as an image of a data set: the same pixels that an import makes of it. */
import fs from 'node:fs/promises';
import { decodeImage } from '../../data/decode/decode.ts';
import { UnusableImage } from '../../data/decode/unusable-image.ts';
import type { DatasetRecord, ImageBatch } from '../../data/dataset.ts';
import { prepareImage } from '../../data/import/prepare.ts';
import { DEFAULT_SETTINGS } from '../../data/import/settings.ts';
import type { NetworkConfig } from '../../config/network.ts';
import { UserError } from '../../errors.ts';
import { readProblem } from '../../files.ts';
import { readBytes } from '../../read-file.ts';

/** Files of more bytes are no pictures that a latent could hold. */
const MAX_BYTES = 256 * 2 ** 20;

/** A word that changes with the content of a file. @throws UserError when it cannot be read, or is too large for a picture */
export async function stampOf(file: string): Promise<string> {
  try {
    const { size, mtimeMs } = await fs.stat(file);
    if (size > MAX_BYTES) {
      throw new UserError(`${file} is larger than 256 MB; give a smaller picture.`, {
        code: 'unreadable',
        file,
      });
    }
    return `${size} ${mtimeMs}`;
  } catch (error) {
    throw readProblem(error, file);
  }
}

/**
 * Reads an image file and brings it into the form that the network takes: fit and colours as the data set was imported
 * with, else as an import does unless asked otherwise.
 *
 * @param settings of the run's data set; null where there is none, or it is not known
 * @throws UserError when the file cannot be read or is no image
 */
export async function readImageFile(
  file: string,
  { imageSize, channels }: Pick<NetworkConfig, 'imageSize' | 'channels'>,
  settings: DatasetRecord['settings'],
): Promise<{ image: ImageBatch; stamp: string }> {
  const stamp = await stampOf(file);
  let bytes: Buffer;
  try {
    bytes = await readBytes(file);
  } catch (error) {
    throw readProblem(error, file);
  }
  const { fit, padColour, background } = settings ?? DEFAULT_SETTINGS;
  try {
    const pixels = prepareImage(await decodeImage(bytes), {
      size: imageSize,
      channels,
      // Only CelebA's own files have the size that its cut is made for.
      fit: fit === 'celeba' ? 'crop' : fit,
      padColour,
      background,
    });
    return { image: { count: 1, height: imageSize, width: imageSize, channels, data: pixels }, stamp };
  } catch (error) {
    if (!(error instanceof UnusableImage)) throw error;
    throw new UserError(`${file} cannot be used as an image (${error.message}); give another file.`, {
      code: 'unreadable',
      file,
      cause: error,
    });
  }
}
