/** One image file's bytes → pixels. */
import sharp from 'sharp';
import type { RawImage } from '../readers/source.ts';
import { MAX_PIXELS, UnusableImage } from './unusable-image.ts';

/**
 * Decodes an image file, known by its content and not by its name.
 *
 * @param bytes the whole file
 * @returns uint8, height × width × channels; 1 channel for grey, 4 (RGBA) when there is transparency
 * @throws UnusableImage with the reason in few words
 */
export async function decodeImage(bytes: Uint8Array): Promise<RawImage> {
  if (bytes.length === 0) throw new UnusableImage('empty file');
  try {
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    if (width * height > MAX_PIXELS) {
      throw new UnusableImage(
        `${width} × ${height} pixels, more than the ${MAX_PIXELS / 1e6} million allowed`,
      );
    }
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error' })
      .autoOrient()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { channels } = info;
    if (channels !== 1 && channels !== 3 && channels !== 4) throw new Error(`${channels} channels`);
    return { height: info.height, width: info.width, channels, data };
  } catch (error) {
    if (error instanceof UnusableImage) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new UnusableImage(`damaged or truncated (${(text.split('\n').at(-1) ?? text).trim()})`);
  }
}
