/** What an export is asked for with, from the command line and from the window alike. It loads nothing, so that the window can know it. */
import * as v from 'valibot';

export const WHATS = ['samples', 'reconstructions', 'path', 'plane', 'film'] as const;
export type What = (typeof WHATS)[number];

export const FORMAT_NAMES = [
  'png',
  'grid',
  'zip',
  'npz',
  'npy',
  'parquet',
  'frames',
  'gif',
  'webp',
  'apng',
  'mp4',
  'webm',
  'dataset',
] as const;
export type As = (typeof FORMAT_NAMES)[number];

export const CAPTIONS = ['number', 'class'] as const;
export type Captions = (typeof CAPTIONS)[number];

/** The most images of an export. */
export const MAX_COUNT = 1_000_000;
/** As many images as are drawn where no number is given. */
export const USUAL_COUNTS = { samples: 64, reconstructions: 32, path: 10, plane: 64 } as const;
/** Images at the corners of a plane where none are named. */
export const USUAL_CORNERS = [0, 1, 2, 3] as const;
/** The most that images are enlarged by. */
export const MAX_SCALE = 16;
/** The most frames that an animation shows a second. */
export const MAX_RATE = 50;
/** The longest that the ends of an animation stay, in seconds, and the most often that it plays. */
export const MAX_HOLD = 60;
export const MAX_LOOP = 60_000;

const whole = (from: number, to: number) =>
  v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(from), v.maxValue(to)));
const between = (from: number, to: number) =>
  v.exactOptional(v.pipe(v.number(), v.finite(), v.minValue(from), v.maxValue(to)));
const timePoint = v.union([
  v.strictObject({ timeIndex: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
  v.strictObject({ t: v.pipe(v.number(), v.finite(), v.gtValue(0)) }),
]);

/** What is drawn, and as what it is written; whatever is left out is as usual. */
export const ExportOrderSchema = v.strictObject({
  what: v.picklist(WHATS),
  as: v.picklist(FORMAT_NAMES),
  count: whole(1, MAX_COUNT),
  /** Number of the first sample, or of the first image that is reconstructed. */
  start: whole(0, 1_000_000_000),
  seed: whole(0, 0xffffffff),
  passes: whole(1, 16),
  /** Where later passes of samples encode again; else the one place where images are encoded. */
  at: v.exactOptional(v.pipe(v.array(timePoint), v.minLength(1), v.maxLength(15))),
  prior: v.exactOptional(v.picklist(['normal', 'fitted'])),
  temperature: between(0, 100),
  laterTemperature: between(0, 100),
  step: v.union([v.picklist(['newest', 'best']), v.pipe(v.number(), v.integer(), v.minValue(0))]),
  weights: v.exactOptional(v.picklist(['ema', 'raw'])),
  /** Number or name of a class. */
  label: v.exactOptional(v.pipe(v.string(), v.maxLength(1000))),
  guidance: between(0, 100),
  /** Data set that images are taken from; default: the run's. */
  data: v.exactOptional(v.pipe(v.string(), v.maxLength(200))),
  /** Images of it between which a path leads. */
  from: whole(0, 100_000_000),
  to: whole(0, 100_000_000),
  /** Images of it at the corners of a plane: top left, top right, bottom left and, unless it follows from them, bottom right. */
  corners: v.exactOptional(
    v.pipe(
      v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100_000_000))),
      v.minLength(3),
      v.maxLength(4),
    ),
  ),
  /** Name of the data set that is made, as `dataset`. */
  name: v.exactOptional(v.pipe(v.string(), v.maxLength(200))),
  scale: whole(1, MAX_SCALE),
  resize: v.exactOptional(v.picklist(['nearest', 'lanczos'])),
  /** Of a grid: images in a row, pixels between them, grey level behind them. */
  columns: whole(1, 10_000),
  gap: whole(0, 1000),
  background: whole(0, 255),
  /** What stands below each image of a grid: its number, or the name of its class. */
  captions: v.exactOptional(v.picklist(CAPTIONS)),
  /** Of an animation: frames a second, how many times it plays (0: for ever), seconds that both ends stay longer. */
  rate: v.exactOptional(v.pipe(v.number(), v.gtValue(0), v.maxValue(MAX_RATE))),
  loop: whole(0, MAX_LOOP),
  hold: between(0, MAX_HOLD),
  /** Of an animation: goes back the way it came. */
  pingPong: v.exactOptional(v.boolean()),
  /** Whether files say where they come from. */
  provenance: v.boolean(),
});

export type ExportOrder = v.InferOutput<typeof ExportOrderSchema>;
