import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import {
  formatPoint,
  involves,
  type KeyPoint,
  KeyPointSchema,
  parsePoint,
  partsOf,
  pointWords,
} from './point.ts';

const three: KeyPoint = { kind: 'image', index: 3 };
const seed: KeyPoint = { kind: 'seed', seed: 5, number: 2 };
const ALL: KeyPoint[] = [
  three,
  seed,
  { kind: 'file', file: 'photo.png' },
  { kind: 'file', file: 'no-ending' },
  { kind: 'latent', file: 'z.safetensors', row: 4 },
  { kind: 'drawn', draw: '20260101T120000-seed-0-a1b2', index: 7 },
  { kind: 'values', values: [0.5, -1], t: 0.5 },
  { kind: 'neighbour', of: three, rank: 2 },
  { kind: 'neighbour', of: seed, rank: 1 },
  { kind: 'sum', a: three, minus: seed, plus: three },
  { kind: 'varied', of: three, strength: 0.3, seed: 1 },
  { kind: 'child', parents: [three, seed], seed: 1, mutation: 0.1 },
  { kind: 'moved', of: three, by: [{ direction: 'smile', amount: -2, mask: [0, 1] }] },
  { kind: 'exchanged', of: three, with: seed, mask: [1, 0] },
  { kind: 'nudged', of: three, channel: 0, amount: 1, mask: [1, 0] },
];

describe('points as words', () => {
  it.each(ALL.map((point) => [point.kind, point] as const))('%s is read as it was written', (_, point) => {
    expect(parsePoint(formatPoint(point))).toEqual(point);
    expect(pointWords(point)).not.toBe('');
    expect(v.is(KeyPointSchema, point)).toBe(true);
  });

  it('are short where that says all', () => {
    expect(ALL.slice(0, 5).map(formatPoint)).toEqual([
      '3',
      'seed:5/2',
      'photo.png',
      'file:no-ending',
      'z.safetensors#4',
    ]);
    expect(formatPoint({ kind: 'neighbour', of: three, rank: 2 })).toBe('near:3/2');
    expect(parsePoint('image:7')).toEqual({ kind: 'image', index: 7 });
    expect(parsePoint('seed:5')).toEqual({ kind: 'seed', seed: 5, number: 0 });
  });

  it.each([
    '',
    'three',
    '-1',
    'seed:x',
    'seed:99999999999',
    '{"kind":"image"}',
    '{',
    'near:3/0',
    '{"kind":"image","index":1,"x":2}',
  ])('%j is none', (word) => expect(parsePoint(word)).toBeNull());

  it('may be made of others, but not without end', () => {
    let deep: KeyPoint = three;
    for (let i = 0; i < 40; i++) deep = { kind: 'child', parents: [deep, seed], seed: i, mutation: 0 };
    expect(v.is(KeyPointSchema, deep)).toBe(true);
    expect(involves(deep, 'image')).toBe(true);
    expect(involves(deep, 'file')).toBe(false);
    for (let i = 0; i < 400; i++) deep = { kind: 'varied', of: deep, strength: 0, seed: i };
    expect(v.is(KeyPointSchema, deep)).toBe(false);
    expect(parsePoint(JSON.stringify(deep))).toBeNull();
  });

  it('know their parts', () => {
    expect(ALL.map((point) => partsOf(point).length)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 3, 1, 2, 1, 2, 1]);
  });
});
