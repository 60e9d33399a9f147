import { exponentOf, powerGain, TRACKED_LENGTHS } from './power.ts';

const EXPONENTS = TRACKED_LENGTHS.map(exponentOf);

/** The two averages that snapshots are taken of, after so many steps. */
export function trackedProfiles(t: number): { t: number; gamma: number }[] {
  return EXPONENTS.map((gamma) => ({ t, gamma }));
}

/** What a step takes of the new weights into each of them. @param t steps that were averaged over, this one included */
export function trackedGains(t: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(EXPONENTS, (gamma) => powerGain(t, gamma));
}
