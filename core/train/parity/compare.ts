/** How far numbers are from the golden ones, and how far they may be. */

/**
 * What a check is about. `structure` is right or wrong (parameters, step schedule) or nearly so (time steps); the
 * rest are the columns of a report.
 */
export const GROUPS = [
  'structure',
  'forward',
  'loss',
  'gradient',
  'sampling',
  'trainingLoss',
  'training',
] as const;

export type Group = (typeof GROUPS)[number];

/**
 * The largest error that float32 arithmetic in another order excuses, for each group in its own measure:
 * - structure: relative, value by value
 * - forward, sampling: largest difference, as a share of the tensor's largest value
 * - loss: relative
 * - gradient: norm of the difference, as a share of the tensor's norm
 * - trainingLoss: relative, of losses and gradient norms in a row of training steps
 * - training: largest difference of a weight after them, as a share of its tensor's largest
 */
export const TOLERANCES: Readonly<Record<Group, number>> = {
  structure: 1e-5,
  forward: 1e-4,
  loss: 1e-4,
  gradient: 1e-3,
  sampling: 1e-4,
  trainingLoss: 1e-4,
  training: 1e-3,
};

/** One number or tensor that was compared. */
export interface Check {
  group: Group;
  /** As in the case: `fwd.mu`, `losses[0].total`, `loss1.grad.map_layer0.weight`, `after_ema.…`. */
  name: string;
  /** In the group's measure; Infinity for what is not a number, missing or of another shape. */
  error: number;
}

export function passes({ group, error }: Check): boolean {
  return error <= TOLERANCES[group];
}

type Numbers = ArrayLike<number>;

/**
 * Largest difference as a share of the largest expected value.
 * @param floor the least that counts as the largest expected value
 */
export function largestError(actual: Numbers, expected: Numbers, floor = 0): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let largest = floor;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs((actual[i] ?? NaN) - (expected[i] ?? NaN)));
    largest = Math.max(largest, Math.abs(expected[i] ?? NaN));
  }
  return share(difference, largest);
}

/** Largest relative difference, value by value. */
export function relativeError(actual: Numbers, expected: Numbers): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, scalarError(actual[i] ?? NaN, expected[i] ?? NaN));
  }
  return worst;
}

/** Difference of two numbers as a share of the expected one, or of `floor` where that is larger. */
export function scalarError(actual: number, expected: number, floor = 0): number {
  return share(Math.abs(actual - expected), Math.max(Math.abs(expected), floor));
}

/** Norm of the difference as a share of the expected norm plus `floor`. */
export function normError(actual: Numbers, expected: Numbers, floor = 0): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) difference += ((actual[i] ?? NaN) - (expected[i] ?? NaN)) ** 2;
  return share(Math.sqrt(difference), norm(expected) + floor);
}

export function norm(values: Numbers): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? NaN) ** 2;
  return Math.sqrt(sum);
}

/** 0 for 0 of 0; Infinity for anything else of 0 and for what is not a number. */
function share(difference: number, whole: number): number {
  if (difference === 0 && Number.isFinite(whole)) return 0;
  const value = difference / whole;
  return Number.isFinite(value) ? value : Infinity;
}
