import { setImmediate as turn } from 'node:timers/promises';
import type { ModelConfig } from '../../config/model.ts';
import { covaeModel } from '../../covae/model.ts';
import { stepPlan } from '../../schedule/step-plan.ts';
import { Batches } from '../batches.ts';
import { openProgram } from '../open-program.ts';
import { namingMemory } from '../out-of-memory.ts';
import { initialVectors } from '../state.ts';
import { syntheticImages } from '../synthetic-images.ts';

/** Steps whose time counts, and one before them: TensorFlow optimises the graph in the first. */
export const TRIAL_STEPS = 3;
const SEED = 0;

export interface Trial {
  /** Mean seconds of a step. */
  seconds: number;
  /** Seconds that compiling took, and the first step. */
  startSeconds: number;
}

/**
 * Trains {@link TRIAL_STEPS} steps on made-up images and throws them away. They are steps from the middle of the training,
 * where as many examples need a second pass as do on average, about.
 *
 * @param onPhase told in few words what is done
 * @param signal looked at between steps
 * @throws UserError where memory does not suffice; the signal's reason when aborted
 */
export async function tryOut(
  config: ModelConfig,
  { onPhase, signal }: { onPhase?: (phase: string) => void; signal?: AbortSignal | undefined } = {},
): Promise<Trial> {
  const begun = performance.now();
  onPhase?.('Compiling the network');
  await turn();
  signal?.throwIfAborted();
  try {
    const model = covaeModel(config.network, config.objective);
    const middle = Math.floor(config.training.steps / 2);
    const { program, stepper } = openProgram(
      model,
      config,
      initialVectors(model, SEED, config.training),
      middle,
    );
    try {
      const batches = new Batches(config, SEED, syntheticImages(config));
      const take = (step: number): void => {
        const plan = stepPlan(config, step);
        stepper.take(plan, batches.at(plan));
      };
      take(middle);
      const started = performance.now();
      let waited = 0;
      for (let step = 1; step <= TRIAL_STEPS; step++) {
        onPhase?.(`Step ${step} of ${TRIAL_STEPS}`);
        const before = performance.now();
        await turn();
        signal?.throwIfAborted();
        waited += performance.now() - before;
        take(middle + step);
      }
      return {
        seconds: (performance.now() - started - waited) / 1000 / TRIAL_STEPS,
        startSeconds: (started - begun) / 1000,
      };
    } finally {
      program.dispose();
    }
  } catch (error) {
    throw await namingMemory(error, config);
  }
}
