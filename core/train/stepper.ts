import { judgesSamples } from '../config/objective.ts';
import type { ModelConfig } from '../config/model.ts';
import type { ExampleLosses } from '../run/diagnostics.ts';
import { columnOf } from '../schedule/example-columns.ts';
import type { StepPlan } from '../schedule/step-plan.ts';
import type { FunctionSummary, Program } from '../tensor/program.ts';
import type { Batch } from './batches.ts';
import { metricsOf, type METRICS, type MetricName } from './gradients.ts';
import { variantFor, type GraphVariant } from './graph-variants.ts';
import { trackedGains } from './averages/tracked.ts';
import { optimizerScalars } from './optimizer.ts';
import { applyName, stepName } from './program.ts';

/** What a step gives. */
export interface StepReport {
  metrics: Record<(typeof METRICS)[number], number> & Partial<Record<MetricName, number>>;
  /** Norm of the gradient before clipping. */
  gradNorm: number;
  /** False when a number was not finite: the step is skipped, and the state is as it was before. */
  applied: boolean;
  examples: ExampleLosses;
}

/** Takes training steps with a program of `trainFunctions`: chooses the graph's variant, cuts the batch into parts. */
export class Stepper {
  constructor(
    private readonly config: ModelConfig,
    private readonly program: Program,
    private readonly variants: readonly GraphVariant[],
  ) {}

  /** What the functions of a step amount to, in the order of their calls. */
  summaries(
    { adversarial }: Pick<StepPlan, 'adversarial'>,
    batch: Pick<Batch, 'targetExamples'>,
  ): FunctionSummary[] {
    const isAdversarial = adversarial !== null;
    const names = this.partNames(isAdversarial, batch);
    if (names.length > 1) names.push(applyName(isAdversarial));
    return names.map((name) => this.program.summary(name));
  }

  /** Names of the functions for the parts of a batch. */
  private partNames(adversarial: boolean, { targetExamples }: Pick<Batch, 'targetExamples'>): string[] {
    const { batchSize, accumulate } = this.config.training;
    const size = batchSize / accumulate;
    return Array.from({ length: accumulate }, (_, part) => {
      const needed = Math.min(size, Math.max(0, targetExamples - part * size));
      return stepName(this.config, variantFor(this.variants, needed, adversarial));
    });
  }

  /**
   * One step.
   *
   * @param emaRate in place of the configured one
   */
  take(plan: StepPlan, batch: Batch, emaRate = this.config.training.emaRate): StepReport {
    const { learningRate, optimizerStep, adversarial } = plan;
    const { training, network } = this.config;
    const parts = training.accumulate;
    const size = training.batchSize / parts;
    const scalars = {
      optimizer: optimizerScalars(training, optimizerStep, learningRate),
      emaGain: Float32Array.of(1 - emaRate),
      ...(training.snapshotEvery > 0 && { trackedGains: trackedGains(optimizerStep) }),
      ...(adversarial && {
        discOptimizer: optimizerScalars(training, adversarial.optimizerStep, adversarial.learningRate),
      }),
    };
    const names = metricsOf(this.config);
    const metrics = new Float64Array(names.length);
    const rec = new Float32Array(training.batchSize);
    const latent = new Float32Array(training.batchSize);
    let update: ArrayLike<number> = [];
    this.partNames(adversarial !== null, batch).forEach((name, part) => {
      const own = <T extends Float32Array | Int32Array>(all: T): T => {
        const width = all.length / parts;
        return all.subarray(part * width, (part + 1) * width) as T;
      };
      const outputs = this.program.call(name, {
        x: own(batch.x),
        examples: own(batch.examples),
        ...(batch.labels && { labels: own(batch.labels) }),
        ...(batch.augment && { augment: own(batch.augment) }),
        noiseSeed: noiseSeedOfPart(batch.noiseSeed, part),
        ...(network.dropout > 0 && { dropoutSeed: batch.dropoutSeeds[part]! }),
        ...(adversarial &&
          judgesSamples(this.config.objective) && {
            sampleWeight: Float32Array.of(adversarial.sampleWeight),
          }),
        ...(parts === 1 && scalars),
      });
      outputs['metrics']?.data.forEach((value, i) => (metrics[i]! += value / parts));
      rec.set(outputs['exampleLosses']!.data.subarray(0, size), part * size);
      latent.set(outputs['exampleLosses']!.data.subarray(size), part * size);
      update = outputs['update']?.data ?? update;
    });
    if (parts > 1)
      update = this.program.call(applyName(adversarial !== null), scalars)['update']?.data ?? update;
    const [gradNorm = NaN, applied = 0] = Array.from(update);
    return {
      metrics: Object.fromEntries(names.map((name, i) => [name, metrics[i]])) as StepReport['metrics'],
      gradNorm,
      applied: applied === 1,
      examples: exampleLosses(batch.examples, rec, latent),
    };
  }
}

/**
 * What examples bring to the loss.
 * @param columns as `exampleColumns` gives them
 * @param rec unweighted reconstruction loss of each example; latent alike, its KL divergence or ‖z₀‖²
 */
export function exampleLosses(columns: Float32Array, rec: Float32Array, latent: Float32Array): ExampleLosses {
  const recWeights = columnOf(columns, 'rec');
  const latentWeights = columnOf(columns, 'latent');
  return {
    t: columnOf(columns, 't'),
    loss: Float64Array.from(
      rec,
      (value, i) => (recWeights[i] ?? 0) * value + (latentWeights[i] ?? 0) * (latent[i] ?? 0),
    ),
  };
}

/**
 * Parts of a batch have noise of their own; the first part's is that of an undivided batch. Adding is enough where a
 * part makes one draw from its seed; dropout, which adds the layer, has seeds mixed anew for each part.
 */
function noiseSeedOfPart(seed: Int32Array, part: number): Int32Array {
  return Int32Array.of(seed[0] ?? 0, ((seed[1] ?? 0) + part) | 0);
}
