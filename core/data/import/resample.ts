/**
 * Resampling as Pillow does it, to the last bit: `Image.resize(…, LANCZOS, box, reducing_gap=3)`. A Lanczos kernel of
 * three lobes, widened by the factor an image shrinks by, in fixed point with 22 bits; images that shrink very much
 * are averaged over whole blocks first. (Pillow 13, src/libImaging/Resample.c and Reduce.c.)
 */

/** uint8 pixels, height × width × channels, row by row. */
export interface Plane {
  height: number;
  width: number;
  channels: 1 | 3;
  data: Uint8Array;
}

/** A part of an image in pixels, edges may lie between two pixels: left, top, right, bottom. */
export type Box = readonly [number, number, number, number];

const PRECISION_BITS = 22;
const LOBES = 3;

/** A kernel's shape, 0 at a distance of `lobes` pixels and beyond. */
interface Shape {
  name: string;
  lobes: number;
  at: (x: number) => number;
}

const LANCZOS: Shape = { name: 'lanczos', lobes: LOBES, at: lanczos };
const TRIANGLE: Shape = { name: 'triangle', lobes: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) };
const CUBIC: Shape = { name: 'cubic', lobes: 2, at: cubic };
/** Shrunk by averaging blocks until it is this many times too large at least. */
const REDUCING_GAP = 3;

/**
 * A whole image at `width` × `height` pixels as `Image.resize(…, BILINEAR)` makes it, which is what torchvision's `Resize`
 * asks for: a triangle, widened as the Lanczos kernel is, without blocks averaged first.
 */
export function resampleBilinear(image: Plane, width: number, height: number): Plane {
  return convolve(image, width, height, [0, 0, image.width, image.height], TRIANGLE);
}

/** As {@link resampleBilinear}, `Image.resize(…, BICUBIC)`. */
export function resampleBicubic(image: Plane, width: number, height: number): Plane {
  return convolve(image, width, height, [0, 0, image.width, image.height], CUBIC);
}

/** Brings the part of an image in `box` to `width` × `height` pixels. */
export function resample(image: Plane, width: number, height: number, box: Box): Plane {
  const [left, top, right, bottom] = box;
  const byX = Math.trunc((right - left) / width / REDUCING_GAP) || 1;
  const byY = Math.trunc((bottom - top) / height / REDUCING_GAP) || 1;
  if (byX === 1 && byY === 1) return convolve(image, width, height, box);
  const marginX = (LOBES - 0.5) * ((right - left) / width);
  const marginY = (LOBES - 0.5) * ((bottom - top) / height);
  const x = Math.max(0, Math.trunc(left - marginX));
  const y = Math.max(0, Math.trunc(top - marginY));
  const part = {
    x,
    y,
    width: Math.min(image.width, Math.ceil(right + marginX)) - x,
    height: Math.min(image.height, Math.ceil(bottom + marginY)) - y,
  };
  const reduced = reduce(image, part, byX, byY);
  return convolve(reduced, width, height, [
    (left - x) / byX,
    (top - y) / byY,
    (right - x) / byX,
    (bottom - y) / byY,
  ]);
}

/** Means of blocks of byX × byY pixels; those at the right and lower edge may be smaller. */
function reduce(
  { data, channels, width: stride }: Plane,
  part: { x: number; y: number; width: number; height: number },
  byX: number,
  byY: number,
): Plane {
  const width = Math.ceil(part.width / byX);
  const height = Math.ceil(part.height / byY);
  const result = new Uint8Array(width * height * channels);
  // 255 times the pixels of a block: fits for images of 16 million times the result's pixels.
  const sums = new Uint32Array(width * channels);
  const add = channels === 3 ? addBlocksOfThree : addBlocksOfOne;
  for (let y = 0; y < height; y++) {
    const rows = Math.min(byY, part.height - y * byY);
    sums.fill(0);
    for (let row = 0; row < rows; row++) {
      add(data, ((part.y + y * byY + row) * stride + part.x) * channels, part.width, byX, sums);
    }
    for (let x = 0; x < width; x++) {
      const area = rows * Math.min(byX, part.width - x * byX);
      const multiplier = Math.floor(2 ** 24 / area);
      for (let c = 0; c < channels; c++) {
        const sum = sums[x * channels + c]! + (area >> 1);
        result[(y * width + x) * channels + c] = Math.floor((sum * multiplier) / 2 ** 24);
      }
    }
  }
  return { width, height, channels, data: result };
}

function addBlocksOfOne(data: Uint8Array, at: number, pixels: number, by: number, sums: Uint32Array): void {
  for (let x = 0; x < sums.length; x++) {
    let sum = 0;
    for (const end = at + Math.min(by, pixels - x * by); at < end; at++) sum += data[at]!;
    sums[x]! += sum;
  }
}

function addBlocksOfThree(data: Uint8Array, at: number, pixels: number, by: number, sums: Uint32Array): void {
  for (let x = 0, to = 0; to < sums.length; x++, to += 3) {
    let red = 0;
    let green = 0;
    let blue = 0;
    for (const end = at + 3 * Math.min(by, pixels - x * by); at < end; at += 3) {
      red += data[at]!;
      green += data[at + 1]!;
      blue += data[at + 2]!;
    }
    sums[to]! += red;
    sums[to + 1]! += green;
    sums[to + 2]! += blue;
  }
}

function convolve(
  image: Plane,
  width: number,
  height: number,
  [left, top, right, bottom]: Box,
  shape = LANCZOS,
): Plane {
  const { channels } = image;
  const isWidth = width === image.width && left === 0 && right === width;
  const isHeight = height === image.height && top === 0 && bottom === height;
  const horizontal = isWidth ? null : kernel(image.width, left, right, width, shape);
  const vertical = isHeight ? null : kernel(image.height, top, bottom, height, shape);
  let { data } = image;
  // As Pillow decides since version 13, to save work; the roundings in between depend on it.
  const lost = image.height - height;
  if (vertical && lost > 0 && lost > (image.width - width) * 2) {
    data = alongColumns(data, image.width * channels, 0, vertical);
    if (horizontal) data = alongRows(data, image.width, height, channels, horizontal);
    return { width, height, channels, data };
  }
  let firstRow = 0;
  if (horizontal) {
    // Only the rows that the vertical pass looks at.
    const last = height - 1;
    firstRow = vertical?.starts[0] ?? 0;
    const end = vertical ? vertical.starts[last]! + vertical.counts[last]! : image.height;
    const used = data.subarray(firstRow * image.width * channels);
    data = alongRows(used, image.width, end - firstRow, channels, horizontal);
  }
  if (vertical) data = alongColumns(data, width * channels, firstRow, vertical);
  return { width, height, channels, data };
}

/** Weights of the input pixels `starts[i]` … `starts[i] + counts[i] − 1` for each output pixel i. */
interface Kernel {
  size: number;
  starts: Int32Array;
  counts: Int32Array;
  weights: Int32Array;
}

/** Images of one size come in thousands. */
const kernels = new Map<string, Kernel>();
const KERNELS_KEPT = 64;

function kernel(inputs: number, from: number, to: number, outputs: number, shape: Shape): Kernel {
  const key = `${shape.name} ${inputs} ${from} ${to} ${outputs}`;
  let known = kernels.get(key);
  if (!known) {
    if (kernels.size >= KERNELS_KEPT) kernels.clear();
    known = makeKernel(inputs, from, to, outputs, shape);
    kernels.set(key, known);
  }
  return known;
}

function makeKernel(inputs: number, from: number, to: number, outputs: number, shape: Shape): Kernel {
  const scale = (to - from) / outputs;
  const widened = Math.max(1, scale);
  const support = shape.lobes * widened;
  const size = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(outputs);
  const counts = new Int32Array(outputs);
  const weights = new Int32Array(outputs * size);
  const row = new Float64Array(size);
  for (let i = 0; i < outputs; i++) {
    const centre = from + (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(inputs, Math.trunc(centre + support + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      row[k] = shape.at((k + start - centre + 0.5) * (1 / widened));
      sum += row[k]!;
    }
    for (let k = 0; k < count; k++) {
      const weight = (sum === 0 ? row[k]! : row[k]! / sum) * 2 ** PRECISION_BITS;
      weights[i * size + k] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    starts[i] = start;
    counts[i] = count;
  }
  return { size, starts, counts, weights };
}

function lanczos(x: number): number {
  return x >= -LOBES && x < LOBES ? sinc(x) * sinc(x / LOBES) : 0;
}

/** Keys 1981 with a = −1/2. */
function cubic(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

const HALF = 1 << (PRECISION_BITS - 1);

function toByte(sum: number): number {
  const value = sum >> PRECISION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

function alongRows(
  data: Uint8Array,
  inputs: number,
  rows: number,
  channels: number,
  kernel: Kernel,
): Uint8Array {
  const outputs = kernel.starts.length;
  const result = new Uint8Array(rows * outputs * channels);
  const along = channels === 3 ? rowOfThree : rowOfOne;
  for (let row = 0; row < rows; row++) {
    along(data, row * inputs * channels, result, row * outputs * channels, kernel);
  }
  return result;
}

// Products stay below 2³¹: a weight is at most about 1.3 · 2²². With Math.imul no number leaves the integer registers.

function rowOfOne(data: Uint8Array, line: number, result: Uint8Array, to: number, kernel: Kernel): void {
  const { size, starts, counts, weights } = kernel;
  for (let i = 0; i < starts.length; i++) {
    let sum = HALF;
    const first = line + starts[i]!;
    const count = counts[i]!;
    for (let k = 0, weight = i * size; k < count; k++, weight++) {
      sum = (sum + Math.imul(data[first + k]!, weights[weight]!)) | 0;
    }
    result[to + i] = toByte(sum);
  }
}

function rowOfThree(data: Uint8Array, line: number, result: Uint8Array, to: number, kernel: Kernel): void {
  const { size, starts, counts, weights } = kernel;
  for (let i = 0, at = to; i < starts.length; i++, at += 3) {
    let red = HALF;
    let green = HALF;
    let blue = HALF;
    const end = i * size + counts[i]!;
    for (let weight = i * size, from = line + 3 * starts[i]!; weight < end; weight++, from += 3) {
      const w = weights[weight]!;
      red = (red + Math.imul(data[from]!, w)) | 0;
      green = (green + Math.imul(data[from + 1]!, w)) | 0;
      blue = (blue + Math.imul(data[from + 2]!, w)) | 0;
    }
    result[at] = toByte(red);
    result[at + 1] = toByte(green);
    result[at + 2] = toByte(blue);
  }
}

function alongColumns(data: Uint8Array, line: number, firstRow: number, kernel: Kernel): Uint8Array {
  const { size, starts, counts, weights } = kernel;
  const outputs = starts.length;
  const result = new Uint8Array(outputs * line);
  const sums = new Int32Array(line);
  for (let i = 0; i < outputs; i++) {
    sums.fill(HALF);
    // Row by row, in the order of the memory.
    for (let k = 0, from = (starts[i]! - firstRow) * line; k < counts[i]!; k++, from += line) {
      const weight = weights[i * size + k]!;
      for (let x = 0; x < line; x++) sums[x] = (sums[x]! + Math.imul(data[from + x]!, weight)) | 0;
    }
    for (let x = 0, to = i * line; x < line; x++) result[to + x] = toByte(sums[x]!);
  }
  return result;
}
