import { augments } from '../config/augment.ts';
import { denoiserLossOf } from '../config/objective.ts';
import type { MetricsLine, RunManifest } from '../run/manifest.ts';
import type { StepPlan } from '../schedule/step-plan.ts';
import type { TrainProgress } from './api.ts';
import type { Progress } from './state.ts';
import type { StepReport } from './stepper.ts';

/**
 * How far a training is after a step.
 * @param progress with the step in it
 * @param perSecond steps a second; null while unknown
 */
export function progressAfter(
  { id, config }: RunManifest,
  plan: StepPlan,
  { metrics, gradNorm }: StepReport,
  { step, seconds, augmentStrength }: Progress,
  perSecond: number | null,
): TrainProgress {
  const { objective, training, augment } = config;
  const isCode = objective.variant === 's-covae';
  return {
    runId: id,
    steps: training.steps,
    step,
    loss: metrics.loss,
    recLoss: metrics.recLoss,
    denoiserLoss: denoiserLossOf(objective) === null ? null : metrics.denoiserLoss,
    klLoss: isCode ? null : metrics.klLoss,
    ...(metrics.klTop !== undefined && { klTop: metrics.klTop }),
    ...(metrics.klLower !== undefined && { klLower: metrics.klLower }),
    ...(isCode && { norm: metrics.norm, codeStd: metrics.codeStd }),
    ...(objective.adversarial && {
      generatorLoss: metrics.generatorLoss,
      discriminatorLoss: metrics.discriminatorLoss,
    }),
    ...(metrics.sampleLoss !== undefined && { sampleLoss: metrics.sampleLoss }),
    ...(augments(augment) && { augmentStrength: augmentStrength ?? augment.strength }),
    gradNorm,
    learningRate: plan.learningRate,
    intervals: plan.intervals,
    stepsPerSecond: perSecond ?? 0,
    seconds,
    secondsLeft: perSecond ? (training.steps - step) / perSecond : null,
  };
}

/**
 * The line that metrics.jsonl keeps of it.
 *
 * @param over of all steps since the line before
 */
export function metricsLineOf(
  { runId: _, steps: __, secondsLeft: ___, ...line }: TrainProgress,
  over: NonNullable<MetricsLine['over']>,
): MetricsLine {
  return { ...line, memory: process.memoryUsage.rss(), over };
}
