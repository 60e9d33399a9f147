import { language, numbersTag } from '../../../text/language.ts';

/** A number as typed; where a comma is the decimal sign, it is taken for one, as the point is. */
export function numberOf(typed: string): number {
  return Number(language() === 'de' ? typed.replace(/^([^,]*),([^,]*)$/, '$1.$2') : typed);
}

/** A whole number as typed; the problem in one sentence when it is none or lies outside. Empty gives null. */
export function readWhole(
  typed: string,
  min: number,
  max: number,
): { value: number | null; problem: string | null } {
  if (typed.trim() === '') return { value: null, problem: null };
  const value = numberOf(typed);
  if (!Number.isInteger(value) || value < min || value > max) {
    return {
      value: null,
      problem: `A whole number from ${min.toLocaleString(numbersTag())} to ${max.toLocaleString(numbersTag())}.`,
    };
  }
  return { value, problem: null };
}

/** A number above 0 and at most `max`, as typed. Empty gives null. */
export function readPositive(typed: string, max: number): { value: number | null; problem: string | null } {
  if (typed.trim() === '') return { value: null, problem: null };
  const value = numberOf(typed);
  if (!Number.isFinite(value) || value <= 0 || value > max) {
    return { value: null, problem: `A number above 0, at most ${max.toLocaleString(numbersTag())}.` };
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
  const value = numberOf(typed);
  if (!Number.isFinite(value) || value < min || value > max) {
    return {
      value: null,
      problem: `A number from ${min.toLocaleString(numbersTag(), { maximumSignificantDigits: 21 })} to ${max.toLocaleString(numbersTag())}.`,
    };
  }
  return { value, problem: null };
}

/** A seed by chance, 0 … 2³² − 1. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
