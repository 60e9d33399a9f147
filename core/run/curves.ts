/** The curves of a run: what was logged of its course, as columns over its steps. */
import type { MetricsLine } from './manifest.ts';

/** One quantity that has a curve. */
export interface CurveText {
  title: string;
  /** Of its values; empty where they have none. */
  unit: string;
}

/** All curves, in the order in which they are shown. */
export const CURVES = {
  loss: { title: 'Loss', unit: 'weighted objective' },
  recLoss: { title: 'Reconstruction', unit: 'unweighted' },
  denoiserLoss: { title: 'Denoiser', unit: 'unweighted' },
  klLoss: { title: 'KL divergence', unit: 'nats' },
  klTop: { title: 'KL, first level', unit: 'nats' },
  klLower: { title: 'KL, second level', unit: 'nats' },
  norm: { title: 'Squared norm of the code', unit: '' },
  codeStd: { title: 'Deviation of the code', unit: '' },
  generatorLoss: { title: 'Adversarial loss', unit: '' },
  sampleLoss: { title: 'Adversarial loss, samples', unit: '' },
  discriminatorLoss: { title: 'Discriminator', unit: '' },
  gradNorm: { title: 'Gradient norm', unit: 'before clipping' },
  learningRate: { title: 'Learning rate', unit: '' },
  intervals: { title: 'Time steps N', unit: 'intervals' },
  imagesPerSecond: { title: 'Speed', unit: 'images/s' },
  memory: { title: 'Memory', unit: 'GB' },
} as const satisfies Record<string, CurveText>;

export type CurveKey = keyof typeof CURVES;

/** Of the keys of {@link CURVES}, those that every step has a value of its own for. */
export const STEPWISE = [
  'loss',
  'recLoss',
  'denoiserLoss',
  'klLoss',
  'klTop',
  'klLower',
  'norm',
  'codeStd',
  'generatorLoss',
  'sampleLoss',
  'discriminatorLoss',
  'gradNorm',
] as const;

/** A quantity over a logged interval: the mean of its steps, the smallest and the largest value. */
export type CurvePoint = readonly [mean: number, min: number, max: number];

/** The columns of one curve, as long as the run has lines; NaN where nothing was logged. */
export interface CurveColumn {
  mean: Float64Array;
  min: Float64Array;
  max: Float64Array;
}

/** What was logged of a run, oldest first. */
export interface Curves {
  steps: Float64Array;
  /** Seconds of training up to each line, pauses left out. */
  seconds: Float64Array;
  columns: Partial<Record<CurveKey, CurveColumn>>;
  /** Images of a step. */
  batchSize: number;
  /** Images of an epoch; null for a run without a data set. */
  images: number | null;
}

/**
 * What a logged line says of each curve. A line of an older version has the values of its own step alone, which stand for
 * its whole interval.
 */
export function pointsOf(line: MetricsLine, batchSize: number): Partial<Record<CurveKey, CurvePoint>> {
  const points: Partial<Record<CurveKey, CurvePoint>> = {};
  for (const key of STEPWISE) {
    const value = line[key];
    const over = line.over?.[key];
    if (over !== undefined) points[key] = over;
    else if (typeof value === 'number') points[key] = [value, value, value];
  }
  const alone = (key: CurveKey, value: number): void => {
    points[key] = [value, value, value];
  };
  alone('learningRate', line.learningRate);
  alone('intervals', line.intervals);
  if (line.stepsPerSecond > 0) alone('imagesPerSecond', line.stepsPerSecond * batchSize);
  if (line.memory !== undefined) alone('memory', line.memory / 1e9);
  return points;
}

/**
 * The curves that lines make.
 *
 * @param lines by rising step
 */
export function curvesOf(
  lines: readonly MetricsLine[],
  { batchSize, images }: Pick<Curves, 'batchSize' | 'images'>,
): Curves {
  const { length } = lines;
  const curves: Curves = {
    steps: new Float64Array(length),
    seconds: new Float64Array(length),
    columns: {},
    batchSize,
    images,
  };
  lines.forEach((line, at) => {
    curves.steps[at] = line.step;
    curves.seconds[at] = line.seconds;
    for (const [key, [mean, min, max]] of entriesOf(pointsOf(line, batchSize))) {
      const column = (curves.columns[key] ??= {
        mean: new Float64Array(length).fill(NaN),
        min: new Float64Array(length).fill(NaN),
        max: new Float64Array(length).fill(NaN),
      });
      column.mean[at] = mean;
      column.min[at] = min;
      column.max[at] = max;
    }
  });
  return curves;
}

/** Keys and values of a record whose keys are known. */
export function entriesOf<K extends string, T>(record: Partial<Record<K, T>>): [K, T][] {
  return Object.entries(record) as [K, T][];
}

/** Keys of the curves that there are, in their order. */
export function keysOf({ columns }: Pick<Curves, 'columns'>): CurveKey[] {
  return entriesOf<CurveKey, CurveText>(CURVES)
    .map(([key]) => key)
    .filter((key) => columns[key] !== undefined);
}

/** What the horizontal axis of curves can be. */
export const CURVE_AXES = {
  step: { title: 'Step', unit: 'steps' },
  images: { title: 'Images seen', unit: 'images' },
  epochs: { title: 'Epochs', unit: 'epochs' },
  time: { title: 'Training time without pauses', unit: 's' },
} as const;

export type CurveAxis = keyof typeof CURVE_AXES;

/** Where each line lies on an axis, [lines]; epochs count as images where there is no data set. */
export function placesOn(
  axis: CurveAxis,
  { steps, seconds, batchSize, images }: Omit<Curves, 'columns'>,
): Float64Array {
  switch (axis) {
    case 'step':
      return steps;
    case 'images':
      return steps.map((step) => step * batchSize);
    case 'epochs':
      return steps.map((step) => (step * batchSize) / (images ?? 1));
    case 'time':
      return seconds;
  }
}

/**
 * Exponential moving average of a curve, without the bias towards its first value (Kingma & Ba 2015, section 3). Gaps stay
 * gaps and count for nothing.
 *
 * @param weight share of the average that each further value keeps, 0 to below 1; 0 gives the values themselves
 */
export function smoothed(values: ArrayLike<number>, weight: number): Float64Array {
  const out = new Float64Array(values.length);
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value)) {
      out[i] = NaN;
      continue;
    }
    sum = weight * sum + (1 - weight) * value;
    total = weight * total + (1 - weight);
    out[i] = sum / total;
  }
  return out;
}

/** Curves as a table: a row a logged line; of each quantity its mean over the line's interval, the least and the largest. */
export function curvesCsv(curves: Curves, keys: readonly CurveKey[] = keysOf(curves)): string {
  const { steps, seconds, batchSize, images } = curves;
  const head = ['step', 'images', ...(images === null ? [] : ['epochs']), 'seconds'];
  for (const key of keys) head.push(key, `${key}_min`, `${key}_max`);
  const rows = [head.join(',')];
  steps.forEach((step, at) => {
    const seen = step * batchSize;
    const cells: (number | string)[] = [
      step,
      seen,
      ...(images === null ? [] : [seen / images]),
      seconds[at] ?? '',
    ];
    for (const key of keys) {
      const { mean, min, max } = curves.columns[key] ?? {};
      for (const column of [mean, min, max]) cells.push(cellOf(column?.[at]));
    }
    rows.push(cells.join(','));
  });
  return `${rows.join('\r\n')}\r\n`;
}

/** Numbers as JavaScript writes them, which are read back to the same bits; nothing where nothing was logged. */
function cellOf(value: number | undefined): number | string {
  return value === undefined || !Number.isFinite(value) ? '' : value;
}
