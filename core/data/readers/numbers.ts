/** Numbers of arrays (npy, IDX) and what they mean as pixels. */
import { UserError } from '../../errors.ts';
import { UnusableImage } from '../decode/unusable-image.ts';

/** NumPy's kinds: `b` truth values, `u` and `i` whole numbers, `f` floating point. */
export interface NumberType {
  kind: 'b' | 'u' | 'i' | 'f';
  /** Bytes a number: 1, 2, 4 or 8. */
  size: 1 | 2 | 4 | 8;
  littleEndian: boolean;
}

/** `uint8`, `float32` … as NumPy names them. */
export function nameOfType({ kind, size }: NumberType): string {
  if (kind === 'b') return 'bool';
  return `${{ u: 'uint', i: 'int', f: 'float' }[kind]}${size * 8}`;
}

/** Reads numbers, as many as there are whole ones. 64-bit ones lose what a double cannot hold. */
export function readNumbers(bytes: Uint8Array, type: NumberType): Float64Array | Uint8Array {
  const { kind, size, littleEndian } = type;
  if (size === 1 && kind !== 'i') return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result = new Float64Array(Math.floor(bytes.length / size));
  const get = getter(view, kind, size, littleEndian);
  for (let i = 0; i < result.length; i++) result[i] = get(i * size);
  return result;
}

function getter(
  view: DataView,
  kind: NumberType['kind'],
  size: NumberType['size'],
  little: boolean,
): (at: number) => number {
  if (kind === 'f') {
    if (size === 2) return (at) => half(view.getUint16(at, little));
    return size === 4 ? (at) => view.getFloat32(at, little) : (at) => view.getFloat64(at, little);
  }
  const signed = kind === 'i';
  switch (size) {
    case 1:
      return (at) => view.getInt8(at);
    case 2:
      return signed ? (at) => view.getInt16(at, little) : (at) => view.getUint16(at, little);
    case 4:
      return signed ? (at) => view.getInt32(at, little) : (at) => view.getUint32(at, little);
    case 8:
      return signed
        ? (at) => Number(view.getBigInt64(at, little))
        : (at) => Number(view.getBigUint64(at, little));
  }
}

/** IEEE 754 binary16 → number. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** How numbers become 0…255: (value + shift) × factor, rounded. */
export interface PixelScale {
  /** The range that was guessed. */
  low: number;
  high: number;
  /** How far values may lie beside it, as after resampling; they are cut off. */
  slack: number;
  shift: number;
  factor: number;
  /** What is said of it; null when the numbers are bytes as they are. */
  words: string | null;
}

const SLACK = 0.02;
const FILLED = 0.2;

/** Ranges in the order in which they are tried. */
const RANGES = [
  { low: 0, high: 1, shift: 0, factor: 255 },
  { low: -1, high: 1, shift: 1, factor: 127.5 },
  { low: 0, high: 255, shift: 0, factor: 1 },
  // Divided by 256 and cut off, as 16-bit image files are.
  { low: 0, high: 65535, shift: -127.5, factor: 1 / 256 },
  { low: -128, high: 127, shift: 128, factor: 1 },
] as const;

/**
 * Guesses what numbers mean as pixels from some of them: 0…1, 0…255 or −1…1; whole numbers also 0…65535 and −128…127.
 *
 * @param name of the array, for the sentence
 * @throws UserError when they are none of these
 */
export function guessPixelScale(
  values: Float64Array | Uint8Array,
  type: NumberType,
  name: string,
): PixelScale {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const float = type.kind === 'f';
  const told = nameOfType(type);
  if (min > max) {
    if (float && values.length > 0)
      throw new UserError(
        `${name} holds no finite number in its first images; replace NaN and infinity first.`,
      );
    [min, max] = [0, 255];
  }
  // Whole numbers that are all 0 say nothing; of bytes they are the usual kind.
  if (type.kind === 'b') max = 1;
  else if (!float && max === 0 && min === 0) max = 255;
  for (const range of RANGES) {
    const { low, high } = range;
    const slack = float ? SLACK * (high - low) : 0;
    // Standardised numbers, of both signs and far from filling the range, are not those of 0 to 255.
    if (high === 255 && min < low && max < FILLED * high) continue;
    if (min < low - slack || max > high + slack || (float && high > 255) || (float && low < -1)) continue;
    const bytes = told === 'uint8' && high === 255;
    return { ...range, slack, words: bytes ? null : `${told} values from ${low} to ${high}` };
  }
  throw new UserError(
    `${name} holds ${told} values from ${short(min)} to ${short(max)}; scale them to 0 to 1, -1 to 1 or 0 to 255 first.`,
  );
}

/** @throws UnusableImage when a number is not finite or not within the range that was guessed */
export function toPixels(values: Float64Array | Uint8Array, scale: PixelScale): Uint8Array {
  const { low, high, slack, shift, factor } = scale;
  if (values instanceof Uint8Array && factor === 1 && shift === 0) return values;
  const [min, max] = [low - slack, high + slack];
  const pixels = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= min && value <= max)) {
      if (Number.isNaN(value)) throw new UnusableImage('a value that is not a number (NaN)');
      throw new UnusableImage(`a value of ${short(value)} where others go from ${low} to ${high}`);
    }
    pixels[i] = Math.max(0, Math.min(255, Math.round((value + shift) * factor)));
  }
  return pixels;
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
