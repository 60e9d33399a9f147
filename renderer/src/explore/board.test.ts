import { describe, expect, it } from 'vitest';
import type { KeyPoint, Look, View } from '../../../core/explore/view.ts';
import { type Board, lookOf, movedSubject, pathView, planeView, USUAL_BOARD, variations } from './board.ts';
import { boardOf } from './restore-board.ts';

const info = {
  timeSteps: [0, 1, 2, 3, 4, 5],
  middle: 3,
  classes: [],
  temperature: true,
  fittable: true,
  latent: [2],
};
const image = (index: number): KeyPoint => ({ kind: 'image', index });
const board: Board = {
  ...USUAL_BOARD,
  ...{ place: 2, space: 'z', passes: 2, passPlace: 4 },
  ...{ points: [image(3), { kind: 'seed', seed: 9, number: 0 }], path: 'linear', loop: true, frames: 9 },
};

/** What a view of a board brings back, on a board as it usually is. */
function back(view: View, look: Look = lookOf(board, info)): Board {
  return boardOf({}, view, look);
}

describe('boardOf', () => {
  it('is the board that a way was drawn from', () => {
    expect(back(pathView(board))).toEqual(board);
    const noise: Board = { ...board, noise: true, radius: 0.7, noiseSeed: 5 };
    const { points, ...shown } = back(pathView(noise));
    expect(points[0]).toEqual(image(3));
    // A circle says nothing of the way between points.
    expect(shown).toMatchObject({ ...{ tab: 'path', noise: true, radius: 0.7, noiseSeed: 5 }, frames: 9 });
  });

  it('is the plane, or the picture that was moved or varied', () => {
    const plane: Board = {
      ...board,
      tab: 'plane',
      columns: 7,
      corners: [1, 2, 3].map(image),
      plane: 'linear',
    };
    expect(planeView(back(planeView(plane)))).toEqual(planeView(plane));
    const moved: Board = { ...board, tab: 'directions', subject: image(4), amounts: { smile: 2, age: -1 } };
    const movedBack = back({ kind: 'points', points: [movedSubject(moved)] });
    expect(movedBack.tab).toBe('directions');
    expect(movedSubject(movedBack)).toEqual(movedSubject(moved));
    const around: Board = { ...board, tab: 'around', subject: image(6), strength: 0.5, seed: 11 };
    const aroundBack = back({ kind: 'points', points: [around.subject, ...variations(around)] });
    expect(aroundBack.tab).toBe('around');
    expect(variations(aroundBack)).toEqual(variations(around));
  });

  it('is as near as a board gets to what it cannot say', () => {
    const many = Array.from({ length: 40 }, (_, i) => image(i));
    expect(back({ kind: 'points', points: many }).points).toHaveLength(12);
    const far = back({ kind: 'noise', around: null, radius: 50, seed: 1, positions: [0] }, { at: { t: 1 } });
    expect(far).toMatchObject({ noise: true, radius: 3, frames: 2, place: null, passes: 0 });
  });
});
