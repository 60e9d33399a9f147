/** The longest training that is asked for by its time: a year. */
export const MAX_MINUTES = 365 * 24 * 60;
/** What is left for steps: the rest goes to sample grids, checkpoints and the log. */
const SHARE = 0.95;

/** Steps that fit into a time, at least 1; two significant digits, since more would promise what a shared machine does not keep. */
export function stepsIn(seconds: number, stepSeconds: number): number {
  const steps = Math.max(1, (SHARE * seconds) / stepSeconds);
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(steps)) - 1);
  return Math.floor(steps / unit) * unit;
}
