/** Lempel, Ziv and Welch's compression, as GIF and TIFF have it. */
import { damaged } from './unusable-image.ts';

export interface LzwForm {
  /** Bits of a symbol: 8 in TIFF. */
  symbolBits: number;
  /** True when a code's first bit is the highest of a byte, as in TIFF; codes also get longer one code earlier there. */
  highestFirst: boolean;
}

const MAX_CODES = 4096;
const MAX_BITS = 12;

/**
 * Unpacks codes until there are as many symbols as have room, the end code comes, or the data ends.
 *
 * @returns number of symbols that were written
 * @throws UnusableImage when a code stands for nothing
 */
export function unpackLzw(
  data: Uint8Array,
  target: Uint8Array,
  { symbolBits, highestFirst }: LzwForm,
): number {
  const clear = 1 << symbolBits;
  const end = clear + 1;
  const early = highestFirst ? 1 : 0;
  const before = new Uint16Array(MAX_CODES);
  const last = new Uint8Array(MAX_CODES);
  const stack = new Uint8Array(MAX_CODES + 1);
  let width = symbolBits + 1;
  let next = end + 1;
  let [previous, first, written] = [-1, 0, 0];
  let [bits, held] = [0, 0];
  for (let at = 0; written < target.length;) {
    while (held < width && at < data.length) {
      const byte = data[at++]!;
      bits = highestFirst ? ((bits << 8) | byte) & 0xfffff : bits | (byte << held);
      held += 8;
    }
    if (held < width) break;
    const mask = (1 << width) - 1;
    const code = highestFirst ? (bits >> (held - width)) & mask : bits & mask;
    held -= width;
    if (!highestFirst) bits >>= width;
    if (code === clear) {
      width = symbolBits + 1;
      next = end + 1;
      previous = -1;
      continue;
    }
    if (code === end) break;
    if (code > next || (previous < 0 && code > clear) || (code === next && next >= MAX_CODES)) {
      throw damaged('its compressed pixels are damaged');
    }
    let depth = 0;
    let symbol = code;
    if (code === next) {
      stack[depth++] = first;
      symbol = previous;
    }
    while (symbol > clear) {
      stack[depth++] = last[symbol]!;
      symbol = before[symbol]!;
    }
    first = symbol;
    stack[depth++] = first;
    while (depth > 0 && written < target.length) target[written++] = stack[--depth]!;
    if (previous >= 0 && next < MAX_CODES) {
      before[next] = previous;
      last[next] = first;
      next++;
      if (next + early >= 1 << width && width < MAX_BITS) width++;
    }
    previous = code;
  }
  return written;
}
