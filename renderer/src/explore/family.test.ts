import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  branches,
  bredFrom,
  childrenNow,
  FamilySchema,
  generationNow,
  MAX_GENERATIONS,
  NO_FAMILY,
  parentsOf,
  withGeneration,
} from './family.ts';

const nine = (seed: number) => bredFrom([{ kind: 'image', index: 1 }], seed);

describe('a family', () => {
  it('is a tree that can be walked back and gone on from', () => {
    let family = withGeneration(NO_FAMILY, [], nine(0));
    family = withGeneration(family, [1, 4], nine(10));
    family = withGeneration(family, [0], nine(20));
    family = withGeneration({ ...family, now: 0 }, [2], nine(30));
    expect(branches(family).map(({ index, depth }) => [index, depth])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 1],
    ]);
    const back = { ...family, now: 1 };
    expect(childrenNow(back)).toEqual(nine(10));
    expect(parentsOf(back, generationNow(back)!)).toEqual([nine(0)[1], nine(0)[4]]);
    expect(v.parse(FamilySchema, JSON.parse(JSON.stringify(family)))).toEqual(family);
    expect(v.is(FamilySchema, { ...family, now: 9 })).toBe(false);
  });

  it('lets old ends go when there are too many generations, and never those looked at or descended from', () => {
    let family = withGeneration(NO_FAMILY, [], nine(0));
    for (let i = 1; i < MAX_GENERATIONS; i++)
      family = withGeneration({ ...family, now: 0 }, [i % 9], nine(i));
    family = withGeneration({ ...family, now: 5 }, [3], nine(99));
    expect(family.generations).toHaveLength(MAX_GENERATIONS);
    expect(v.is(FamilySchema, family)).toBe(true);
    expect(parentsOf(family, generationNow(family)!)).toEqual([nine(5)[3]]);
    expect(branches(family)).toHaveLength(MAX_GENERATIONS);
  });
});
