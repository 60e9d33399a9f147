/** How many steps of a training fit into a time on this machine: tried, not guessed from its data sheet. */
import type { ModelConfig } from '../../config/model.ts';
import { keepTrial } from './keep-step-time.ts';
import { tryOut } from './trial.ts';

/** What is left for steps: the rest goes to sample grids, checkpoints and the log. */
const SHARE = 0.95;

/**
 * Makes a trial and says how many steps fit. The trial is kept for plans, as each is.
 *
 * @param config whose own number of steps does not matter
 * @param seconds of training, what comes before and after it not counted
 * @throws UserError where memory does not suffice; the signal's reason when aborted
 */
export async function fitSteps(
  config: ModelConfig,
  seconds: number,
  options: Parameters<typeof tryOut>[1] = {},
): Promise<{ steps: number; stepSeconds: number }> {
  const trial = await tryOut(config, options);
  await keepTrial(config, trial.seconds);
  return { steps: stepsIn(seconds, trial.seconds), stepSeconds: trial.seconds };
}

/** Steps that fit, at least 1; two significant digits, since more would promise what a shared machine does not keep. */
export function stepsIn(seconds: number, stepSeconds: number): number {
  const steps = Math.max(1, (SHARE * seconds) / stepSeconds);
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(steps)) - 1);
  return Math.floor(steps / unit) * unit;
}
