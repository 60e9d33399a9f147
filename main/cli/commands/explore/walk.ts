/** `covae walk` and `covae plane`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../../../../core/errors.ts';
import { PATH_KINDS, type PathKind } from '../../../../core/explore/paths/interpolation.ts';
import { EASINGS, type Easing, framePositions } from '../../../../core/explore/paths/pace.ts';
import { type Area, gridPlaces, MOST_BEYOND } from '../../../../core/explore/plane/places.ts';
import { formatPoint, type KeyPoint } from '../../../../core/explore/points/point.ts';
import { MAX_KEY_POINTS, MAX_PICTURES, PACES, type Pace, type View } from '../../../../core/explore/view.ts';
import type { FormatName } from '../../../../core/export/sets/formats.ts';
import type { Bind } from '../../bind.ts';
import { MAX_SEED, numberBetween, positiveNumber, wholeNumber, withCommonOptions } from '../../options.ts';
import type { Output } from '../../output.ts';
import { RUN_HELP } from '../drawing.ts';
import {
  checkTarget,
  formatFor,
  type LookOptions,
  parseKeyPoint,
  parseKeyPoints,
  withExplorer,
  withLookOptions,
  withWriteOptions,
  type WriteOptions,
  writeView,
} from './look.ts';

const WALK_FORMATS: readonly FormatName[] = ['grid', 'gif', 'webp', 'apng', 'frames', 'npz', 'npy', 'zip'];
const PLANE_FORMATS: readonly FormatName[] = ['grid', 'png', 'npz', 'npy', 'zip'];
const ANIMATED: readonly FormatName[] = ['gif', 'webp', 'apng'];

/** What a walk is asked for with. */
export interface WalkAsked {
  from?: KeyPoint;
  to?: KeyPoint;
  via?: KeyPoint[];
  path: PathKind;
  closed?: boolean;
  easing: Easing;
  pace: Pace;
  around?: KeyPoint;
  radius?: number;
  noiseSeed?: number;
  frames: number;
}

interface WalkOptions extends LookOptions, WriteOptions, WalkAsked {
  rate?: number;
  hold?: number;
  pingPong?: boolean;
}

/** What a plane is asked for with. */
export interface PlaneAsked {
  corner?: KeyPoint[];
  path: 'linear' | 'spherical';
  centre?: KeyPoint;
  right?: string;
  down?: string;
  range?: number;
  columns: number;
  rows: number;
  area?: Area;
}

interface PlaneOptions extends LookOptions, WriteOptions, PlaneAsked {}

export function addWalkCommands(program: Command, bind: Bind): void {
  const walk = program
    .command('walk')
    .description(
      'Draw a way through latent space: through 2 to 12 points, or in a circle of noise. A point is an image of the ' +
        'data set by its number (3), a draw (seed:5), an image file (photo.png), a saved latent (z.safetensors#0), a ' +
        'neighbour (near:3/1), or what the window copied.',
    )
    .argument('[run]', RUN_HELP);
  addWalkOptions(walk, { path: 'spherical', easing: 'none', pace: 'even', frames: 12 })
    .addOption(positiveNumber('--rate <n>', 'of an animation: frames a second (default: 10)', 50))
    .addOption(numberBetween('--hold <s>', 'of an animation: seconds that both ends stay longer', 0, 60))
    .option('--ping-pong', 'of an animation: goes back the way it came');
  withCommonOptions(withWriteOptions(withLookOptions(walk), WALK_FORMATS)).action(bind(walkThrough));

  const plane = program
    .command('plane')
    .description(
      'Draw a plane of latent space: between 3 or 4 corners, or along two directions through a point.',
    )
    .argument('[run]', RUN_HELP)
    .addOption(
      new Option('--path <kind>', 'how it goes from corner to corner')
        .choices(['spherical', 'linear'])
        .default('spherical'),
    )
    .addOption(wholeNumber('--columns <n>', 'pictures in a row', 1, 64).default(5))
    .addOption(wholeNumber('--rows <n>', 'rows', 1, 64).default(5));
  addPlaneOptions(plane);
  withCommonOptions(withWriteOptions(withLookOptions(plane), PLANE_FORMATS)).action(bind(drawPlane));
}

function parseArea(text: string): Area {
  const numbers = text.split(',').map((word) => (word.trim() === '' ? NaN : Number(word)));
  const [left = NaN, top = NaN, right = NaN, bottom = NaN] = numbers;
  const areWithin = numbers.every((number) => Math.abs(number - 0.5) <= MOST_BEYOND);
  if (numbers.length === 4 && areWithin && left <= right && top <= bottom) return [left, top, right, bottom];
  throw new InvalidArgumentError('Give left, top, right and bottom, such as 0.25,0.25,0.75,0.75.');
}

async function walkThrough(output: Output, options: WalkOptions, query?: string): Promise<number> {
  const view = walkView(options);
  const as = await formatFor(options, WALK_FORMATS, 'grid');
  for (const key of ['rate', 'hold', 'pingPong'] as const) {
    if (options[key] === undefined || ANIMATED.includes(as)) continue;
    const flag = key === 'pingPong' ? '--ping-pong' : `--${key}`;
    throw new UserError(`${flag} is for an animation; give --out a name such as walk.gif.`, {
      code: 'usage',
    });
  }
  await checkTarget(as, options);
  const { frames, closed } = options;
  return withExplorer(output, options, query, (opened) =>
    writeView(output, opened, view, as, {
      ...options,
      stem:
        view.kind === 'noise'
          ? `noise-loop-${view.seed}`
          : `walk-${wordOf(options.from)}-to-${wordOf(options.to)}`,
      told: { frames, ...(closed && { closed }) },
    }),
  );
}

/** Adds the options that say which way is walked. */
export function addWalkOptions(
  command: Command,
  usual: Partial<Pick<WalkAsked, 'path' | 'easing' | 'pace' | 'frames'>> = {},
): Command {
  return command
    .option('--from <point>', 'point to begin with', parseKeyPoint)
    .option('--to <point>', 'point to end with', parseKeyPoint)
    .option('--via <point>', 'point on the way; may be given several times', parseKeyPoints)
    .addOption(
      new Option(
        '--path <kind>',
        'spherical: great circles; linear: straight lines; positions: great circles for each position of a spatial latent; cubic: one smooth curve through all',
      )
        .choices(PATH_KINDS)
        .default(usual.path),
    )
    .option('--closed', 'come back to the first point')
    .addOption(
      new Option('--easing <kind>', 'be gentle at the ends of the way, or at each point')
        .choices(EASINGS)
        .default(usual.easing),
    )
    .addOption(
      new Option('--pace <kind>', 'even in latent space, or in equal steps of picture change')
        .choices(PACES)
        .default(usual.pace),
    )
    .addOption(
      positiveNumber(
        '--radius <r>',
        'walk in a circle of noise of this radius instead; 1 is where samples lie',
        100,
      ),
    )
    .option('--around <point>', 'middle of the circle (default: that of the prior)', parseKeyPoint)
    .addOption(wholeNumber('--noise-seed <n>', 'of the circle (default: 0)', 0, MAX_SEED))
    .addOption(wholeNumber('--frames <n>', 'number of pictures', 2, MAX_PICTURES).default(usual.frames));
}

/** Adds the options that say which plane is drawn, but for `--path`. */
export function addPlaneOptions(command: Command): Command {
  return command
    .option(
      '--corner <point>',
      'top left, top right, bottom left and, if you like, bottom right; a point as for covae walk',
      parseKeyPoints,
    )
    .option('--centre <point>', 'point in the middle of a plane along two directions', parseKeyPoint)
    .option('--right <direction>', 'direction to the right (covae directions)')
    .option('--down <direction>', 'direction downwards')
    .addOption(positiveNumber('--range <n>', 'standard deviations to either side (default: 2)', 100))
    .option(
      '--area <numbers>',
      'part of the plane: left, top, right, bottom; 0,0,1,1 is all between the corners (default), more lies beyond them',
      parseArea,
    );
}

/** In names of files. */
function wordOf(point: KeyPoint | undefined): string {
  if (point === undefined) return 'point';
  const word = formatPoint(point).replace(/[^\w.-]+/g, '-');
  return word.length > 24 ? point.kind : word;
}

/** @throws UserError when points are missing, or options do not go together */
export function walkView(options: WalkAsked): View {
  const { from, to, via = [], radius, around, noiseSeed, frames, closed = false } = options;
  if (radius !== undefined) {
    if (from !== undefined || to !== undefined || via.length > 0) {
      throw new UserError(
        '--radius walks in a circle of noise, which has no --from, --to or --via; name its middle with --around.',
        {
          code: 'usage',
        },
      );
    }
    const positions = framePositions(frames, true);
    return { kind: 'noise', around: around ?? null, radius, seed: noiseSeed ?? 0, positions };
  }
  if (around !== undefined || noiseSeed !== undefined) {
    throw new UserError(
      '--around and --noise-seed are for a circle of noise; give it a size with --radius.',
      {
        code: 'usage',
      },
    );
  }
  if (from === undefined || to === undefined) {
    throw new UserError('A walk needs --from and --to, or --radius for a circle of noise.', {
      code: 'usage',
    });
  }
  const points = [from, ...via, to];
  if (points.length > MAX_KEY_POINTS) {
    throw new UserError(`A walk goes through ${MAX_KEY_POINTS} points at most, not ${points.length}.`, {
      code: 'usage',
    });
  }
  const { path, easing, pace } = options;
  const positions = framePositions(frames, closed);
  return { kind: 'path', points, path, loop: closed, easing, pace, positions };
}

async function drawPlane(output: Output, options: PlaneOptions, query?: string): Promise<number> {
  const view = planeView(options);
  const as = await formatFor(options, PLANE_FORMATS, 'grid');
  await checkTarget(as, options);
  const { columns, rows } = options;
  return withExplorer(output, options, query, (opened) =>
    writeView(output, opened, view, as, { ...options, columns, stem: 'plane', told: { columns, rows } }),
  );
}

/** @throws UserError when corners or directions are missing, or do not go together */
export function planeView(asked: PlaneAsked): View {
  const { corner, path, centre, right, down, range, columns, rows, area } = asked;
  const places = gridPlaces(columns, rows, area);
  if (corner !== undefined) {
    if (centre !== undefined || right !== undefined || down !== undefined || range !== undefined) {
      throw new UserError(
        'A plane has --corner three or four times, or --centre, --right and --down; not both.',
        {
          code: 'usage',
        },
      );
    }
    if (corner.length < 3 || corner.length > 4) {
      throw new UserError(
        `A plane has three or four corners, not ${corner.length}; give --corner for each.`,
        {
          code: 'usage',
        },
      );
    }
    return { kind: 'plane', corners: corner, plane: path, places };
  }
  if (centre === undefined || right === undefined || down === undefined) {
    throw new UserError('A plane needs --corner three or four times, or --centre, --right and --down.', {
      code: 'usage',
    });
  }
  return { kind: 'along', centre, right, down, range: range ?? 2, places };
}
