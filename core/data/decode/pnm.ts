/** PBM, PGM and PPM files (https://netpbm.sourceforge.net/doc/), as text or binary. */
import type { RawImage } from './raw-image.ts';
import { checkPixels, damaged, endsEarly } from './unusable-image.ts';
import { roundHalfEven } from '../../rounding.ts';

const NEWLINE = 10;
const HASH = 35;

/**
 * Decodes the first image of a file. Values are scaled from the file's greatest to 255; of 16 bits the upper eight
 * are taken.
 *
 * @throws UnusableImage with the reason
 */
export function decodePnm(bytes: Uint8Array): RawImage {
  const form = bytes[1]! - 48;
  let at = 2;

  const isSpace = (byte: number | undefined): boolean =>
    byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13);

  /** The next number; after it `at` is behind the one blank that ends it. */
  function number(most: number): number {
    for (;;) {
      if (bytes[at] === HASH) while (at < bytes.length && bytes[at] !== NEWLINE) at++;
      else if (isSpace(bytes[at])) at++;
      else break;
    }
    let value = 0;
    const start = at;
    for (; at < bytes.length; at++) {
      const digit = bytes[at]! - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      if (value > most) throw damaged(`it holds a number greater than ${most}`);
    }
    if (at >= bytes.length && at === start) throw endsEarly();
    if (at === start) throw damaged('it holds something else than numbers');
    at++;
    return value;
  }

  const width = number(0xffffffff);
  const height = number(0xffffffff);
  checkPixels(width, height);
  const bitmap = form === 1 || form === 4;
  const most = bitmap ? 1 : number(65535);
  if (most === 0) throw damaged('its greatest value is 0');
  const channels = form === 3 || form === 6 ? 3 : 1;
  const count = width * height * channels;
  const least = form === 4 ? height * Math.ceil(width / 8) : count * (form > 3 && most > 255 ? 2 : 1);
  // Text has a digit at least for each value, so this holds for it too and keeps a short file from taking memory.
  if (bytes.length - at < least) throw endsEarly();

  const data = new Uint8Array(count);
  if (form === 4) {
    const rowBytes = Math.ceil(width / 8);
    for (let y = 0, to = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        data[to++] = (bytes[at + y * rowBytes + (x >> 3)]! >> (7 - (x & 7))) & 1 ? 0 : 255;
      }
    }
  } else if (form === 1) {
    // Bits need no blank between them.
    for (let i = 0; i < count; at++) {
      const byte = bytes[at];
      if (byte === undefined) throw endsEarly();
      if (byte === HASH) while (at < bytes.length && bytes[at] !== NEWLINE) at++;
      else if (byte === 48 || byte === 49) data[i++] = byte === 48 ? 255 : 0;
      else if (!isSpace(byte)) throw damaged('it holds something else than bits');
    }
  } else {
    const scale = scaleTo8Bits(most);
    for (let i = 0; i < count; i++) {
      let value: number;
      if (form < 4) value = number(most);
      else if (most < 256) value = bytes[at + i]!;
      else value = bytes[at + 2 * i]! * 256 + bytes[at + 2 * i + 1]!;
      data[i] = scale(Math.min(value, most));
    }
  }
  return { height, width, channels, data };
}

function scaleTo8Bits(most: number): (value: number) => number {
  if (most === 255) return (value) => value;
  if (most < 256) return (value) => roundHalfEven((value / most) * 255);
  return (value) => roundHalfEven((value / most) * 65535) >> 8;
}
