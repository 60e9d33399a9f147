/** Colours of other kinds → RGB. */
import type { RawImage } from './raw-image.ts';

/** Ink to light without a colour profile, as Pillow does it: (255 − K) − C (255 − K) / 255. */
export function cmykToRgb(data: Uint8Array, height: number, width: number): RawImage {
  const result = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const white = 255 - data[4 * i + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = data[4 * i + c]! * white + 128;
      // product / 255, rounded, as Pillow's MULDIV255.
      result[3 * i + c] = Math.max(0, white - (((product >> 8) + product) >> 8));
    }
  }
  return { height, width, channels: 3, data: result };
}

/** What the numbers of YCbCr mean, as TIFF tells it. */
export interface YcbcrMeaning {
  /** Black and white of Y, then of Cb and Cr. */
  referenceBlackWhite: readonly number[];
  /** Shares of red, green and blue in brightness. */
  coefficients: readonly number[];
}

const FULL_RANGE = [0, 255, 128, 255, 128, 255];
const REC_601 = [0.299, 0.587, 0.114];

/** Y, Cb and Cr of each pixel → R, G and B; of the usual meaning in the fixed-point numbers of Pillow. */
export function ycbcrToRgb(data: Uint8Array, meaning: YcbcrMeaning): Uint8Array {
  const isUsual =
    FULL_RANGE.every((value, i) => value === meaning.referenceBlackWhite[i]) &&
    REC_601.every((value, i) => Math.abs(value - (meaning.coefficients[i] ?? 0)) < 1e-3);
  const toRgb = isUsual ? usual : otherwise(meaning);
  const result = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i += 3) toRgb(data[i]!, data[i + 1]!, data[i + 2]!, result, i);
  return new Uint8Array(result.buffer);
}

type ToRgb = (y: number, cb: number, cr: number, target: Uint8ClampedArray, at: number) => void;

const FIXED = 64;

function table(factor: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, i) => Math.trunc(factor * FIXED * (i - 128) + 0.5));
}

const RED = table(1.402);
const GREEN_BLUE = table(-0.34414);
const GREEN_RED = table(-0.71414);
const BLUE = table(1.772);

const usual: ToRgb = (y, cb, cr, target, at) => {
  target[at] = y + (RED[cr]! >> 6);
  target[at + 1] = y + ((GREEN_BLUE[cb]! + GREEN_RED[cr]!) >> 6);
  target[at + 2] = y + (BLUE[cb]! >> 6);
};

/** TIFF 6.0, section 21. */
function otherwise({ referenceBlackWhite: reference, coefficients }: YcbcrMeaning): ToRgb {
  const [red = 0.299, green = 0.587, blue = 0.114] = coefficients;
  const full = (value: number, black: number, white: number, most: number): number =>
    ((value - black) * most) / (white - black || 1);
  return (code, cbCode, crCode, target, at) => {
    const y = full(code, reference[0] ?? 0, reference[1] ?? 255, 255);
    const cb = full(cbCode, reference[2] ?? 128, reference[3] ?? 255, 127);
    const cr = full(crCode, reference[4] ?? 128, reference[5] ?? 255, 127);
    const r = y + cr * (2 - 2 * red);
    const b = y + cb * (2 - 2 * blue);
    target[at] = r;
    target[at + 1] = (y - red * r - blue * b) / green;
    target[at + 2] = b;
  };
}

/** The white of Lab in TIFF, D50. */
const WHITE = [0.9642, 1, 0.8249];
/** XYZ under D50 → linear sRGB, adapted by Bradford (Lindbloom). */
const TO_SRGB = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
] as const;

/**
 * Lightness and two colour differences of 8 bits → sRGB.
 *
 * @param signed true when the differences are numbers from −128 to 127 (CIE Lab), false when 128 is none (ICC Lab)
 */
export function labToRgb(data: Uint8Array, signed: boolean): Uint8Array {
  const difference = (byte: number): number => (signed ? (byte << 24) >> 24 : byte - 128);
  const linear = (f: number): number => (f > 6 / 29 ? f ** 3 : 3 * (6 / 29) ** 2 * (f - 4 / 29));
  const result = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const y = (data[i]! / 2.55 + 16) / 116;
    const x = y + difference(data[i + 1]!) / 500;
    const z = y - difference(data[i + 2]!) / 200;
    const xyz = [x, y, z].map((f, c) => linear(f) * WHITE[c]!);
    for (const [c, row] of TO_SRGB.entries()) {
      const value = row[0] * xyz[0]! + row[1] * xyz[1]! + row[2] * xyz[2]!;
      result[i + c] = 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
    }
  }
  return new Uint8Array(result.buffer);
}
