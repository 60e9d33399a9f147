/**
 * How s-CoVAE chooses the interval of an example: lognormal in σ (the reference's models/covae_simple.py,
 * `_lognormal_timestep_distribution`).
 */

/**
 * Probability of each interval between neighbouring levels when ln σ is normal:
 * ∝ erf((ln σ_{i+1} − p_mean)/(p_std·√2)) − erf((ln σ_i − p_mean)/(p_std·√2)).
 * @param sigmas ascending, above 0
 * @returns sums to 1; one value fewer than `sigmas`
 */
export function lognormalProbabilities(
  sigmas: ArrayLike<number>,
  { pMean, pStd }: { pMean: number; pStd: number },
): Float64Array {
  const cumulative = Array.from(sigmas, (sigma) => erf((Math.log(sigma) - pMean) / (pStd * Math.SQRT2)));
  const mass = Float64Array.from(cumulative.slice(1), (value, i) => value - (cumulative[i] ?? value));
  const total = mass.reduce((sum, value) => sum + value, 0);
  // All levels far out in one tail: no interval is likelier than another by any number that can be told.
  if (!(total > 0)) return mass.fill(1 / mass.length);
  return mass.map((value) => value / total);
}

/** An interval for each uniform number in [0, 1), by inversion. */
export function lognormalIntervals(
  sigmas: ArrayLike<number>,
  moments: { pMean: number; pStd: number },
  uniforms: Float32Array,
): number[] {
  const probabilities = lognormalProbabilities(sigmas, moments);
  const ends = new Float64Array(probabilities.length);
  let sum = 0;
  probabilities.forEach((p, i) => (ends[i] = sum += p));
  return Array.from(uniforms, (u) => {
    const found = ends.findIndex((end) => u < end);
    return found === -1 ? ends.length - 1 : found;
  });
}

/**
 * The error function to double precision: its Maclaurin series near 0 (Abramowitz & Stegun 7.1.6), the continued
 * fraction of erfc further out (7.1.14).
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
}
