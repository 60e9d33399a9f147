/** Mixtures of normal distributions with whole covariances, fitted to points by expectation and maximisation. */
import { setImmediate as turn } from 'node:timers/promises';
import { product } from '../tensor/doubles.ts';
import { uniformFloats } from '../tensor/noise.ts';
import { streamSeed } from '../tensor/stream-seed.ts';
import type { Features } from './moments.ts';

/** Matrices lie row by row. */
export interface NormalMixture {
  size: number;
  /** One a component; their sum is 1. */
  weights: Float64Array;
  /** components × size. */
  means: Float64Array;
  /** Lower Cholesky factors of the covariances, components × size × size. */
  factors: Float64Array;
}

export interface FittedMixture extends NormalMixture {
  /** What each point owes to each component, count × components; a row's sum is 1. */
  shares: Float64Array;
  /** Mean log density of the points, nats, before the last step. */
  logLikelihood: number;
  /** Whether it rose by less than {@link TOLERANCE} in the end. */
  converged: boolean;
}

export interface MixtureOptions {
  components: number;
  seed: number;
  signal?: AbortSignal | undefined;
}

/** As scikit-learn's `GaussianMixture` has them. */
const TOLERANCE = 1e-3;
/** Share of a point below which it says nothing of a component. */
const NEGLIGIBLE = 1e-9;
const MOST_STEPS = 100;
const TRIES = 4;
const FIRST_STEPS = 10;
/** Points, the first ones, that tries are made with. */
const FEW = 2000;
/** Share of the points' mean variance that is added to every variance, so that no component shrinks to a point. */
const FLOOR = 1e-4;

/**
 * Fits a mixture (Dempster, Laird & Rubin 1977). {@link TRIES} begin with points that lie far apart, drawn as k-means++
 * draws them (Arthur & Vassilvitskii 2007), and take {@link FIRST_STEPS} with {@link FEW} points; the likeliest goes on with
 * all of them until the log-likelihood rises by less than {@link TOLERANCE}.
 *
 * @param points finite numbers in no particular order, at least as many as components
 * @throws the signal's reason when aborted, within one step
 */
export async function fitNormalMixture(
  points: Features,
  { components, seed, signal }: MixtureOptions,
): Promise<FittedMixture> {
  const { count, size } = points;
  const values = Float64Array.from(points.values);
  const floor = FLOOR * meanVariance(values, count, size) + Number.EPSILON;
  const goOn = async (of: Float64Array, found: FittedMixture, steps: number): Promise<FittedMixture> => {
    for (let step = 0; step < steps && !found.converged; step++) {
      await turn();
      signal?.throwIfAborted();
      const { shares, logLikelihood } = expectation(of, found);
      const mixture = maximised(of, size, shares, components, floor);
      const converged = Math.abs(logLikelihood - found.logLikelihood) < TOLERANCE;
      found = { ...mixture, shares, logLikelihood, converged };
    }
    return found;
  };
  const few = values.subarray(0, size * Math.min(count, Math.max(FEW, 10 * components)));
  let best: FittedMixture | null = null;
  for (let attempt = 0; attempt < (components === 1 ? 1 : TRIES); attempt++) {
    const chances = uniformFloats(streamSeed(seed, 'mixture', attempt), components);
    const found = await goOn(few, begun(few, size, chances, floor), FIRST_STEPS);
    if (best === null || found.logLikelihood > best.logLikelihood) best = found;
  }
  return goOn(values, { ...best!, logLikelihood: -Infinity, converged: false }, MOST_STEPS);
}

/** A mixture around rows that lie far apart, of the points that are nearest to each. */
function begun(values: Float64Array, size: number, chances: Float32Array, floor: number): FittedMixture {
  const shares = nearestOf(values, size, farApart(values, size, chances));
  const mixture = maximised(values, size, shares, chances.length, floor);
  return { ...mixture, shares, logLikelihood: -Infinity, converged: false };
}

/**
 * What each point owes to each component, and the mean log density in nats.
 *
 * @param values count × size
 */
export function expectation(
  values: Float64Array,
  { size, weights, means, factors }: NormalMixture,
): { shares: Float64Array; logLikelihood: number } {
  const components = weights.length;
  const count = values.length / size;
  const logs = new Float64Array(count * components);
  for (let k = 0; k < components; k++) {
    const factor = factors.subarray(k * size * size, (k + 1) * size * size);
    const white = product(
      { rows: count, columns: size, values: around(values, size, means, k) },
      { rows: size, columns: size, values: inverseOfLower(factor, size), transposed: true },
    );
    let constant = Math.log(weights[k]!) - (size / 2) * Math.log(2 * Math.PI);
    for (let i = 0; i < size; i++) constant -= Math.log(factor[i * size + i]!);
    for (let row = 0; row < count; row++) {
      let squares = 0;
      for (let at = row * size; at < (row + 1) * size; at++) squares += white[at]! * white[at]!;
      logs[row * components + k] = constant - squares / 2;
    }
  }
  let sum = 0;
  for (let row = 0; row < count; row++) {
    const own = logs.subarray(row * components, (row + 1) * components);
    const most = own.reduce((a, b) => Math.max(a, b), -Infinity);
    const log = most + Math.log(own.reduce((total, value) => total + Math.exp(value - most), 0));
    for (let k = 0; k < components; k++) own[k] = Math.exp(own[k]! - log);
    sum += log;
  }
  return { shares: logs, logLikelihood: sum / count };
}

/** Weights, means and covariances that suit the shares best. */
function maximised(
  values: Float64Array,
  size: number,
  shares: Float64Array,
  components: number,
  floor: number,
): NormalMixture {
  const count = shares.length / components;
  const weights = new Float64Array(components);
  const means = new Float64Array(components * size);
  const factors = new Float64Array(components * size * size);
  for (let k = 0; k < components; k++) {
    let total = 10 * Number.EPSILON;
    const rows: number[] = [];
    for (let row = 0; row < count; row++) {
      const share = shares[row * components + k]!;
      if (share < NEGLIGIBLE) continue;
      rows.push(row);
      total += share;
      for (let i = 0; i < size; i++) means[k * size + i]! += share * values[row * size + i]!;
    }
    for (let i = 0; i < size; i++) means[k * size + i]! /= total;
    weights[k] = total / count;
    const weighted = new Float64Array(rows.length * size);
    for (const [at, row] of rows.entries()) {
      const root = Math.sqrt(shares[row * components + k]!);
      for (let i = 0; i < size; i++) {
        weighted[at * size + i] = root * (values[row * size + i]! - means[k * size + i]!);
      }
    }
    const covariance = squareOf(weighted, size).map((value) => value / total);
    for (let i = 0; i < size; i++) covariance[i * size + i]! += floor;
    factors.set(lowerFactor(covariance, size), k * size * size);
  }
  return { size, weights, means, factors };
}

/** Wᵀ · W. */
function squareOf(values: Float64Array, size: number): Float64Array {
  if (values.length === 0) return new Float64Array(size * size);
  const matrix = { rows: values.length / size, columns: size, values };
  return product({ ...matrix, transposed: true }, matrix);
}

/** The points around a component's mean. */
function around(values: Float64Array, size: number, means: Float64Array, k: number): Float64Array {
  const moved = new Float64Array(values.length);
  for (let at = 0; at < values.length;) {
    for (let i = 0; i < size; i++, at++) moved[at] = values[at]! - means[k * size + i]!;
  }
  return moved;
}

function meanVariance(values: Float64Array, count: number, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) {
    let [mean, squares] = [0, 0];
    for (let at = i; at < values.length; at += size) mean += values[at]! / count;
    for (let at = i; at < values.length; at += size) squares += (values[at]! - mean) ** 2;
    sum += squares / count;
  }
  return sum / size;
}

/** Rows that lie far apart, one a chance: each drawn in proportion to the square of its distance from those that are there. */
function farApart(values: Float64Array, size: number, chances: Float32Array): number[] {
  const count = values.length / size;
  const distances = new Float64Array(count).fill(1);
  return Array.from(chances, (chance, k) => {
    let rest = chance * distances.reduce((a, b) => a + b, 0);
    let chosen = 0;
    while (chosen < count - 1 && rest >= distances[chosen]!) rest -= distances[chosen++]!;
    for (let row = 0; row < count; row++) {
      const distance = squaredDistance(values, size, row, chosen);
      distances[row] = k === 0 ? distance : Math.min(distances[row]!, distance);
    }
    return chosen;
  });
}

/** 1 for the nearest of the chosen rows, 0 for the others. */
function nearestOf(values: Float64Array, size: number, chosen: readonly number[]): Float64Array {
  const count = values.length / size;
  const shares = new Float64Array(count * chosen.length);
  for (let row = 0; row < count; row++) {
    let [best, least] = [0, Infinity];
    for (const [k, other] of chosen.entries()) {
      const distance = squaredDistance(values, size, row, other);
      if (distance < least) [best, least] = [k, distance];
    }
    shares[row * chosen.length + best] = 1;
  }
  return shares;
}

function squaredDistance(values: Float64Array, size: number, a: number, b: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += (values[a * size + i]! - values[b * size + i]!) ** 2;
  return sum;
}

/** L with L · Lᵀ = the matrix, by Cholesky's method. */
function lowerFactor(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) rest -= factor[i * size + k]! * factor[j * size + k]!;
      factor[i * size + j] =
        i === j ? Math.sqrt(Math.max(rest, Number.MIN_VALUE)) : rest / factor[j * size + j]!;
    }
  }
  return factor;
}

function inverseOfLower(factor: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    inverse[j * size + j] = 1 / factor[j * size + j]!;
    for (let i = j + 1; i < size; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= factor[i * size + k]! * inverse[k * size + j]!;
      inverse[i * size + j] = sum / factor[i * size + i]!;
    }
  }
  return inverse;
}
