/** Arrays of numbers in a file, row by row, and the images in them. */
import { elementCount } from '../../shape.ts';
import { UserError } from '../../errors.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import type { ImageArray } from './array-images.ts';
import { type ByteStream, type RandomBytes, streamOf } from './bytes.ts';
import { MAX_HELD_ARRAY_BYTES } from './caps.ts';
import type { Labels } from './labels.ts';
import type { ArrayLayout } from './layout.ts';
import { type NumberType, readNumbers } from './numbers.ts';
import { toPixels, type ValueRange } from './pixel-scale.ts';
import type { SkippedItem, SourceItem } from './source.ts';
import { countOf } from './words.ts';

/** Where an array's bytes are. */
export interface ArrayData {
  /** What sentences call it. */
  name: string;
  /** What items are called: `<short name>[<index>]`. */
  shortName: string;
  /** The bytes when they can be read by position, from the array's first number on; else null. */
  random: RandomBytes | null;
  /** The bytes in their order, from the array's first number on. */
  open(): Promise<ByteStream>;
  /** True when the stream's end is to be compared with the array's. */
  mayHoldMore: boolean;
}

export interface NumberArray {
  data: ArrayData;
  type: NumberType;
  shape: readonly number[];
  /** True when the first axis varies fastest. */
  fortran: boolean;
}

/** Memory for images that are put together from all over a file. */
const GATHERED_BYTES = 64 * 2 ** 20;
const FIRST_GATHERED = 256;

/**
 * The images of an array of numbers.
 *
 * @param range what the numbers mean, by `guessRanges`
 */
export function numberImages(
  array: NumberArray,
  layout: ArrayLayout,
  range: ValueRange,
  labels: Labels | null,
): ImageArray {
  const { data, type } = array;
  const { count, height, width, channels, planar } = layout;
  const toEntry = (bytes: Uint8Array, index: number): SourceItem | { skipped: SkippedItem } => {
    const file = `${data.shortName}[${index}]`;
    try {
      const values = toPixels(readNumbers(bytes, type), range.scale);
      const pixels = planar ? channelsLast(values, channels) : values;
      const className = labels?.classOf(index) ?? null;
      return { file, className, content: { kind: 'raw', height, width, channels, data: pixels } };
    } catch (error) {
      if (error instanceof UnusableImage) return { skipped: { file, reason: error.message } };
      throw error;
    }
  };
  return {
    ...{ name: data.name, count, height, width, channels },
    jumps: data.random !== null && !array.fortran,
    settle: (signal) => range.settle(signal),
    ...(array.fortran ? { previewReach: FIRST_GATHERED } : {}),
    async *entries(from, signal) {
      let index = from;
      for await (const bytes of imageBytes(array, layout, from, count, signal)) yield toEntry(bytes, index++);
    },
  };
}

export function bytesPerImage({ type }: NumberArray, { height, width, channels }: ArrayLayout): number {
  return height * width * channels * type.size;
}

/** Bytes of the images `from` to `to`, each in memory of its own, their axes in C's order. */
export async function* imageBytes(
  array: NumberArray,
  layout: ArrayLayout,
  from: number,
  to: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  if (array.fortran) {
    yield* gatheredImages(array, layout, from, to, signal);
    return;
  }
  const { data } = array;
  const perImage = bytesPerImage(array, layout);
  // From the start by `open`, which may compare a checksum at the end.
  const jumps = from > 0 ? data.random : null;
  const stream = jumps === null ? await data.open() : streamOf(jumps, from * perImage);
  try {
    if (jumps === null && from > 0) await stream.skip(from * perImage);
    for (let index = from; index < to; index++) {
      const bytes = await stream.read(perImage);
      if (bytes.length < perImage) throw endsEarly(array, index, layout.count);
      yield bytes;
    }
    if (to === layout.count && data.mayHoldMore && (await stream.read(1)).length > 0) {
      throw new UserError(
        `${data.name} is damaged: it holds more data than its header says; copy or download it again.`,
        { code: 'unreadable', file: data.name },
      );
    }
  } finally {
    await stream.close();
  }
}

function endsEarly({ data }: NumberArray, index: number, count: number): UserError {
  return new UserError(
    `${data.name} is cut off: its header says ${countOf(count, 'image')}, but it ends after ${index.toLocaleString('en-US')}; copy or download it again.`,
    { code: 'unreadable', file: data.name },
  );
}

/** Images of an array in Fortran's order, where the numbers of one image lie all over the file. */
async function* gatheredImages(
  array: NumberArray,
  layout: ArrayLayout,
  from: number,
  to: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { data, type } = array;
  const bytes = data.random ?? (await held(array));
  const axes = layout.single ? array.shape : array.shape.slice(1);
  const positions = elementCount(axes);
  const perImage = positions * type.size;
  const target = fortranToC(axes);
  const most = Math.max(1, Math.floor(GATHERED_BYTES / perImage));
  // The first few soon, for a preview; then many at a time, as each takes a read for every pixel.
  for (
    let start = from, atOnce = Math.min(FIRST_GATHERED, most);
    start < to;
    start += atOnce, atOnce = most
  ) {
    const number = Math.min(to - start, atOnce);
    const gathered = Array.from({ length: number }, () => new Uint8Array(perImage));
    // One image alone is one run of numbers.
    const whole = layout.single ? await bytes.read(0, perImage) : null;
    for (let p = 0; p < positions; p++) {
      signal?.throwIfAborted();
      const at = (layout.single ? p : p * layout.count + start) * type.size;
      const run = whole?.subarray(at, at + type.size) ?? (await bytes.read(at, number * type.size, true));
      if (run.length < number * type.size) throw endsEarly(array, start, layout.count);
      for (let i = 0; i < number; i++) {
        gathered[i]!.set(run.subarray(i * type.size, (i + 1) * type.size), target[p]! * type.size);
      }
    }
    yield* gathered;
  }
}

/** For each position in Fortran's order the position in C's order. */
function fortranToC(axes: readonly number[]): Uint32Array {
  const positions = elementCount(axes);
  const result = new Uint32Array(positions);
  for (let p = 0; p < positions; p++) {
    let rest = p;
    let stride = positions;
    let at = 0;
    for (const size of axes) {
      stride /= size;
      at += (rest % size) * stride;
      rest = Math.floor(rest / size);
    }
    result[p] = at;
  }
  return result;
}

/** All bytes of an array that cannot be read by position. @throws UserError when they are too many */
async function held({ data, type, shape }: NumberArray): Promise<RandomBytes> {
  const size = type.size * elementCount(shape);
  if (size > MAX_HELD_ARRAY_BYTES) {
    throw new UserError(
      `${data.name} is compressed and in Fortran order, too large to be read so; save it with np.ascontiguousarray.`,
      { code: 'unreadable', file: data.name },
    );
  }
  const stream = await data.open();
  try {
    const all = await stream.read(size);
    return {
      name: data.name,
      size: all.length,
      read: async (at, length) => all.slice(at, at + length),
    };
  } finally {
    await stream.close();
  }
}

/** Channels first → channels last. */
export function channelsLast(planes: Uint8Array, channels: number): Uint8Array {
  if (channels === 1) return planes;
  const result = new Uint8Array(planes.length);
  for (let c = 0, from = 0; c < channels; c++) {
    for (let to = c; to < result.length; to += channels) result[to] = planes[from++]!;
  }
  return result;
}
