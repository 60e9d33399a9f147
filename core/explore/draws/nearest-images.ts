/** The images of a data set that are nearest to one picture, pixel by pixel: whether it is a copy. */
import { setImmediate as turn } from 'node:timers/promises';
import type { PackedDataset } from '../../data/packed.ts';

export interface NearImage {
  /** Number of the image in the data set. */
  index: number;
  /** Root of the mean squared difference of pixels, 0 … 1. */
  distance: number;
}

export interface Nearest {
  images: NearImage[];
  /**
   * Distance of the nearest image to its own nearest neighbour in the data set; null where it is the only one. A picture much
   * nearer than that looks like a copy.
   */
  neighbourDistance: number | null;
}

/** Images that are read at a time. */
const PART = 1024;

/**
 * Looks at every image of a data set; nothing is approximated.
 *
 * @param picture as many bytes as an image of the data set
 * @throws the signal's reason when aborted
 */
export async function nearestImages(
  picture: Uint8Array,
  dataset: PackedDataset,
  wanted: number,
  signal?: AbortSignal,
): Promise<Nearest> {
  const images = await nearestTo(picture, dataset, wanted, -1, signal);
  const [first] = images;
  if (first === undefined) return { images, neighbourDistance: null };
  const [other] = await nearestTo(dataset.readAt([first.index]), dataset, 1, first.index, signal);
  return { images, neighbourDistance: other?.distance ?? null };
}

/** @param but an image that does not count */
async function nearestTo(
  picture: Uint8Array,
  dataset: PackedDataset,
  wanted: number,
  but: number,
  signal: AbortSignal | undefined,
): Promise<NearImage[]> {
  const size = picture.length;
  const found: { index: number; square: number }[] = [];
  let bound = Infinity;
  for (let start = 0; start < dataset.count; start += PART) {
    signal?.throwIfAborted();
    const { count, data } = await dataset.readImages(start, PART);
    for (let row = 0; row < count; row++) {
      if (start + row === but) continue;
      let square = 0;
      let at = row * size;
      // Looked at in strides, so that most images are left early.
      for (let k = 0; k < size && square < bound;) {
        const end = Math.min(size, k + 64);
        for (; k < end; k++) {
          const difference = data[at++]! - picture[k]!;
          square += difference * difference;
        }
      }
      if (square >= bound) continue;
      let place = found.length;
      while (place > 0 && found[place - 1]!.square > square) place--;
      found.splice(place, 0, { index: start + row, square });
      if (found.length > wanted) found.pop();
      if (found.length === wanted) bound = found[wanted - 1]!.square;
    }
    await turn();
  }
  return found.map(({ index, square }) => ({ index, distance: Math.sqrt(square / size) / 255 }));
}
