/** What the numbers of arrays mean as pixels. */
import { UserError } from '../../errors.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { nameOfType, type Numbers, type NumberType } from './numbers.ts';
import { significant } from '../../digits.ts';

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

/** What numbers mean, as far as it is known. */
export interface ValueRange {
  readonly scale: PixelScale;
  /**
   * Looks at the images that the guess was made without, and widens it where they do not fit.
   *
   * @throws UserError when all together mean nothing that is known, or the data is damaged
   */
  settle(signal?: AbortSignal): Promise<void>;
}

const SLACK = 0.02;
const FILLED = 0.2;
/** Of floating-point images so many may lie beside a range, as damaged ones do, where a wider one would hold all. */
const FEW = 0.001;
/** And so many where no range holds all, or the wider one would show the others nearly black. */
const SOME = 0.1;

interface Range {
  low: number;
  high: number;
  shift: number;
  factor: number;
}

/** Of `bits` bits, cut off to eight as 16-bit image files are. */
function wide(bits: number): Range {
  const step = 2 ** (bits - 8);
  return { low: 0, high: 2 ** bits - 1, shift: (1 - step) / 2, factor: 1 / step };
}

const UNIT = { low: 0, high: 1, shift: 0, factor: 255 };
const BOTH_SIGNS = { low: -1, high: 1, shift: 1, factor: 127.5 };
const BYTES = { low: 0, high: 255, shift: 0, factor: 1 };
const SIGNED_BYTES = { low: -128, high: 127, shift: 128, factor: 1 };

/** Ranges in the order in which they are tried. Cameras and scanners give 10, 12 and 14 bits in 16. */
const FLOAT_RANGES: readonly Range[] = [UNIT, BOTH_SIGNS, BYTES];
const WHOLE_RANGES: readonly Range[] = [...FLOAT_RANGES, ...[10, 12, 14, 16].map(wide), SIGNED_BYTES];

/** Measures the numbers of images, one image after another, in the memory of a few numbers. */
export class NumberMeter {
  readonly type: NumberType;
  readonly ranges: readonly Range[];
  /** Images that have a finite number. */
  images = 0;
  min = Infinity;
  max = -Infinity;
  /** True when there was a number, finite or not. */
  any = false;
  readonly #outside: number[];

  constructor(type: NumberType) {
    this.type = type;
    this.ranges = type.kind === 'f' ? FLOAT_RANGES : WHOLE_RANGES;
    this.#outside = this.ranges.map(() => 0);
  }

  /** Images that have numbers outside of a range. */
  outside(range: Range): number {
    return this.#outside[this.ranges.indexOf(range)] ?? 0;
  }

  slack({ low, high }: Range): number {
    return this.type.kind === 'f' ? SLACK * (high - low) : 0;
  }

  /** @param values of one image */
  add(values: Numbers): void {
    if (values.length > 0) this.any = true;
    let [min, max] = [Infinity, -Infinity];
    const float = this.type.kind === 'f';
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (float && !Number.isFinite(value)) continue;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    if (min > max) return;
    this.images++;
    if (min < this.min) this.min = min;
    if (max > this.max) this.max = max;
    for (const [i, range] of this.ranges.entries()) {
      const slack = this.slack(range);
      if (min < range.low - slack || max > range.high + slack) this.#outside[i]!++;
    }
  }

  /** True when no further image can change what the numbers mean. */
  get isSettled(): boolean {
    const { kind, size } = this.type;
    if (kind === 'b') return true;
    return kind === 'u' && (size === 1 ? this.max > 1 : size === 2 && this.max >= 2 ** 14);
  }
}

/**
 * What numbers mean as pixels: 0…1, 0…255 or −1…1; whole numbers also 0…1023, 0…4095, 0…16383, 0…65535 and −128…127.
 * The narrowest range that holds them; whole numbers that are all 0 are bytes.
 *
 * @param name of the array, for the sentence
 * @throws UserError when they are none of these
 */
export function scaleOf(meter: NumberMeter, name: string): PixelScale {
  const { type, min, max } = meter;
  const told = nameOfType(type);
  const float = type.kind === 'f';
  if (float && meter.any && min > max) {
    throw new UserError(`${name} holds no finite number; replace NaN and infinity first.`, {
      code: 'unreadable',
      file: name,
    });
  }
  const scale = (range: Range): PixelScale => {
    const { low, high } = range;
    const isBytes = told === 'uint8' && high === 255;
    return {
      ...range,
      slack: meter.slack(range),
      words: isBytes ? null : `${told} values from ${low} to ${high}`,
    };
  };
  if (type.kind === 'b') return scale(UNIT);
  if (min > max || (!float && min === 0 && max === 0)) return scale(BYTES);
  const range = narrowest(meter);
  if (range === null) {
    throw new UserError(
      `${name} holds ${told} values from ${short(min)} to ${short(max)}; scale them to 0 to 1, -1 to 1 or 0 to 255 first.`,
      { code: 'unreadable', file: name },
    );
  }
  return scale(range);
}

function narrowest(meter: NumberMeter): Range | null {
  const { images, min, max } = meter;
  const float = meter.type.kind === 'f';
  // Standardised numbers, of both signs and far from filling the range, are not those of 0 to 255.
  const possible = meter.ranges.filter(
    (range) => !(range.high === 255 && min < 0 && max < FILLED * range.high),
  );
  const holding = possible.find((range) => meter.outside(range) <= (float ? FEW * images : 0));
  const least = [...possible].sort((a, b) => meter.outside(a) - meter.outside(b))[0]!;
  if (holding === undefined) return meter.outside(least) <= SOME * images ? least : null;
  if (holding !== BYTES || !float || max >= FILLED * 255) return holding;
  return possible.find((range) => meter.outside(range) <= SOME * images) ?? holding;
}

/** @throws UnusableImage when a number is not finite or not within the range that was guessed */
export function toPixels(values: Numbers, scale: PixelScale): Uint8Array {
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
  return significant(value, 6);
}
