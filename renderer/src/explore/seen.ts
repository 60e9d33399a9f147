/** What is seen on a board, as views that can be exported and copied as commands. */
import type { KeyPoint, View } from '../../../core/explore/view.ts';
import { type Board, effectsView, movedSubject, pathView, planeView, sumOf, variations } from './board.ts';
import type { SeenView } from './commands.ts';

/** What is made of a board in its run. */
export interface Made {
  painted: KeyPoint;
  /** Children of the generation that is looked at. */
  offspring: readonly KeyPoint[];
  /** Names of the directions whose effects are shown. */
  directions: readonly string[];
  /** Indices of the time steps that the strip of times shows. */
  times: readonly number[];
}

/** The parts of the open tab that views draw, the main one first. */
export function seenViews(board: Board, { painted, offspring, directions, times }: Made): SeenView[] {
  const points = (...some: KeyPoint[]): View => ({ kind: 'points', points: some });
  switch (board.tab) {
    case 'path': {
      const found: SeenView[] = [{ label: 'Frames', view: pathView(board) }];
      const view = timesView(board, times);
      if (view) found.push({ label: 'First and last point across t', view });
      return found;
    }
    case 'plane':
      return [{ label: 'Plane', view: planeView(board), columns: board.columns }];
    case 'directions': {
      const found: SeenView[] = [{ label: 'Picture', view: points(movedSubject(board)) }];
      const effects = effectsView(board, directions);
      if (effects) found.push({ label: 'Effects at −2, 0 and 2', view: effects, columns: 3 });
      return found;
    }
    case 'paint':
      return [{ label: 'Painted picture', view: points(painted) }];
    case 'around': {
      const around = points(board.subject, ...variations(board));
      const found: SeenView[] = [
        { label: 'Variations', view: around, columns: 9 },
        { label: 'Sum', view: points(sumOf(board)) },
      ];
      if (offspring.length > 0) found.push({ label: 'Children', view: points(...offspring), columns: 9 });
      return found;
    }
    case 'map':
    case 'compare':
    case 'saved':
      return [];
  }
}

/** The ends of the path at several times; null where there is but one. */
export function timesView({ points }: Board, times: readonly number[]): View | null {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || times.length < 2) return null;
  return { kind: 'times', points: [first, last], times: times.map((timeIndex) => ({ timeIndex })) };
}
