/**
 * How often a property is tried, and with which random numbers. `npm test` tries the same cases every time, so that it
 * tells of what was changed; `COVAE_TRIALS=20` tries twenty times as many, others at each run.
 */
export function trials(usual: number): { numRuns: number; seed?: number } {
  const more = Number(process.env['COVAE_TRIALS'] ?? 0);
  return more > 0 ? { numRuns: usual * more } : { numRuns: usual, seed: 1 };
}
