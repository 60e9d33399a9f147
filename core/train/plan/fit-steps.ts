/** How many steps of a training fit into a time on this machine: tried, not guessed from its data sheet. */
import type { ModelConfig } from '../../config/model.ts';
import { keepTrial } from './keep-step-time.ts';
import { stepsIn } from '../../schedule/steps-in.ts';
import { tryOut } from './trial.ts';

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
