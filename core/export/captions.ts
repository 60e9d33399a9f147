/** Words below the images of a grid. */
import sharp from 'sharp';
import type { ImageBatch } from '../data/dataset.ts';
import { UserError } from '../errors.ts';

/** Height of the band below an image of this width, in pixels. */
export function bandOf(width: number): number {
  return Math.min(28, Math.max(11, Math.round(width / 6)));
}

/**
 * Images with a band below each that its words stand in, black or white as the background wants it.
 *
 * @param background grey level of the bands
 * @throws UserError when the machine has no fonts
 */
export async function withCaptions(
  images: ImageBatch,
  captions: readonly string[],
  background = 255,
): Promise<ImageBatch> {
  const { count, height, width, channels } = images;
  const band = bandOf(width);
  await checkFonts(band);
  const masks = new Map<string, Uint8Array>();
  const line = width * channels;
  const data = new Uint8Array(count * (height + band) * line).fill(background);
  const ink = background < 128 ? 255 : 0;
  for (let i = 0; i < count; i++) {
    const top = i * (height + band) * line;
    data.set(images.data.subarray(i * height * line, (i + 1) * height * line), top);
    const words = captions[i] ?? '';
    if (words === '') continue;
    const mask = masks.get(words) ?? (await maskOf(words, width, band));
    masks.set(words, mask);
    for (let pixel = 0; pixel < mask.length; pixel++) {
      const share = (mask[pixel] ?? 0) / 255;
      const at = top + height * line + pixel * channels;
      for (let c = 0; c < channels; c++) data[at + c] = Math.round(background + share * (ink - background));
    }
  }
  return { count, height: height + band, width, channels, data };
}

/** Words as ink, 0 … 255, in the middle of width × band pixels; longer ones are made smaller. */
async function maskOf(words: string, width: number, band: number): Promise<Uint8Array> {
  const { data, info } = await sharp(await drawn(words, band))
    .resize({ width, height: band - 2, fit: 'inside', withoutEnlargement: true })
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const mask = new Uint8Array(width * band);
  const left = Math.floor((width - info.width) / 2);
  const top = Math.floor((band - info.height) / 2);
  for (let y = 0; y < info.height; y++) {
    mask.set(data.subarray(y * info.width, (y + 1) * info.width), (top + y) * width + left);
  }
  return mask;
}

/** White words on black, as a PNG. */
async function drawn(words: string, band: number): Promise<Buffer> {
  const text = words.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return sharp({ text: { text, font: `sans ${Math.round(0.62 * band)}px`, dpi: 72 } })
    .png()
    .toBuffer();
}

let known: boolean | null = null;

/** Without fonts all letters look alike. */
async function checkFonts(band: number): Promise<void> {
  known ??= await (async () => {
    try {
      const [a, b] = [await maskOf('A', 64, band), await maskOf('W', 64, band)];
      return !Buffer.from(a).equals(b) && a.some((value) => value > 0);
    } catch {
      return false;
    }
  })();
  if (known) return;
  throw new UserError(
    'Captions cannot be written, since this machine has no fonts; install some (on Debian fonts-dejavu-core), or leave out --captions.',
    {
      code: 'not-found',
      window:
        'Captions cannot be written, since this machine has no fonts; install some (on Debian fonts-dejavu-core), or leave captions out.',
    },
  );
}
