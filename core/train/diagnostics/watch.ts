import type { ModelConfig } from '../../config/model.ts';
import {
  divergenceAdvice,
  hopelessAdvice,
  levelCollapseAdvice,
  modeCollapseAdvice,
  overfittingAdvice,
  posteriorCollapseAdvice,
  shortNumber,
  stuckAdvice,
} from './advice.ts';
import { type Collapse, isEarly, MIN_SPREAD, modeCollapse, posteriorCollapse } from '../../run/collapse.ts';
import type { Alarm, Diagnostics, ExampleLosses, Fit } from '../../run/diagnostics.ts';
import type { EvaluationLine } from '../../run/evaluation-line.ts';
import { copiesFound } from './copies.ts';
import { RiseDetector } from './rise.ts';
import { worstTime } from './worst-example.ts';

/** How many times the upper end of the usual is a sudden rise: gradients scatter more than losses, and are clipped. */
const LOSS_FACTOR = 2;
const GRADIENT_FACTOR = 4;

/** Share of the steps after which the samples have to be spread by {@link MIN_SPREAD}. */
const HALFWAY = 0.5;
/** Error of held-out images over its smallest so far above which a model overfits, while that of training images still falls. */
const RISEN_ERROR = 1.1;
/** Share of the widest spread so far below which samples are collapsing at any time. */
const SPREAD_KEPT = 0.5;

export interface StepMetrics {
  /** The weighted objective, and the norm of its gradient before clipping; may be not finite. */
  loss: number;
  gradNorm: number;
}

/** What an alarm says beside its advice. */
type Finding = Pick<Alarm, 'name' | 'value' | 'bound' | 't'>;

/**
 * Watches one training for the ways in which the method fails. Each alarm is given once when it begins to hold and
 * not again before it has ceased to.
 *
 * Divergence is a loss or gradient norm that is not finite, or one that rises suddenly and stays up
 * ({@link RiseDetector}). Where the first step after a training was opened is not finite, its weights are finite and
 * yet useless, and a lower learning rate is no way on. Posterior collapse (run/collapse.ts) is looked for after a tenth of
 * the steps, and 300, and at the end however early that is. Mode collapse: the samples' spread falls below half of its
 * widest so far, or is below a quarter of the data's in the second half of the training. Overfitting: the error of held-out
 * images is more than 1.1 times its smallest so far, while that of training images is smaller than then. Copies: see copies.ts.
 */
export class Watch {
  readonly #config: ModelConfig;
  readonly #begin: number;
  #learningRate: number;
  readonly #loss = new RiseDetector(LOSS_FACTOR);
  readonly #gradient = new RiseDetector(GRADIENT_FACTOR);
  #finite = true;
  /** A step was finite since this training was opened. */
  #begun = false;
  #posteriorCollapsed = false;
  #modesCollapsed = false;
  #copies = false;
  #widest = 0;
  #overfits = false;
  /** What was measured when held-out images were reconstructed best. */
  #bestFit: { step: number; fit: Fit } | null = null;

  /**
   * @param progress.optimizerFrom step before the first of all: that of imported weights, which nothing can go back before
   * @param progress.learningRateFactor factor on the configured learning rate
   */
  constructor(
    config: ModelConfig,
    {
      optimizerFrom = 0,
      learningRateFactor = 1,
    }: { optimizerFrom?: number; learningRateFactor?: number } = {},
  ) {
    this.#begin = optimizerFrom;
    this.#learningRate = config.training.learningRate * learningRateFactor;
    this.#config = config;
  }

  /** The learning rate was changed. @param factor on the configured one */
  learnsAt(factor: number): void {
    this.#learningRate = this.#config.training.learningRate * factor;
  }

  /**
   * Judges a step.
   *
   * @param step steps trained, this one among them unless it was not finite and so skipped
   */
  afterStep(step: number, metrics: StepMetrics, examples: ExampleLosses): Alarm[] {
    const { loss, gradNorm } = metrics;
    const finite = Number.isFinite(loss) && Number.isFinite(gradNorm);
    const began = this.#finite && !finite;
    this.#finite = finite;
    if (!finite) {
      if (!began) return [];
      const name = Number.isFinite(loss) ? 'Gradient not finite' : 'Loss not finite';
      return [this.#divergence(step, { name, value: null, bound: null }, examples)];
    }
    this.#begun = true;
    // Loss and gradient rise together, a few steps apart: what comes first is told.
    const known = this.#loss.risen || this.#gradient.risen;
    const lossRise = this.#loss.add(loss);
    const gradientRise = this.#gradient.add(gradNorm);
    if (known) return [];
    if (lossRise !== null) {
      return [this.#divergence(step, { name: 'Loss rose suddenly', ...lossRise }, examples)];
    }
    if (gradientRise !== null) {
      return [this.#divergence(step, { name: 'Gradient rose suddenly', ...gradientRise }, examples)];
    }
    return [];
  }

  /** Judges what was measured. */
  afterDiagnostics(diagnostics: Diagnostics): Alarm[] {
    const { step } = diagnostics;
    const early = isEarly(step, this.#config.training.steps);
    const alarms: Alarm[] = [];
    const posterior = early ? null : posteriorCollapse(this.#config, diagnostics);
    if (posterior !== null && !this.#posteriorCollapsed) {
      const { kind, ...finding } = posterior;
      const advice = (kind === 'level-collapse' ? levelCollapseAdvice : posteriorCollapseAdvice)(
        this.#config,
      );
      alarms.push({ kind: 'posterior-collapse', step, ...finding, advice, goOn: null });
    }
    this.#posteriorCollapsed = posterior !== null;

    const modes = early ? null : this.#modeCollapse(diagnostics);
    if (modes !== null && !this.#modesCollapsed) {
      const { kind: _, ...finding } = modes;
      alarms.push({
        kind: 'mode-collapse',
        step,
        ...finding,
        advice: modeCollapseAdvice(this.#config),
        goOn: null,
      });
    }
    this.#modesCollapsed = modes !== null;

    const fitted = this.#overfitting(diagnostics, early);
    if (fitted !== null && !this.#overfits) {
      const { bestStep, ...found } = fitted;
      const advice = overfittingAdvice(this.#config, bestStep);
      alarms.push({ kind: 'overfitting', step, ...found, advice, goOn: null });
    }
    this.#overfits = fitted !== null;
    return alarms;
  }

  /** Judges an evaluation on the way. */
  afterEvaluation({ step, copies }: EvaluationLine): Alarm[] {
    const found = copiesFound(copies);
    const began = found !== null && !this.#copies;
    this.#copies = found !== null;
    return began ? [{ kind: 'copies', step, ...found, goOn: null }] : [];
  }

  #divergence(step: number, finding: Omit<Finding, 't'>, examples: ExampleLosses): Alarm {
    const t = worstTime(examples);
    const lower = Number(shortNumber(this.#learningRate / 2));
    const alarm = { kind: 'divergence' as const, step, ...finding, t };
    if (this.#begun) {
      const advice = divergenceAdvice(this.#config, t, lower);
      return { ...alarm, advice, goOn: { learningRate: lower, back: false } };
    }
    return step > this.#begin
      ? { ...alarm, advice: stuckAdvice(lower), goOn: { learningRate: lower, back: true } }
      : { ...alarm, advice: hopelessAdvice(this.#config, t, this.#begin > 0), goOn: null };
  }

  /** Held-out images are reconstructed worse than before, although training images are reconstructed better. */
  #overfitting({ step, fit }: Diagnostics, early: boolean): (Finding & { bestStep: number }) | null {
    if (fit === undefined) return null;
    if (this.#bestFit === null || fit.heldOut < this.#bestFit.fit.heldOut) this.#bestFit = { step, fit };
    const best = this.#bestFit;
    const ratio = fit.heldOut / best.fit.heldOut;
    if (early || !(ratio > RISEN_ERROR) || fit.training >= best.fit.training) return null;
    return { name: 'Overfitting', value: ratio, bound: RISEN_ERROR, t: null, bestStep: best.step };
  }

  #modeCollapse(diagnostics: Diagnostics): Collapse | null {
    const { step, spread } = diagnostics;
    const halfway = step >= HALFWAY * this.#config.training.steps;
    const bound = Math.max(SPREAD_KEPT * this.#widest, halfway ? MIN_SPREAD : 0);
    this.#widest = Math.max(this.#widest, spread);
    return modeCollapse(diagnostics, bound);
  }
}
