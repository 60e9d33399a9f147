/** A whole number as typed; the problem in one sentence when it is none or lies outside. Empty gives null. */
export function readWhole(
  typed: string,
  min: number,
  max: number,
): { value: number | null; problem: string | null } {
  if (typed.trim() === '') return { value: null, problem: null };
  const value = Number(typed);
  if (!Number.isInteger(value) || value < min || value > max) {
    return {
      value: null,
      problem: `A whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}.`,
    };
  }
  return { value, problem: null };
}

/** A number above 0 and at most `max`, as typed. Empty gives null. */
export function readPositive(typed: string, max: number): { value: number | null; problem: string | null } {
  if (typed.trim() === '') return { value: null, problem: null };
  const value = Number(typed);
  if (!Number.isFinite(value) || value <= 0 || value > max) {
    return { value: null, problem: `A number above 0, at most ${max.toLocaleString('en')}.` };
  }
  return { value, problem: null };
}

/** A number from `min` to `max`, as typed. Empty gives null. */
export function readBetween(
  typed: string,
  min: number,
  max: number,
): { value: number | null; problem: string | null } {
  if (typed.trim() === '') return { value: null, problem: null };
  const value = Number(typed);
  if (!Number.isFinite(value) || value < min || value > max) {
    return {
      value: null,
      problem: `A number from ${min.toLocaleString('en', { maximumSignificantDigits: 21 })} to ${max.toLocaleString('en')}.`,
    };
  }
  return { value, problem: null };
}

/** A seed by chance, 0 … 2³² − 1. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
