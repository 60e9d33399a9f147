/** Images as PNG files of their own: in a folder, or in a zip archive. */
import fs from 'node:fs/promises';
import path from 'node:path';
import type { FileHandle } from 'node:fs/promises';
import { makeFolder } from '../../files.ts';
import { encodePng } from '../png.ts';
import { ZipStream } from '../zip-stream.ts';
import type { SetFormat, SetLook, SetShape, SetWriter, WrittenPart } from './set.ts';

/** PNG files made at once. */
const AT_ONCE = 4;

/** A PNG for each image, `sample-000001.png` and so on. */
export const pngFolder: SetFormat = {
  ending: null,
  words: 'a folder of PNG files',
  begin: async (target, shape, look) => {
    await makeFolder(target);
    return {
      write: (part) =>
        eachPng(part, shape, look, (name, png) => fs.writeFile(path.join(target, name), png, { flag: 'wx' })),
      finish: () => Promise.resolve(),
      abort: () => Promise.resolve(),
    };
  },
};

/** The same files in a zip archive. */
export const zipOfPngs: SetFormat = {
  ending: '.zip',
  words: 'a zip file',
  begin: async (target, shape, look) => {
    const file = await fs.open(target, 'wx');
    const zip = new ZipStream(file);
    return {
      write: (part) => eachPng(part, shape, look, (name, png) => zip.add(name, png)),
      ...ending(file, zip),
    };
  },
};

/** How a file with a zip archive comes to its end. */
export function ending(file: FileHandle, zip: ZipStream): Pick<SetWriter, 'finish' | 'abort'> {
  return {
    finish: async () => {
      await zip.finish();
      await file.sync();
      await file.close();
    },
    abort: async () => {
      await zip.abort();
      await file.close().catch(() => undefined);
    },
  };
}

/** File name of an image, by its place in the set; names of a set sort in its order. */
export function nameOf(place: number, { count }: Pick<SetShape, 'count'>, { word }: SetLook): string {
  return `${word}-${String(place + 1).padStart(Math.max(4, String(count).length), '0')}.png`;
}

/** Pixels of an image of a part. */
export function pixelsOf({ images }: WrittenPart, place: number): Uint8Array {
  const size = images.height * images.width * images.channels;
  return images.data.subarray(place * size, (place + 1) * size);
}

/** Encodes the images of a part, some at once, and hands them over in order. */
export async function eachPng(
  part: WrittenPart,
  shape: SetShape,
  look: SetLook,
  take: (name: string, png: Uint8Array, place: number) => Promise<void>,
): Promise<void> {
  const { height, width, channels, count } = part.images;
  for (let first = 0; first < count; first += AT_ONCE) {
    const places = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i) => first + i);
    const made = await Promise.all(
      places.map((place) =>
        encodePng({ height, width, channels, data: pixelsOf(part, place) }, part.texts[place]),
      ),
    );
    for (const [i, png] of made.entries()) {
      const place = first + i;
      await take(nameOf(part.start + place, shape, look), png, place);
    }
  }
}
