import { isAdversarial } from '../covae/rows.ts';
import type { FunctionSummary, Program } from '../tensor/program.ts';
import type { BatchDraw } from './batches.ts';
import type { ModelConfig } from '../config/model.ts';
import { optimizerScalars } from './optimizer.ts';
import { applyName, METRICS, stepName, type StepCase } from './program.ts';
import { caseFor } from './step-cases.ts';

/** What a batch holds beside its draw. */
export interface BatchData {
  /** Images as the networks take them, [B, H, W, C]. */
  x: Float32Array;
  /** Classes [B], −1 for none; for models with classes. */
  labels: Int32Array | null;
}

/** What a step says of itself. */
export interface StepReport {
  metrics: Record<(typeof METRICS)[number], number>;
  /** Norm of the gradient before clipping. */
  gradNorm: number;
  /** False when a number was not finite; the state is as it was before the step then. */
  applied: boolean;
  /** Unweighted reconstruction loss and KL (or ‖z₀‖²) of each row. */
  rec: Float32Array;
  latent: Float32Array;
}

/** Takes training steps with a program of `trainFunctions`: chooses the case, cuts the batch into its parts. */
export class Stepper {
  /** @param optimizerFrom step at which the optimiser's moments were 0 */
  constructor(
    private readonly config: ModelConfig,
    private readonly program: Program,
    private readonly cases: readonly StepCase[],
    private readonly optimizerFrom = 0,
  ) {}

  /** What the functions of a step amount to, in the order of their calls. */
  summaries(step: number, draw: Pick<BatchDraw, 'targetRows'>): FunctionSummary[] {
    const names = this.partNames(step, draw);
    if (names.length > 1) names.push(applyName(isAdversarial(this.config.objective, step)));
    return names.map((name) => this.program.summary(name));
  }

  /** Names of the functions for the parts of a batch. */
  private partNames(step: number, { targetRows }: Pick<BatchDraw, 'targetRows'>): string[] {
    const { objective, training } = this.config;
    const size = training.batchSize / training.accumulate;
    const adversarial = isAdversarial(objective, step);
    return Array.from({ length: training.accumulate }, (_, part) => {
      const needed = Math.min(size, Math.max(0, targetRows - part * size));
      return stepName(this.config, caseFor(this.cases, needed, adversarial));
    });
  }

  /**
   * One step.
   * @param step from 0
   */
  take(step: number, learningRate: number, draw: BatchDraw, { x, labels }: BatchData): StepReport {
    const { objective, training, network } = this.config;
    const parts = training.accumulate;
    const size = training.batchSize / parts;
    const adversarial = isAdversarial(objective, step);
    const scalars = {
      optimizer: optimizerScalars(training, step + 1 - this.optimizerFrom, learningRate),
      ...(adversarial && {
        // The discriminator's own optimiser counts from its first step.
        discOptimizer: optimizerScalars(
          training,
          step + 1 - Math.max(this.optimizerFrom, objective.adversarial!.warmupSteps),
          learningRate,
        ),
      }),
    };
    const names = this.partNames(step, draw);
    const metrics = new Float64Array(METRICS.length);
    const rec = new Float32Array(training.batchSize);
    const latent = new Float32Array(training.batchSize);
    let report: ArrayLike<number> = [];
    for (let part = 0; part < parts; part++) {
      const rows = <T extends Float32Array | Int32Array>(all: T): T => {
        const width = all.length / parts;
        return all.subarray(part * width, (part + 1) * width) as T;
      };
      const outputs = this.program.call(names[part] ?? '', {
        x: rows(x),
        rows: rows(draw.rows),
        ...(labels && { labels: rows(labels) }),
        noiseSeed: seedOfPart(draw.noiseSeed, part),
        ...(network.dropout > 0 && { dropoutSeed: seedOfPart(draw.dropoutSeed, part) }),
        ...(parts === 1 && scalars),
      });
      outputs['metrics']?.data.forEach((value, i) => (metrics[i]! += value / parts));
      rec.set(outputs['rows']!.data.subarray(0, size), part * size);
      latent.set(outputs['rows']!.data.subarray(size), part * size);
      report = outputs['update']?.data ?? report;
    }
    if (parts > 1) report = this.program.call(applyName(adversarial), scalars)['update']?.data ?? report;
    const [gradNorm = NaN, applied = 0] = Array.from(report);
    return {
      metrics: Object.fromEntries(METRICS.map((name, i) => [name, metrics[i]])) as StepReport['metrics'],
      gradNorm,
      applied: applied === 1,
      rec,
      latent,
    };
  }
}

/** Parts of a batch have noise of their own; the first part's is that of an undivided batch. */
function seedOfPart(seed: Int32Array, part: number): Int32Array {
  return Int32Array.of(seed[0] ?? 0, ((seed[1] ?? 0) + part) | 0);
}
