/** Would mirrored images be at home in a data set? Measured, and heard from the names of its classes. */
import type { DatasetRecord } from '../dataset.ts';

export type FlipVerdict = NonNullable<DatasetRecord['flip']>;

/** Fewer images tell nothing. */
const ENOUGH_IMAGES = 100;
/** More need not be looked at. */
const MAX_IMAGES = 20_000;
/** Share of one-sidedness above which images are: photographs of things have 0.0005, digits 0.2. */
const ONE_SIDED = 0.02;
/** Slant in its standard deviations above which images are slanted: photographs have 0.01, rows of text 0.2, digits 1. */
const SLANTED = 0.1;
/** A slant must be so many standard errors away from none. */
const SURE = 5;
/** Sums by class are kept up to so many values. */
const MAX_SUMS = 2 ** 23;

interface Sums {
  count: number;
  /** Sum of x − mirrored x, its left half. */
  difference: Float64Array;
  /** Sum of |x − mirrored x|². */
  energy: number;
}

/**
 * Measures images against their mirror images. Were the data set the same in the mirror, then
 *
 * - x − mirror(x) would be zero on the average, within every class. One-sidedness is
 *   |mean(x − mirror(x))|² / mean(|x − mirror(x)|²), without the bias of a finite number of images: 0 to 1.
 * - lines would lean to the left as often as to the right. Slant is Σ 2 gx gy / Σ (gx² + gy²) of an image's
 *   gradients, which a mirror turns around, divided by its standard deviation over the images. Text and digits show in
 *   it wherever they stand.
 */
export class FlipMeter {
  readonly #width: number;
  readonly #height: number;
  readonly #channels: number;
  readonly #byClass = new Map<number, Sums>();
  readonly #stride: number;
  readonly #classesFit: boolean;
  readonly #grey: Float32Array;
  #seen = 0;
  #slants = 0;
  #slantSum = 0;
  #slantSquares = 0;

  /** @param count number of images that will come; @param classes number of classes, 0 for none */
  constructor(
    shape: { height: number; width: number; channels: 1 | 3 },
    { count, classes }: { count: number; classes: number },
  ) {
    this.#height = shape.height;
    this.#width = shape.width;
    this.#channels = shape.channels;
    this.#stride = Math.max(1, Math.floor(count / MAX_IMAGES));
    this.#classesFit = classes * shape.height * shape.width * shape.channels <= 2 * MAX_SUMS;
    this.#grey = new Float32Array(shape.height * shape.width);
  }

  /** @param label the image's class, 0 without classes */
  add(pixels: Uint8Array, label: number): void {
    if (this.#seen++ % this.#stride !== 0) return;
    this.#addDifference(pixels, this.#classesFit ? label : 0);
    this.#addSlant(pixels);
  }

  verdict(classNames: readonly string[] | null): FlipVerdict {
    if (classNames !== null && areSigns(classNames)) {
      return { suits: false, reason: 'The classes are digits or letters, which have no mirrored form.' };
    }
    if (classNames !== null && areSides(classNames)) {
      return { suits: false, reason: 'Names of the classes tell left from right.' };
    }
    if (this.#slants < ENOUGH_IMAGES) {
      return { suits: null, reason: 'There are too few images to tell whether they may be mirrored.' };
    }
    const oneSided = this.#oneSidedness();
    if (oneSided > ONE_SIDED) {
      const share = (100 * oneSided).toPrecision(2);
      return {
        suits: false,
        reason: `The left and right halves differ in a set way (one-sidedness ${share} %).`,
      };
    }
    const { slant, errors } = this.#slant();
    if (Math.abs(slant) > SLANTED && errors > SURE) {
      const way = slant > 0 ? 'right' : 'left';
      return {
        suits: false,
        reason: `Lines lean to the ${way} more often than not, as in writing (slant ${Math.abs(slant).toFixed(2)}).`,
      };
    }
    return {
      suits: true,
      reason: 'The images lean to neither side, so mirrored ones are at home among them.',
    };
  }

  #addDifference(pixels: Uint8Array, label: number): void {
    const width = this.#width;
    const height = this.#height;
    const channels = this.#channels;
    const half = Math.floor(width / 2) * channels;
    let sums = this.#byClass.get(label);
    if (sums === undefined) {
      sums = { count: 0, difference: new Float64Array(half * height), energy: 0 };
      this.#byClass.set(label, sums);
    }
    const { difference } = sums;
    let energy = 0;
    for (let row = 0, at = 0; row < height; row++) {
      const left = row * width * channels;
      for (let x = 0; x < half; x += channels) {
        const right = left + (width - 1) * channels - x;
        for (let c = 0; c < channels; c++, at++) {
          const value = pixels[left + x + c]! - pixels[right + c]!;
          difference[at]! += value;
          energy += value * value;
        }
      }
    }
    sums.count++;
    sums.energy += energy;
  }

  #addSlant(pixels: Uint8Array): void {
    const width = this.#width;
    const channels = this.#channels;
    const grey = this.#grey;
    for (let i = 0, at = 0; i < grey.length; i++, at += channels) {
      grey[i] = channels === 1 ? pixels[at]! : pixels[at]! + pixels[at + 1]! + pixels[at + 2]!;
    }
    let products = 0;
    let squares = 0;
    for (let row = 1; row < this.#height - 1; row++) {
      for (let at = row * width + 1, end = at + width - 2; at < end; at++) {
        const x = grey[at + 1]! - grey[at - 1]!;
        const y = grey[at + width]! - grey[at - width]!;
        products += x * y;
        squares += x * x + y * y;
      }
    }
    this.#slants++;
    if (squares === 0) return;
    const slant = (2 * products) / squares;
    this.#slantSum += slant;
    this.#slantSquares += slant * slant;
  }

  /** The mean over the classes, weighted by their images. */
  #oneSidedness(): number {
    let total = 0;
    let images = 0;
    for (const { count, difference, energy } of this.#byClass.values()) {
      if (count < 2 || energy === 0) continue;
      const ofMean = difference.reduce((sum, value) => sum + value * value, 0) / count ** 2;
      const mean = energy / count;
      total += (count * (count * ofMean - mean)) / ((count - 1) * mean);
      images += count;
    }
    return images === 0 ? 0 : total / images;
  }

  #slant(): { slant: number; errors: number } {
    const mean = this.#slantSum / this.#slants;
    const deviation = Math.sqrt(Math.max(0, this.#slantSquares / this.#slants - mean ** 2));
    if (deviation === 0) return { slant: 0, errors: 0 };
    const slant = mean / deviation;
    return { slant, errors: Math.abs(slant) * Math.sqrt(this.#slants) };
  }
}

/** Digits or letters: each name is a single one, or the word for a digit. */
function areSigns(names: readonly string[]): boolean {
  const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
  const isSign = (name: string): boolean =>
    /^[\p{Letter}\p{Number}]$/u.test(name) || words.includes(name.toLowerCase());
  return names.length >= 2 && names.every(isSign);
}

function areSides(names: readonly string[]): boolean {
  const words = names.flatMap((name) => name.toLowerCase().split(/[^\p{Letter}]+/u));
  return words.includes('left') && words.includes('right');
}
