/** Weights as functions of the time t, given by name or as a small expression. */

/** Names of the reference's weightings; for λ(t) they stand for 1/t, 1/t² and 1, for β(t) for t, t² and 1. */
export const NAMED_WEIGHTINGS = ['linear', 'square', 'ones'] as const;

/**
 * Why a weighting cannot be used, as a sentence for the user, or null when it can: a name of
 * {@link NAMED_WEIGHTINGS} or an expression of t.
 */
export function weightingProblem(weighting: string): string | null {
  return (NAMED_WEIGHTINGS as readonly string[]).includes(weighting)
    ? null
    : `"${weighting}" is none of ${NAMED_WEIGHTINGS.join(', ')}`;
}

/**
 * The weighting's value at t, in double precision.
 * @param t above 0
 */
export function weightingAt(weighting: string, role: 'rec' | 'kl', t: number): number {
  const sign = role === 'rec' ? -1 : 1;
  if (weighting === 'linear') return t ** sign;
  if (weighting === 'square') return t ** (2 * sign);
  return 1;
}
