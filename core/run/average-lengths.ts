/** Lengths of averages, σ_rel: the standard deviation of the averaging profile as a share of the training. Loads no tensors. */
import { UserError } from '../errors.ts';

/** Lengths that can be asked for; the longest that a profile without a negative exponent has is 0.289. */
export const SHORTEST = 0.01;
export const LONGEST = 0.28;

/** Lengths that are tried where none is asked for. */
export const TRIED_LENGTHS = [0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25] as const;

/** Whether there is an average of that length. */
export function isLength(length: number): boolean {
  return length >= SHORTEST && length <= LONGEST;
}

/** @throws UserError when a length is none that can be made */
export function checkLength(length: number): void {
  if (isLength(length)) return;
  throw new UserError(
    `An average can have a length of ${SHORTEST} to ${LONGEST} (its standard deviation as a share of the training), not ${length}.`,
    { code: 'invalid' },
  );
}
