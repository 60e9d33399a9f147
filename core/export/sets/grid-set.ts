/** All images of a set in one PNG. */
import fs from 'node:fs/promises';
import type { ImageBatch } from '../../data/dataset.ts';
import { UserError } from '../../errors.ts';
import { writeNewFile } from '../../files.ts';
import { countOf } from '../../words.ts';
import { GRID_MARGIN, layoutGrid } from '../grid.ts';
import { encodePng } from '../png.ts';
import { bandOf, withCaptions } from '../captions.ts';
import type { SetFormat, SetLook, SetShape, WrittenPart } from './set.ts';

/** As many pixels as one picture is given; more opens nowhere. */
export const MAX_PIXELS = 100_000_000;

export const gridPng: SetFormat = {
  ending: '.png',
  words: 'a PNG grid',
  check: (shape, look) => {
    const columns = look.columns ?? Math.ceil(Math.sqrt(shape.count));
    const gap = look.gap ?? GRID_MARGIN;
    const width = columns * (shape.width + gap) + gap;
    const band = look.captions === undefined ? 0 : bandOf(shape.width);
    const height = Math.ceil(shape.count / columns) * (shape.height + band + gap) + gap;
    if (look.captions === 'class' && shape.classes === null) {
      throw new UserError('These images have no classes to stand below them; ask for --captions number.', {
        code: 'usage',
        key: 'captions',
        window: 'These images have no classes to stand below them; let their numbers stand there.',
      });
    }
    if (width * height <= MAX_PIXELS && Math.max(width, height) <= 65_535) return;
    throw new UserError(
      `A grid of ${countOf(shape.count, 'image')} would be ${width} × ${height} pixels; ask for fewer images or a smaller --scale, or write them as a zip.`,
      {
        code: 'usage',
        window: `A grid of ${countOf(shape.count, 'image')} would be ${width} × ${height} pixels; export fewer images, enlarge them less, or write them as a zip.`,
      },
    );
  },
  begin: (target, shape, look) => {
    const all = gather(shape);
    const captions: string[] = [];
    return Promise.resolve({
      write: (part) => {
        for (let i = 0; i < part.images.count; i++) captions.push(captionOf(part, i, shape, look));
        return all.add(part.images);
      },
      finish: async () => {
        const { columns, gap, background, text } = look;
        const tiles =
          look.captions === undefined ? all.images : await withCaptions(all.images, captions, background);
        const raster = layoutGrid(tiles, {
          ...(columns !== undefined && { columns }),
          ...(gap !== undefined && { margin: gap }),
          ...(background !== undefined && { background }),
        });
        await writeNewFile(target, await encodePng(raster, text));
      },
      abort: () => fs.rm(target, { force: true }),
    });
  },
};

/** What stands below an image. */
function captionOf(
  { start, labels }: WrittenPart,
  place: number,
  { classes }: SetShape,
  { captions, first }: SetLook,
): string {
  if (captions === 'number') return String(first + start + place);
  const label = labels?.[place] ?? null;
  return captions === 'class' && label !== null ? (classes?.[label] ?? `class ${label}`) : '';
}

/** Collects the images of a set in memory. */
export function gather(shape: SetShape): { images: ImageBatch; add: (part: ImageBatch) => Promise<void> } {
  const { count, height, width, channels } = shape;
  const images = { count, height, width, channels, data: new Uint8Array(count * height * width * channels) };
  let filled = 0;
  return {
    images,
    add: ({ data }) => {
      images.data.set(data, filled);
      filled += data.length;
      return Promise.resolve();
    },
  };
}

/** @throws UserError when the frames together have more pixels than {@link MAX_PIXELS} */
export function checkFrames({ count, height, width }: SetShape): void {
  if (count * height * width <= MAX_PIXELS) return;
  throw new UserError(
    `An animation of ${countOf(count, 'frame')} of ${width} × ${height} pixels is too large; ask for fewer frames or a smaller --scale, or write them as --as frames.`,
    {
      code: 'usage',
      window: `An animation of ${countOf(count, 'frame')} of ${width} × ${height} pixels is too large; take fewer frames, enlarge them less, or write them as single pictures.`,
    },
  );
}
