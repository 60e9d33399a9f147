import { describe, expect, it } from 'vitest';
import { choose, type Known, markedIn, NO_CLASS, readLabels, remarks } from './filter.ts';

const known: Known = {
  count: 8,
  labels: [0, 1, 0, 1, 0, 1, 0, 1],
  classes: ['cat', 'dog'],
  flags: {
    nearConstant: { total: 1, images: [6] },
    duplicates: {
      total: 3,
      groups: [
        [1, 7],
        [2, 4, 6],
      ],
    },
    suspicious: { total: 1, images: [{ image: 3, reason: 'much darker than the others' }] },
  },
  heldOut: Uint32Array.of(0, 7),
};

const chosen = (className: string | null, show: Parameters<typeof choose>[2]) => {
  const indices = choose(known, className, show);
  return indices && [...indices];
};

describe('choose', () => {
  it('shows all of them unless asked otherwise, also when the class is not known', () => {
    expect(chosen(null, 'all')).toBeNull();
    expect(chosen('bird', 'all')).toBeNull();
    expect(choose({ ...known, labels: null, classes: [] }, 'cat', 'all')).toBeNull();
  });

  it('takes the images without a class, also of those that are flagged', () => {
    const partly = { ...known, labels: [2, 1, 0, 2, 2, 1, 0, 1] };
    expect(Array.from(choose(partly, NO_CLASS, 'all') ?? [])).toEqual([0, 3, 4]);
    expect(Array.from(choose(partly, NO_CLASS, 'duplicates') ?? [])).toEqual([4]);
  });

  it('takes a class, a flag, or both, with duplicates side by side', () => {
    expect(chosen('dog', 'all')).toEqual([1, 3, 5, 7]);
    expect(chosen(null, 'duplicates')).toEqual([1, 7, 2, 4, 6]);
    expect(chosen('dog', 'duplicates')).toEqual([1, 7]);
    expect(chosen('cat', 'constant')).toEqual([6]);
    expect(chosen('cat', 'suspicious')).toEqual([]);
    expect(chosen(null, 'heldOut')).toEqual([0, 7]);
  });
});

describe('remarks', () => {
  it('says all that was noticed about an image', () => {
    expect(remarks(known, 6)).toEqual(['Nearly one colour all over.', 'The same image as 2, 4.']);
    expect(remarks(known, 7)).toEqual(['The same image as 1.', 'Held out of training.']);
    expect(remarks(known, 3)).toEqual(['Much darker than the others.']);
    expect(remarks(known, 5)).toEqual([]);
    expect(remarks({ ...known, flags: null }, 6)).toEqual([]);
  });
});

describe('what is kept of each image', () => {
  it('is read with one or two bytes a label, also in the middle of a buffer', () => {
    expect(readLabels(1, new Uint8Array())).toBeNull();
    expect(readLabels(1, Uint8Array.of(3, 4))).toEqual(Uint8Array.of(3, 4));
    const data = Uint8Array.of(9, 1, 2, 0, 1).subarray(1);
    expect(readLabels(2, data)).toEqual(Uint16Array.of(513, 256));
  });

  it('tells which are held out', () => {
    expect(markedIn(Uint8Array.of(0, 1, 0, 1))).toEqual(Uint32Array.of(1, 3));
    expect(markedIn(new Uint8Array())).toEqual(new Uint32Array());
  });
});
