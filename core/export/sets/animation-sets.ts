/** Images as the frames of an animation: GIF, WebP without loss, APNG. */
import fs from 'node:fs/promises';
import sharp from 'sharp';
import type { ImageBatch } from '../../data/dataset.ts';
import { writeNewFile } from '../../files.ts';
import { encodeApng } from '../apng.ts';
import { insertGifComment } from '../gif-comment.ts';
import type { PngText } from '../png.ts';
import { xmpOf } from '../xmp.ts';
import { checkFrames, gather } from './grid-set.ts';
import type { AnimationLook, SetFormat, SetLook } from './set.ts';

/** Frames in the order they are shown in, and how long each stays. */
export interface Film {
  frames: ImageBatch;
  delaysMs: number[];
  loop: number;
  text: PngText;
}

function animation(ending: string, words: string, encode: (film: Film) => Promise<Uint8Array>): SetFormat {
  return {
    ending,
    words,
    check: (shape, { animation: { pingPong } }) =>
      checkFrames({ ...shape, count: pingPong ? Math.max(1, 2 * shape.count - 2) : shape.count }),
    begin: (target, shape, look) => {
      const all = gather(shape);
      return Promise.resolve({
        write: (part) => all.add(part.images),
        finish: async () => writeNewFile(target, await encode(filmOf(all.images, look))),
        abort: () => fs.rm(target, { force: true }),
      });
    },
  };
}

/** GIF counts in hundredths of a second and has 256 colours a frame: colours are approximated, grey by a level at most. */
export const gif = animation('.gif', 'a GIF animation', async ({ frames, delaysMs, loop, text }) => {
  const made = await stacked(frames)
    .gif({ delay: delaysMs, loop, dither: 0, keepDuplicateFrames: true, interPaletteMaxError: 0 })
    .toBuffer();
  return insertGifComment(made, text);
});

export const webp = animation('.webp', 'a WebP animation', ({ frames, delaysMs, loop, text }) =>
  (Object.keys(text).length === 0 ? stacked(frames) : stacked(frames).withXmp(xmpOf(text)))
    .webp({ delay: delaysMs, loop, lossless: true })
    .toBuffer(),
);

export const apng = animation('.png', 'an animated PNG', encodeApng);

/** All frames below one another, as sharp takes an animation. */
function stacked({ count, height, width, channels, data }: ImageBatch): sharp.Sharp {
  const raw = { width, height: height * count, channels };
  return sharp(data, { raw: count > 1 ? { ...raw, pageHeight: height } : raw });
}

export function filmOf(images: ImageBatch, { animation, text }: SetLook): Film {
  const order = orderOf(images.count, animation);
  const size = images.height * images.width * images.channels;
  const data = new Uint8Array(order.length * size);
  order.forEach((frame, i) => data.set(images.data.subarray(frame * size, (frame + 1) * size), i * size));
  // GIF knows no finer times, and the same animation in another format lasts as long.
  const delay = Math.max(20, 10 * Math.round(100 / animation.framesPerSecond));
  const delaysMs = order.map((frame) =>
    frame === 0 || frame === images.count - 1 ? delay + Math.round(animation.hold * 100) * 10 : delay,
  );
  return { frames: { ...images, count: order.length, data }, delaysMs, loop: animation.loop, text };
}

/** Places of the frames as they are shown: there, and with ping-pong back without either end. */
function orderOf(count: number, { pingPong }: AnimationLook): number[] {
  const there = Array.from({ length: count }, (_, i) => i);
  return pingPong ? [...there, ...there.slice(1, -1).reverse()] : there;
}
