import type { ExampleLosses } from '../../run/diagnostics.ts';

/**
 * The time of the example that a step's loss comes from most: the first whose loss is not finite, else the one with the
 * largest.
 * @returns null for a batch without examples
 */
export function worstTime({ t, loss }: ExampleLosses): number | null {
  let worst = 0;
  for (let i = 0; i < t.length; i++) {
    const own = loss[i] ?? 0;
    if (!Number.isFinite(own)) return t[i] ?? null;
    if (own > (loss[worst] ?? 0)) worst = i;
  }
  return t[worst] ?? null;
}
