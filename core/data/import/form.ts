/** Size and channels of a data set where the settings leave them to the images. */
import type { RawImage } from '../decode/raw-image.ts';
import type { ImageSource, SkippedItem, SourceItem } from '../readers/source.ts';
import { decodeInput } from './batch.ts';
import { readItem } from './read-item.ts';
import { MAX_SIZE, MIN_SIZE, type ImportSettings } from './settings.ts';

const DEFAULT_SIZE = 32;
/** Images looked at to find out what they are like. */
const LOOKED_AT = 16;

export interface Form {
  size: number;
  channels: 1 | 3;
}

/** The size and channels that an import of this source with these settings has. Looks at a few images if it must. */
export async function settleForm(
  source: ImageSource,
  { size, channels }: Pick<ImportSettings, 'size' | 'channels'>,
  signal?: AbortSignal,
): Promise<Form> {
  if (size !== null && channels !== null) return { size, channels };
  const { shape } = source;
  // Three channels may hold grey images all the same.
  if (shape !== null && (channels !== null || shape.channels === 1)) {
    return { size: size ?? ownSize([shape]), channels: channels ?? 1 };
  }
  const images = await decodeSome(await source.preview(LOOKED_AT, signal));
  return {
    size: size ?? ownSize(shape === null ? images : [shape]),
    channels: channels ?? (images.length > 0 && images.every(isGrey) ? 1 : 3),
  };
}

/** Those of a preview that can be decoded. */
async function decodeSome(items: readonly (SourceItem | { skipped: SkippedItem })[]): Promise<RawImage[]> {
  const images: RawImage[] = [];
  for (const item of items) {
    if ('skipped' in item) continue;
    const input = await readItem(item);
    const image = 'reason' in input ? input : await decodeInput(input);
    if (!('reason' in image)) images.push(image);
  }
  return images;
}

/** The side of squares that are all of one size in range. */
function ownSize(images: readonly { width: number; height: number }[]): number {
  const [first] = images;
  if (first === undefined) return DEFAULT_SIZE;
  const { width } = first;
  const fits = images.every((image) => image.width === width && image.height === width);
  return fits && width >= MIN_SIZE && width <= MAX_SIZE ? width : DEFAULT_SIZE;
}

function isGrey({ channels, data }: RawImage): boolean {
  if (channels === 1) return true;
  for (let at = 0; at < data.length; at += channels) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false;
  }
  return true;
}
