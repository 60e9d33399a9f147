/** Mean and covariance of features, summed in double precision as they come. */
import { UserError } from '../errors.ts';
import { product } from '../tensor/doubles.ts';
import { countOf } from '../words.ts';

/** Values of a network, or pixels, that stand for images: row by row, `size` an image. */
export interface Features {
  count: number;
  size: number;
  /** count × size. */
  values: Float32Array;
}

/** Mean and covariance of the features of so many images. */
export interface Moments {
  count: number;
  size: number;
  /** `size` numbers. */
  mean: Float64Array;
  /** `size` × `size`, over count − 1. */
  covariance: Float64Array;
}

/** Rows at a time: the sums of products are made over as many. */
const CHUNK = 1024;

/**
 * Sums up features a part at a time, so that no more than a part of them needs to be in memory. Sums are taken around
 * the mean of the first part: features far from 0 lose no digits.
 */
export class MomentSums {
  readonly #size: number;
  readonly #centre: Float64Array;
  readonly #sums: Float64Array;
  readonly #products: Float64Array;
  #count = 0;

  constructor(size: number) {
    this.#size = size;
    this.#centre = new Float64Array(size);
    this.#sums = new Float64Array(size);
    this.#products = new Float64Array(size * size);
  }

  /** @throws UserError when a value is not finite */
  add({ count, size, values }: Features): void {
    if (size !== this.#size) throw new RangeError(`features of ${size} values among such of ${this.#size}`);
    if (this.#count === 0) this.#setCentre(count, values);
    for (let from = 0; from < count; from += CHUNK) {
      this.#addChunk(values, from, Math.min(count, from + CHUNK));
    }
    this.#count += count;
  }

  /** @throws UserError for fewer than two images */
  moments(): Moments {
    const [count, size] = [this.#count, this.#size];
    if (count < 2) {
      throw new UserError(
        `A covariance needs at least 2 images, and there ${count === 1 ? 'is' : 'are'} ${count}.`,
      );
    }
    const shift = this.#sums.map((sum) => sum / count);
    const covariance = this.#products.slice();
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const at = i * size + j;
        covariance[at] = (covariance[at]! - count * shift[i]! * shift[j]!) / (count - 1);
      }
    }
    return { count, size, mean: shift.map((value, k) => value + this.#centre[k]!), covariance };
  }

  #setCentre(count: number, values: Float32Array): void {
    const size = this.#size;
    for (let k = 0; k < size; k++) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += values[i * size + k]!;
      this.#centre[k] = count === 0 ? 0 : sum / count;
    }
  }

  #addChunk(values: Float32Array, from: number, to: number): void {
    const size = this.#size;
    const rows = to - from;
    const around = new Float64Array(rows * size);
    for (let i = 0; i < rows; i++) {
      for (let k = 0; k < size; k++) {
        const value = values[(from + i) * size + k]! - this.#centre[k]!;
        around[i * size + k] = value;
        this.#sums[k] = this.#sums[k]! + value;
      }
    }
    if (!this.#sums.every(Number.isFinite)) throw notFinite(rows);
    const matrix = { rows, columns: size, values: around };
    const products = product({ ...matrix, transposed: true }, matrix);
    for (let at = 0; at < products.length; at++) this.#products[at] = this.#products[at]! + products[at]!;
  }
}

function notFinite(rows: number): UserError {
  return new UserError(
    `Among ${countOf(rows, 'image')} there is one with features that are not finite numbers; nothing can be measured with them.`,
  );
}

/** @throws UserError that names the first image with a value that is not finite */
export function requireFinite({ size, values }: Features, whose: string): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new UserError(
    `Image ${Math.floor(at / size) + 1} of ${whose} has features that are not finite numbers; nothing can be measured with them.`,
  );
}

/** Mean and covariance of features that are all in memory. */
export function momentsOf(features: Features): Moments {
  const sums = new MomentSums(features.size);
  sums.add(features);
  return sums.moments();
}
