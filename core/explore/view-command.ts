/** The command that draws a view again: what the window copies, and what files say of themselves. */
import { shellWord } from '../shell-word.ts';
import { areaOf, gridPlaces } from './plane/places.ts';
import { formatPoint, type KeyPoint } from './points/point.ts';
import { formatTimePoint, formatTimePoints } from './time-point.ts';
import { gridWidth, type Look, type View, type ViewFiles } from './view.ts';

/** What a command needs to know beside the view. */
export interface CommandFacts {
  run: string;
  /** Step of the checkpoint; left out for the newest. */
  step?: number | 'best' | undefined;
  /** Pictures in a row of a plane, or of a grid of points. */
  columns?: number | undefined;
  /** As what the pictures are written; left out where that is up to the person. */
  files?: ViewFiles;
  /** Where the files go; left out where that is up to the person. */
  out?: string;
}

/** The `covae` line that draws a view with equal pixels. */
export function commandOfView(
  view: View,
  look: Look,
  { run, step, columns, files = {}, out }: CommandFacts,
): string {
  const words = ['covae', ...viewWords(view, run, columns)];
  if (step !== undefined) words.push('--step', String(step));
  const { at, space, seed, again = [], weights, label, guidance } = look;
  if (at !== undefined && view.kind !== 'times') words.push('--at', formatTimePoint(at));
  if (space === 'z') words.push('--space', 'z');
  if (seed !== undefined && seed !== 0) words.push('--seed', String(seed));
  if (again.length > 0) words.push('--again', formatTimePoints(again));
  if (weights === 'raw') words.push('--weights', 'raw');
  if (label !== undefined) words.push('--label', String(label));
  if (guidance !== undefined) words.push('--guidance', String(guidance));
  words.push(...fileWords(files));
  if (out !== undefined) words.push('--out', out);
  return words.map(shellWord).join(' ');
}

function viewWords(view: View, run: string, columns: number | undefined): string[] {
  const each = (flag: string, points: readonly KeyPoint[]): string[] =>
    points.flatMap((point) => [flag, formatPoint(point)]);
  switch (view.kind) {
    case 'points':
      return [
        'decode',
        run,
        ...(rowsOf(view.points) ?? each('--point', view.points)),
        ...columnWords(view, columns),
      ];
    case 'times':
      return [
        'decode',
        run,
        ...each('--point', view.points),
        '--times',
        formatTimePoints(view.times),
        ...columnWords(view, columns),
      ];
    case 'path': {
      const { points, path, loop, easing, pace, positions } = view;
      const [first, ...rest] = points;
      const last = rest.at(-1);
      return [
        'walk',
        run,
        ...(first ? ['--from', formatPoint(first)] : []),
        ...each('--via', rest.slice(0, -1)),
        ...(last ? ['--to', formatPoint(last)] : []),
        ...(path === 'spherical' ? [] : ['--path', path]),
        ...(loop ? ['--closed'] : []),
        ...(easing === 'none' ? [] : ['--easing', easing]),
        ...(pace === 'even' ? [] : ['--pace', pace]),
        '--frames',
        String(positions.length),
      ];
    }
    case 'noise':
      return [
        'walk',
        run,
        ...(view.around === null ? [] : ['--around', formatPoint(view.around)]),
        '--radius',
        String(view.radius),
        '--noise-seed',
        String(view.seed),
        '--frames',
        String(view.positions.length),
      ];
    case 'plane':
      return [
        'plane',
        run,
        ...each('--corner', view.corners),
        ...(view.plane === 'spherical' ? [] : ['--path', view.plane]),
        ...gridWords(view.places, columns),
      ];
    case 'along':
      return [
        'plane',
        run,
        '--centre',
        formatPoint(view.centre),
        '--right',
        view.right,
        '--down',
        view.down,
        '--range',
        String(view.range),
        ...gridWords(view.places, columns),
      ];
  }
}

function fileWords({ as, scale, resize, gap, rate, hold, pingPong }: ViewFiles): string[] {
  const given = Object.entries({ as, scale, resize, gap, rate, hold }).filter(
    ([, value]) => value !== undefined,
  );
  return [
    ...given.flatMap(([key, value]) => [`--${key}`, String(value)]),
    ...(pingPong ? ['--ping-pong'] : []),
  ];
}

/** The first rows of one file of latents, in few words; null for other points. */
function rowsOf(points: readonly KeyPoint[]): string[] | null {
  const [first] = points;
  if (first?.kind !== 'latent' || points.length < 2) return null;
  const { file } = first;
  const isRow = (point: KeyPoint, row: number): boolean =>
    point.kind === 'latent' && point.file === file && point.row === row;
  return points.every(isRow) ? ['--latents', file, '--count', String(points.length)] : null;
}

/** What is not as usual. */
function columnWords(view: View, columns: number | undefined): string[] {
  return columns === undefined || columns === gridWidth(view, undefined)
    ? []
    : ['--columns', String(columns)];
}

function gridWords(
  places: readonly (readonly [x: number, y: number])[],
  columns: number | undefined,
): string[] {
  const wide = columns ?? Math.ceil(Math.sqrt(places.length));
  const rows = Math.ceil(places.length / wide);
  const area = areaOf(places);
  const isWhole = areaOf(gridPlaces(wide, rows)).every((edge, i) => edge === area[i]);
  return [
    ...(isWhole ? [] : ['--area', area.join(',')]),
    ...['--columns', String(wide), '--rows', String(rows)],
  ];
}
