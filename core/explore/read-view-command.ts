/** Reads what {@link commandOfView} writes: files say by it which view they are of. */
import * as v from 'valibot';
import { shellWords } from '../shell-word.ts';
import { framePositions } from './paths/pace.ts';
import { gridPlaces, WHOLE_AREA } from './plane/places.ts';
import { parsePoint } from './points/point.ts';
import { parseTimePoints } from './time-point.ts';
import { type Look, LookSchema, MAX_PICTURES, type View, type ViewFiles, ViewSchema } from './view.ts';

/** A view of a run, and as what it was written. */
export interface ViewCommand {
  run: string;
  step: number | 'best' | null;
  view: View;
  look: Look;
  columns: number | undefined;
  files: ViewFiles;
}

/** Options without a value. */
const SWITCHES = new Set(['closed', 'ping-pong']);
const LOOK = ['at', 'space', 'seed', 'again', 'weights', 'label', 'guidance'];
const FILES = ['as', 'scale', 'resize', 'gap', 'rate', 'hold', 'ping-pong'];
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  walk: 'from via to path closed easing pace around radius noise-seed frames'.split(' '),
  plane: 'corner path centre right down range area columns rows'.split(' '),
  decode: 'latents count point times columns'.split(' '),
};

const FilesSchema = v.object({
  as: v.exactOptional(v.picklist(['png', 'grid', 'zip', 'npz', 'npy', 'frames', 'gif', 'webp', 'apng'])),
  scale: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(32))),
  resize: v.exactOptional(v.picklist(['nearest', 'lanczos'])),
  gap: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000))),
  rate: v.exactOptional(v.pipe(v.number(), v.gtValue(0), v.maxValue(50))),
  hold: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(60))),
  pingPong: v.exactOptional(v.literal(true)),
});

/** Options of a command by name; each may come several times. */
type Options = ReadonlyMap<string, readonly string[]>;

/** @returns null for any other text, also for a command that says where it writes or which library it reads */
export function readViewCommand(text: string): ViewCommand | null {
  const [program, name = '', run = '', ...words] = shellWords(text);
  const known = OPTIONS[name];
  if (program !== 'covae' || known === undefined || run === '' || run.startsWith('-')) return null;
  const options = optionsOf(words, [...known, ...LOOK, ...FILES, 'step']);
  if (options === null) return null;
  const number = (key: string): number | undefined => {
    const word = options.get(key)?.at(-1);
    return word === undefined ? undefined : Number(word);
  };
  const step = options.get('step')?.at(-1);
  const columns = number('columns');
  const view = v.safeParse(ViewSchema, viewOf(name, options, number));
  const look = v.safeParse(LookSchema, lookOf(options, number));
  const files = v.safeParse(FilesSchema, filesOf(options, number));
  if (!view.success || !look.success || !files.success) return null;
  if (step !== undefined && step !== 'best' && !/^\d{1,9}$/.test(step)) return null;
  if (columns !== undefined && !(Number.isInteger(columns) && columns >= 1 && columns <= 10_000)) return null;
  return {
    ...{ run, view: view.output, look: look.output as Look, columns, files: files.output },
    step: step === undefined || step === 'best' ? (step ?? null) : Number(step),
  };
}

function optionsOf(words: readonly string[], known: readonly string[]): Options | null {
  const options = new Map<string, string[]>();
  for (let i = 0; i < words.length; i++) {
    const name = /^--(.+)$/.exec(words[i] ?? '')?.[1];
    if (name === undefined || !known.includes(name)) return null;
    const value = SWITCHES.has(name) ? '' : words[++i];
    if (value === undefined) return null;
    options.set(name, [...(options.get(name) ?? []), value]);
  }
  return options;
}

/** What is asked for, to be checked. */
function viewOf(name: string, options: Options, number: (key: string) => number | undefined): unknown {
  const points = (...keys: string[]): unknown[] =>
    keys.flatMap((key) => (options.get(key) ?? []).map((word) => parsePoint(word)));
  const word = (key: string): string | undefined => options.get(key)?.at(-1);
  if (name === 'decode') {
    const times = word('times');
    const file = word('latents');
    if (file !== undefined) {
      const count = number('count');
      if (count === undefined || !isCount(count) || options.has('point') || times !== undefined) return null;
      return {
        kind: 'points',
        points: Array.from({ length: count }, (_, row) => ({ kind: 'latent', file, row })),
      };
    }
    if (times === undefined) return { kind: 'points', points: points('point') };
    return { kind: 'times', points: points('point'), times: parseTimePoints(times) };
  }
  if (name === 'plane') {
    const [columns = 5, rows = 5] = [number('columns'), number('rows')];
    if (!isCount(columns) || !isCount(rows) || columns * rows > MAX_PICTURES) return null;
    const area = word('area')?.split(',').map(Number) ?? WHOLE_AREA;
    const [left = NaN, top = NaN, rightEdge = NaN, bottom = NaN] = area;
    const places = gridPlaces(columns, rows, [left, top, rightEdge, bottom]);
    if (options.has('corner')) {
      return { kind: 'plane', corners: points('corner'), plane: word('path') ?? 'spherical', places };
    }
    const [centre] = points('centre');
    const range = number('range') ?? 2;
    return { kind: 'along', centre, right: word('right'), down: word('down'), range, places };
  }
  const frames = number('frames') ?? 12;
  if (!isCount(frames)) return null;
  const radius = number('radius');
  if (radius !== undefined) {
    const [around = null] = options.has('around') ? points('around') : [];
    const seed = number('noise-seed') ?? 0;
    return { kind: 'noise', around, radius, seed, positions: framePositions(frames, true) };
  }
  const loop = options.has('closed');
  return {
    ...{ kind: 'path', points: points('from', 'via', 'to'), path: word('path') ?? 'spherical', loop },
    ...{ easing: word('easing') ?? 'none', pace: word('pace') ?? 'even' },
    positions: framePositions(frames, loop),
  };
}

function lookOf(options: Options, number: (key: string) => number | undefined): unknown {
  const word = (key: string): string | undefined => options.get(key)?.at(-1);
  const at = word('at');
  const again = word('again');
  return present({
    at: at === undefined ? undefined : parseTimePoints(at)?.[0],
    space: word('space'),
    seed: number('seed'),
    again: again === undefined ? undefined : parseTimePoints(again),
    weights: word('weights'),
    label: number('label'),
    guidance: number('guidance'),
  });
}

function filesOf(options: Options, number: (key: string) => number | undefined): unknown {
  return present({
    as: options.get('as')?.at(-1),
    scale: number('scale'),
    resize: options.get('resize')?.at(-1),
    gap: number('gap'),
    rate: number('rate'),
    hold: number('hold'),
    pingPong: options.has('ping-pong') ? true : undefined,
  });
}

function present(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_PICTURES;
}
