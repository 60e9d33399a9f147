/**
 * Averages of weights whose length is chosen after the training: power function profiles and their reconstruction from
 * snapshots of others (Karras et al. 2024, "Analyzing and Improving the Training Dynamics of Diffusion Models", sections 3.1
 * to 3.3 and appendix C). An average of exponent γ weighs what the weights were at time τ ≤ t with τ^γ. Its length is the
 * standard deviation of that profile as a share of t, σ_rel.
 */
import { Matrix, solve } from 'ml-matrix';
import { isLength, LONGEST, SHORTEST } from '../../run/average-lengths.ts';

/** Lengths of the two averages that snapshots are taken of, as in the paper. */
export const TRACKED_LENGTHS = [0.05, 0.1] as const;

/** One average at one time. */
export interface Profile {
  /** Steps that were averaged over. */
  t: number;
  gamma: number;
}

/**
 * Exponent γ of the profile of a length: the largest real root of γ³ + 7 γ² + (16 − σ⁻²) γ + 12 − σ⁻² (equation 123 of
 * the paper's appendix C). From σ² = (γ + 1) / ((γ + 2)² (γ + 3)), which falls as γ rises.
 *
 * @param length σ_rel, between {@link SHORTEST} and {@link LONGEST}
 * @throws RangeError outside of them
 */
export function exponentOf(length: number): number {
  if (!isLength(length)) {
    throw new RangeError(`an average has a length of ${SHORTEST} to ${LONGEST}, not ${length}`);
  }
  let low = 0;
  let high = 1 / length;
  while (low < (low + high) / 2 && (low + high) / 2 < high) {
    const middle = (low + high) / 2;
    if (lengthOf(middle) > length) low = middle;
    else high = middle;
  }
  return high;
}

/** σ_rel of the profile of an exponent. @param gamma not negative */
export function lengthOf(gamma: number): number {
  return Math.sqrt((gamma + 1) / ((gamma + 2) ** 2 * (gamma + 3)));
}

/**
 * Share of the newest weights in the average at step t: 1 − (1 − 1/t)^(γ + 1) (equation 127).
 * @param t steps counted from 1; the average at 1 is the weights
 */
export function powerGain(t: number, gamma: number): number {
  // Without the rounding of 1 − x for small x.
  return -Math.expm1((gamma + 1) * Math.log1p(-1 / t));
}

/**
 * Weights of snapshots whose sum comes nearest to a profile, in the least squares over all of training (algorithm 3).
 *
 * @param snapshots of different times or exponents, none later than the target
 * @returns one weight for each; they sum to about 1
 */
export function weightsFor(snapshots: readonly Profile[], target: Profile): Float64Array {
  const overlaps = new Matrix(snapshots.map((a) => snapshots.map((b) => overlap(a, b))));
  const wanted = Matrix.columnVector(snapshots.map((a) => overlap(a, target)));
  // The normal equations of nearly equal profiles are close to singular; the singular values that are nothing are left out.
  return Float64Array.from(solve(overlaps, wanted, true).getColumn(0));
}

/** Integral of the product of two profiles over the time that both have (algorithm 3, `p_dot_p`). */
function overlap(a: Profile, b: Profile): number {
  const ratio = a.t / b.t;
  const exponent = a.t < b.t ? b.gamma : -a.gamma;
  return ((a.gamma + 1) * (b.gamma + 1) * ratio ** exponent) / ((a.gamma + b.gamma + 1) * Math.max(a.t, b.t));
}
