import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { philox4x32, philoxWords } from './philox.ts';
import { permutation, statelessNormal, statelessUniform, streamSeed, uniformInts } from './random.ts';
import { tf } from './tf.ts';

const hex = (words: readonly number[]) => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');

describe('philox4x32', () => {
  // The published vectors: Random123, tests/kat_vectors, philox4x32 10.
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ] as [[number, number, number, number], [number, number], string][])('%j %j', (counter, key, words) => {
    expect(hex(philox4x32(counter, key))).toBe(words);
  });

  it('gives the words of consecutive blocks', () => {
    const next = philoxWords([1, 2]);
    const words = Array.from({ length: 8 }, next);
    expect(words).toEqual([...philox4x32([0, 0, 0, 0], [1, 2]), ...philox4x32([1, 0, 0, 0], [1, 2])]);
  });
});

describe('streamSeed', () => {
  it('is the start of a SHA-256', () => {
    const digest = createHash('sha256').update('[7,"noise",100,3]').digest();
    expect(streamSeed(7, 'noise', 100, 3)).toEqual([digest.readInt32LE(0), digest.readInt32LE(4)]);
    expect(streamSeed(0, 'noise', 0)).toEqual([-1606446800, 824880758]);
  });

  it('differs in every argument', () => {
    const seeds = [
      streamSeed(0, 'a', 0),
      streamSeed(1, 'a', 0),
      streamSeed(0, 'b', 0),
      streamSeed(0, 'a', 1),
      streamSeed(0, 'a', 0, 1),
      streamSeed(0, 'a,0', 0),
      streamSeed(-1, 'a', 0),
    ];
    expect(new Set(seeds.map(String)).size).toBe(seeds.length);
  });

  it('refuses a fraction', () => {
    expect(() => streamSeed(0, 'a', 0.5)).toThrow('integers, not 0.5');
  });
});

describe('uniformInts', () => {
  it('is flat and stays below the bound', () => {
    const draws = uniformInts(streamSeed(1, 'test', 0), 60_000, 6);
    const counts = new Array<number>(6).fill(0);
    for (const draw of draws) counts[draw] = (counts[draw] ?? 0) + 1;
    // Chi-squared with 5 degrees of freedom: 20.5 is exceeded once in a thousand.
    const chi2 = counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0);
    expect(counts.length).toBe(6);
    expect(chi2).toBeLessThan(20.5);
  });

  it('begins alike however many are drawn', () => {
    const seed = streamSeed(1, 'test', 5);
    expect(uniformInts(seed, 3, 10)).toEqual(uniformInts(seed, 30, 10).slice(0, 3));
  });

  it.each([0, -1, 1.5, 2 ** 31 + 1])('refuses the bound %d', (bound) => {
    expect(() => uniformInts([0, 0], 1, bound)).toThrow(`not below ${bound}`);
  });
});

describe('permutation', () => {
  it('holds each number once and is not the identity', () => {
    const order = permutation(streamSeed(0, 'shuffle', 0), 1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect([...order.slice(0, 5)]).not.toEqual([0, 1, 2, 3, 4]);
    expect(permutation([1, 2], 0).length).toBe(0);
  });

  it('reaches all orders of three equally often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i += 1) {
      const order = permutation(streamSeed(0, 'orders', i), 3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('stateless tensors', () => {
  it('depend on their seed only', () => {
    tf.tidy(() => {
      const draw = (seed: [number, number]) => statelessNormal([2, 3], tf.tensor1d(seed, 'int32')).dataSync();
      expect(draw([1, 2])).toEqual(draw([1, 2]));
      expect(draw([1, 2])).not.toEqual(draw([2, 1]));
    });
  });

  it('have the moments of their distributions', () => {
    tf.tidy(() => {
      const seed = tf.tensor1d(streamSeed(3, 'test', 0), 'int32');
      const normal = tf.moments(statelessNormal([100_000], seed));
      expect(normal.mean.dataSync()[0]).toBeCloseTo(0, 1);
      expect(normal.variance.dataSync()[0]).toBeCloseTo(1, 1);
      const uniform = statelessUniform([100_000], seed);
      expect(uniform.mean().dataSync()[0]).toBeCloseTo(0.5, 2);
      expect(uniform.min().dataSync()[0]).toBeGreaterThanOrEqual(0);
      expect(uniform.max().dataSync()[0]).toBeLessThan(1);
    });
  });
});
