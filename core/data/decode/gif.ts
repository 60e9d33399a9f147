/** GIF files (https://www.w3.org/Graphics/GIF/spec-gif89a.txt): the first frame on its canvas. */
import { unpackLzw } from './lzw.ts';
import { lookUp, makePalette } from './palette.ts';
import type { RawImage } from './raw-image.ts';
import { checkPixels, damaged, endsEarly } from './unusable-image.ts';

const SCREEN_HEADER = 13;
const FRAME_HEADER = 10;
const EXTENSION = 0x21;
const FRAME = 0x2c;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
/** First row and distance between rows of the four passes of an interlaced frame. */
const PASSES = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const;

/**
 * Decodes the first frame. Where it does not cover the canvas, this is transparent if the frame has transparency, else
 * has the palette's first colour, as Pillow has it; a frame that leads out of the canvas makes it larger.
 *
 * @throws UnusableImage with the reason
 */
export function decodeGif(bytes: Uint8Array): RawImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < SCREEN_HEADER) throw endsEarly();
  let [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
  let at = SCREEN_HEADER;
  const palette = (flags: number): Uint8Array | null => {
    if ((flags & 0x80) === 0) return null;
    const length = 3 << ((flags & 7) + 1);
    if (at + length > bytes.length) throw endsEarly();
    at += length;
    return bytes.subarray(at - length, at);
  };
  const shared = palette(bytes[10]!);
  const transparent = { index: -1 };
  at = findFrame(bytes, at, transparent);
  const [left, top, frameWidth, frameHeight] = [0, 2, 4, 6].map((offset) =>
    view.getUint16(at + offset, true),
  );
  const flags = bytes[at + 8]!;
  at += FRAME_HEADER - 1;
  width = Math.max(width, left! + frameWidth!);
  height = Math.max(height, top! + frameHeight!);
  checkPixels(width, height);
  checkPixels(frameWidth!, frameHeight!);
  const own = palette(flags) ?? shared ?? greys();
  const symbolBits = bytes[at++] ?? 0;
  if (at >= bytes.length) throw endsEarly();
  if (symbolBits < 1 || symbolBits > 11)
    throw damaged('its header names a size of codes that GIF does not have');
  const data = blocksOf(bytes, at);
  const frame = new Uint8Array(frameWidth! * frameHeight!);
  // 4,096 codes that each stand for one more symbol than the last: no byte gives more than this.
  if (frame.length > 2 ** 20 + 3000 * data.length) throw endsEarly();
  if (unpackLzw(data, frame, { symbolBits, highestFirst: false }) < frame.length) throw endsEarly();
  const indices = new Uint8Array(width * height).fill(Math.max(0, transparent.index));
  for (const [row, from] of rowsOf(frameHeight!, (flags & 0x40) !== 0)) {
    indices.set(frame.subarray(from * frameWidth!, (from + 1) * frameWidth!), (top! + row) * width + left!);
  }
  const alpha = new Uint8Array(transparent.index + 1).fill(255);
  if (transparent.index >= 0) alpha[transparent.index] = 0;
  return lookUp(indices, height, width, makePalette(own, alpha));
}

/** @returns where the first frame's position is told; `transparent` gets the index that is see-through */
function findFrame(bytes: Uint8Array, from: number, transparent: { index: number }): number {
  for (let at = from; ;) {
    const kind = bytes[at++];
    if (kind === FRAME) {
      if (at + FRAME_HEADER > bytes.length) throw endsEarly();
      return at;
    }
    if (kind === undefined) throw endsEarly();
    if (kind === TRAILER) throw damaged('a GIF without a picture');
    // Bytes between blocks are passed over.
    if (kind !== EXTENSION) continue;
    if (bytes[at] === GRAPHIC_CONTROL && bytes[at + 1]! >= 4 && (bytes[at + 2]! & 1) === 1) {
      transparent.index = bytes[at + 5] ?? -1;
    }
    at++;
    while (at < bytes.length && bytes[at] !== 0) at += bytes[at]! + 1;
    at++;
  }
}

/** The data of sub-blocks, up to the empty one or the end. */
function blocksOf(bytes: Uint8Array, from: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let at = from; at < bytes.length && bytes[at] !== 0; at += bytes[at]! + 1) {
    blocks.push(bytes.subarray(at + 1, at + 1 + bytes[at]!));
  }
  return Buffer.concat(blocks);
}

/** Each row of a frame with its place in the file. */
function* rowsOf(height: number, interlaced: boolean): Iterable<[row: number, place: number]> {
  let place = 0;
  for (const [first, step] of interlaced ? PASSES : ([[0, 1]] as const)) {
    for (let row = first; row < height; row += step) yield [row, place++];
  }
}

/** What Pillow takes where there is no palette. */
function greys(): Uint8Array {
  return Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
}
