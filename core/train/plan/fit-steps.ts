/** How many steps of a training fit into a time on this machine: tried, not guessed from its data sheet. */
import type { ModelConfig } from '../../config/model.ts';
import { measureStep } from './keep-step-time.ts';
import { stepsIn } from '../../schedule/steps-in.ts';

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
  options?: Parameters<typeof measureStep>[1],
): Promise<{ steps: number; stepSeconds: number }> {
  const { seconds: stepSeconds } = await measureStep(config, options);
  return { steps: stepsIn(seconds, stepSeconds), stepSeconds };
}
