/** Trainings that go on after the end they were planned with, and what their schedule is from there. */
import * as v from 'valibot';
import type { ModelConfig } from '../config/model.ts';
import { formatNumber } from '../digits.ts';
import { countOf } from '../words.ts';
import { learningRateAt } from './learning-rate.ts';

const step = v.pipe(v.number(), v.integer(), v.minValue(0));

/** One time that a run was given more steps, as `run.json` has it. */
export const ContinuationSchema = v.strictObject({
  /** Steps trained by then: from here on the learning rate follows this continuation. */
  from: step,
  /** Steps that the training had before; what it has now stands in the configuration, or in the next continuation. */
  steps: step,
  /** Learning rate from which it goes on. */
  learningRate: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  at: v.pipe(v.string(), v.isoTimestamp()),
});

export type Continuation = v.InferOutput<typeof ContinuationSchema>;

/** Steps of the plan that a run began with: its step schedule and adversarial ramp are laid over these. */
export function plannedSteps(steps: number, continued: readonly Pick<Continuation, 'steps'>[] = []): number {
  return continued[0]?.steps ?? steps;
}

/**
 * The learning rate that a continuation begins with: the one at hand where it has not fallen below half of the configured
 * one, else that half. (A warm restart at the full rate, Loshchilov & Hutter 2017, undoes much of what a finished training
 * has settled into.)
 */
export function continuingRate(
  training: ModelConfig['training'],
  continued: readonly Continuation[],
  from: number,
): number {
  if (training.learningRateSchedule === 'constant') return training.learningRate;
  const planned = from < training.steps ? learningRateAt(training, from, continued) : 0;
  return Math.max(planned, training.learningRate / 2);
}

/**
 * What becomes of the schedule of a run that goes on, in one sentence.
 *
 * @param config with the steps that it has now
 * @param factor on the configured learning rate, by which it was changed while it trained
 */
export function continuationSentence(
  { objective, training }: Pick<ModelConfig, 'objective' | 'training'>,
  continued: readonly Continuation[],
  factor = 1,
): string {
  const last = continued.at(-1);
  if (last === undefined) return '';
  const { from, learningRate } = last;
  const { steps, learningRateSchedule, warmupSteps } = training;
  const rate = formatNumber(learningRate * factor);
  const warming = from < warmupSteps ? 'rises to' : 'stays at';
  const lr =
    learningRateSchedule === 'constant'
      ? `the learning rate ${warming} ${rate}`
      : `the learning rate falls from ${rate} to 0 as a half cosine`;
  const parts = [lr];
  const planned = plannedSteps(steps, continued);
  if (objective.variant !== 'beta-vae' && objective.stepSchedule === 'exp') {
    parts.push(
      from < planned
        ? 'the number of time steps rises as it was planned'
        : `the number of time steps stays at its last, ${objective.endScales}`,
    );
  }
  if (objective.adversarial !== null) {
    parts.push(
      from < planned
        ? 'the adversarial term rises as it was planned'
        : 'the adversarial term keeps its full weight',
    );
  }
  return `It goes on for ${countOf(steps - from, 'step')}, to step ${steps.toLocaleString('en-US')}: ${parts.join(', ')}.`;
}
