import { describe, expect, it } from 'vitest';
import { PATH_KINDS, type PathKind, wayThrough } from './interpolation.ts';
import { noiseLoop } from './noise-loop.ts';
import { atConstantSpeed, eased, EASINGS, framePositions } from './pace.ts';

const keys = [
  Float32Array.of(2, 0, 0, 1),
  Float32Array.of(0, 4, 0, 1),
  Float32Array.of(0, 0, 3, -1),
  Float32Array.of(1, 1, 1, 1),
];

function close(found: Float32Array, wanted: Float32Array): void {
  found.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 5));
}

describe('ways', () => {
  it.each(PATH_KINDS)('%s passes all its points at even positions, open and closed', (kind) => {
    const open = wayThrough(keys, { kind, loop: false, channels: 2 });
    const closed = wayThrough(keys, { kind, loop: true, channels: 2 });
    keys.forEach((key, i) => {
      close(open(i / 3), key);
      close(closed(i / 4), key);
    });
    // What closes is the beginning itself.
    expect(closed(1)).toEqual(closed(0));
    // No jumps.
    for (const way of [open, closed]) {
      for (let i = 0; i < 400; i++) {
        const step = way(i / 400).map((value, k) => value - way((i + 1) / 400)[k]!);
        expect(Math.hypot(...step)).toBeLessThan(0.15);
      }
    }
  });

  it('go straight, around, or around position by position', () => {
    const half = (kind: PathKind): number[] => [
      ...wayThrough([Float32Array.of(2, 0, 0, 2), Float32Array.of(0, 2, 0, 2)], {
        kind,
        loop: false,
        channels: 2,
      })(0.5),
    ];
    expect(half('linear')).toEqual([1, 1, 0, 2]);
    const [x = 0, y = 0, , w = 0] = half('spherical');
    expect(Math.hypot(x, y, w)).toBeCloseTo(Math.hypot(2, 2));
    const positions = half('positions');
    expect(Math.hypot(positions[0]!, positions[1]!)).toBeCloseTo(2);
    expect(positions.slice(2)).toEqual([0, 2]);
  });

  it('cubic ways have no corners, also where a loop closes', () => {
    for (const loop of [false, true]) {
      const way = wayThrough(keys, { kind: 'cubic', loop, channels: 1 });
      const slope = (from: number, to: number): Float32Array =>
        way(to).map((value, k) => (value - way(from)[k]!) / (to - from));
      const corners = loop ? [0.25, 0.5, 0.75] : [1 / 3, 2 / 3];
      for (const at of corners) {
        const [before, after] = [slope(at - 1e-3, at), slope(at, at + 1e-3)];
        before.forEach((value, k) => expect(Math.abs(value - after[k]!)).toBeLessThan(0.5));
      }
      if (loop) {
        const [end, start] = [slope(1 - 1e-3, 1), slope(0, 1e-3)];
        end.forEach((value, k) => expect(Math.abs(value - start[k]!)).toBeLessThan(0.5));
      }
    }
  });
});

describe('pace', () => {
  it('has a frame at both ends of an open way, and none twice in a loop', () => {
    expect(framePositions(5, false)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(framePositions(4, true)).toEqual([0, 0.25, 0.5, 0.75]);
    expect(framePositions(1, false)).toEqual([0]);
  });

  it.each(EASINGS)('eased by %s begins, ends and never goes back', (easing) => {
    expect(eased(0, easing, 3)).toBe(0);
    expect(eased(1, easing, 3)).toBe(1);
    for (let i = 0; i < 100; i++) {
      expect(eased((i + 1) / 100, easing, 3)).toBeGreaterThanOrEqual(eased(i / 100, easing, 3));
    }
  });

  it('rests at each key point, or at the ends only', () => {
    const slope = (at: number, easing: 'ends' | 'points'): number =>
      (eased(at + 1e-4, easing, 2) - eased(at - 1e-4, easing, 2)) / 2e-4;
    expect(slope(0.5, 'points')).toBeLessThan(1e-2);
    expect(slope(0.5, 'ends')).toBeCloseTo(1.5, 2);
  });

  it('makes equal steps of what changes', () => {
    // All changes lie in the second half, evenly.
    const at = [0, 0.5, 0.75, 1];
    expect(atConstantSpeed([0, 0.5, 1], at, [0, 1, 1])).toEqual([0, 0.75, 1]);
    expect(atConstantSpeed([0, 0.25, 0.5], at, [2, 1, 1])).toEqual([0, 0.25, 0.5]);
    expect(atConstantSpeed([0.3], at, [0, 0, 0])).toEqual([0.3]);
  });
});

describe('a loop of noise', () => {
  it('closes exactly and keeps its radius', () => {
    const centre = new Float32Array(49).fill(0.5);
    const way = noiseLoop(centre, 0.4, 3);
    expect(way(1)).toEqual(way(0));
    for (const position of [0, 0.1, 0.33, 0.75]) {
      const off = way(position).map((value) => value - 0.5);
      expect(Math.hypot(...off)).toBeCloseTo(0.4 * 7, 4);
    }
    // Opposite places lie opposite.
    way(0.2).forEach((value, i) => expect(value - 0.5).toBeCloseTo(0.5 - way(0.7)[i]!, 4));
    expect(noiseLoop(centre, 0.4, 4)(0)).not.toEqual(way(0));
    expect(noiseLoop(Float32Array.of(0), 1, 3)(0.5)[0]).toBeCloseTo(
      -noiseLoop(Float32Array.of(0), 1, 3)(0)[0]!,
    );
  });
});
