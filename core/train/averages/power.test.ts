/** Against numpy (testdata/make_averages.py), and a walk that is averaged step by step. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exponentOf, lengthOf, powerGain, TRACKED_LENGTHS, weightsFor } from './power.ts';

interface Reference {
  exponents: Record<string, number>;
  times: number[];
  walk: number[];
  /** For each time, of the short and the long average. */
  snapshots: number[];
  averages: Record<string, { made: number; true: number; sum: number }>;
}

const reference = JSON.parse(
  fs.readFileSync(new URL('testdata/averages.json', import.meta.url), 'utf8'),
) as Reference;

function averaged(gamma: number, upTo: number): number {
  let value = 0;
  for (let t = 1; t <= upTo; t++) value += powerGain(t, gamma) * (reference.walk[t - 1]! - value);
  return value;
}

describe('averages of power function profiles', () => {
  it('have the exponents that are roots of the polynomial', () => {
    for (const [length, exponent] of Object.entries(reference.exponents)) {
      expect(exponentOf(Number(length))).toBeCloseTo(exponent, 8);
      expect(lengthOf(exponent)).toBeCloseTo(Number(length), 12);
    }
    expect(() => exponentOf(0.29)).toThrow(RangeError);
    expect(() => exponentOf(NaN)).toThrow(RangeError);
  });

  it('follow the weights step by step', () => {
    expect(powerGain(1, 7)).toBe(1);
    const values = reference.times.flatMap((t) =>
      TRACKED_LENGTHS.map((length) => averaged(exponentOf(length), t)),
    );
    values.forEach((value, i) => expect(value).toBeCloseTo(reference.snapshots[i]!, 9));
  });

  it('are made of any length from snapshots of two', () => {
    const snapshots = reference.times.flatMap((t) =>
      TRACKED_LENGTHS.map((length) => ({ t, gamma: exponentOf(length) })),
    );
    const t = reference.times.at(-1)!;
    for (const [length, { made, true: exact, sum }] of Object.entries(reference.averages)) {
      const shares = weightsFor(snapshots, { t, gamma: exponentOf(Number(length)) });
      const value = shares.reduce((all, share, i) => all + share * reference.snapshots[i]!, 0);
      // The integrals there are sums over a grid.
      expect(value).toBeCloseTo(made, 3);
      expect(Math.abs(value - exact)).toBeLessThan(0.02 * Math.abs(exact));
      expect(shares.reduce((a, b) => a + b)).toBeCloseTo(sum, 3);
    }
  });
});
