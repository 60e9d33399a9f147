/** Directions of latent space from encodings: between groups of images, of classes, and the principal components. */
import type { Features } from '../../metrics/moments.ts';
import { principalComponents } from '../../metrics/pca.ts';
import { UserError } from '../../errors.ts';

/** A direction as it was found, scaled so that 1 is one standard deviation of the encodings along it. */
export interface FoundDirection {
  values: Float32Array;
  /** That standard deviation, in latent units: the length of `values`. */
  deviation: number;
  /** Share of the encodings' variance along it. */
  explained: number;
}

/**
 * From the mean of one group of images to the mean of another (Larsen et al. 2016, "attribute vectors").
 *
 * @param from rows of the encodings it leads away from
 * @param to rows it leads to
 * @throws UserError when a group is empty, or both have the same mean
 */
export function groupDirection(
  encodings: Features,
  from: readonly number[],
  to: readonly number[],
): FoundDirection {
  const [a, b] = [from, to].map((rows) => meanOf(encodings, rows));
  return scaledAlong(
    encodings,
    Float64Array.from(b!, (value, k) => value - a![k]!),
  );
}

/** The mean of some rows. @throws UserError when there are none */
function meanOf({ size, values }: Features, rows: readonly number[]): Float64Array {
  if (rows.length === 0) {
    throw new UserError('A group has no images; choose at least one for each.');
  }
  const mean = new Float64Array(size);
  for (const row of rows) {
    for (let k = 0; k < size; k++) mean[k]! += values[row * size + k]! / rows.length;
  }
  return mean;
}

/** Gives a direction the length of one standard deviation of the encodings along it. */
function scaledAlong({ count, size, values }: Features, direction: Float64Array): FoundDirection {
  const length = Math.hypot(...direction);
  if (!(length > 1e-9)) {
    throw new UserError('Both groups have the same encoding, so no direction leads from one to the other.');
  }
  const unit = direction.map((value) => value / length);
  const mean = new Float64Array(size);
  for (let row = 0; row < count; row++) {
    for (let k = 0; k < size; k++) mean[k]! += values[row * size + k]! / count;
  }
  let along = 0;
  let total = 0;
  for (let row = 0; row < count; row++) {
    let projected = 0;
    for (let k = 0; k < size; k++) {
      const off = values[row * size + k]! - mean[k]!;
      projected += off * unit[k]!;
      total += off * off;
    }
    along += projected * projected;
  }
  const deviation = Math.sqrt(along / count);
  // Of so few images that they do not vary along it, the way between the groups is the measure.
  const scale = deviation > 1e-9 ? deviation : length;
  return {
    values: Float32Array.from(unit, (value) => value * scale),
    deviation: scale,
    explained: total > 0 ? along / total : 0,
  };
}

/**
 * A direction for each class: from the images of all others to those of the class.
 *
 * @param labels class of each row; the number of classes for a row without one
 * @returns null for a class without images, or without others
 */
export function classDirections(
  encodings: Features,
  labels: ArrayLike<number>,
  classes: number,
): (FoundDirection | null)[] {
  const rows = Array.from({ length: encodings.count }, (_, row) => row);
  return Array.from({ length: classes }, (_, label) => {
    const own = rows.filter((row) => labels[row] === label);
    const others = rows.filter((row) => labels[row] !== label && (labels[row] ?? classes) < classes);
    return own.length === 0 || others.length === 0 ? null : groupDirection(encodings, others, own);
  });
}

/** The first principal components of encodings, as directions. @throws UserError for fewer than two images */
export function componentDirections(encodings: Features, wanted: number): FoundDirection[] {
  const { count, size } = encodings;
  if (count < 2) throw new UserError('Principal components take two images or more.');
  const components = Math.min(wanted, size, count - 1);
  const { directions, scores, explained } = principalComponents(encodings, components);
  return Array.from({ length: components }, (_, c) => {
    let squares = 0;
    for (let row = 0; row < count; row++) squares += scores[row * components + c]! ** 2;
    const deviation = Math.sqrt(squares / count);
    const values = Float32Array.from(
      directions.subarray(c * size, (c + 1) * size),
      (value) => value * deviation,
    );
    return { values, deviation, explained: explained[c]! };
  }).filter(({ deviation }) => deviation > 0);
}

/** Variance from which a dimension counts as active, as in Burda et al. 2016, "Importance weighted autoencoders". */
export const ACTIVE_VARIANCE = 0.01;

/** Number of dimensions along which the posterior's mean varies over images: Cov_x(E[z_u | x]) > 0.01 (Burda et al. 2016). */
export function activeDimensions({ count, size, values }: Features): number {
  let active = 0;
  for (let k = 0; k < size; k++) {
    let sum = 0;
    let squares = 0;
    for (let row = 0; row < count; row++) {
      const value = values[row * size + k]!;
      sum += value;
      squares += value * value;
    }
    if (squares / count - (sum / count) ** 2 > ACTIVE_VARIANCE) active++;
  }
  return active;
}
