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
import type { Alarm, Diagnostics, ExampleLosses, Fit } from '../../run/diagnostics.ts';
import type { EvaluationLine } from '../../run/evaluation-line.ts';
import { copiesFound } from './copies.ts';
import { RiseDetector } from './rise.ts';
import { worstTime } from './worst-example.ts';

/** How many times the upper end of the usual is a sudden rise: gradients scatter more than losses, and are clipped. */
const LOSS_FACTOR = 2;
const GRADIENT_FACTOR = 4;

/**
 * Share of the steps, and number of them, before which nothing counts as collapsed: a model that has learned little
 * encodes nearly nothing and draws nearly the same sample again and again.
 */
const EARLY_SHARE = 0.1;
const EARLY_STEPS = 300;
/** Nats. With less, a latent cannot tell three images apart. */
const MIN_KL = 1;
/** What is said when one level of latents collapses, the topmost first. */
const LEVEL_NAMES: readonly string[] = [
  'First level of latents collapsed',
  'Second level of latents collapsed',
];
/** Share of the latent's values that depend on the image at the smallest t. */
const MIN_ACTIVE = 0.02;
/** Share of the steps after which the samples have to be spread by {@link MIN_SPREAD}. */
const HALFWAY = 0.5;
/** Error of held-out images over its smallest so far above which a model overfits, while that of training images still falls. */
const RISEN_ERROR = 1.1;
/** Distance of samples over distance of images. Runs of this program that learned had 0.4 to 1 halfway. */
const MIN_SPREAD = 0.25;
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
 * yet useless, and a lower learning rate is no way on. Posterior collapse: after a tenth of the steps, and 300, the KL divergence is below 1 nat in the
 * middle of the time steps (where there is only one, there), or fewer than 2 % of the latent's values depend on the
 * image at the smallest, or one of two levels of latents has a KL divergence below 1 nat there. Mode collapse: the samples' spread falls below half of its widest so far, or is below a
 * quarter of the data's in the second half of the training. Overfitting: the error of held-out images is more than 1.1 times
 * its smallest so far, while that of training images is smaller than then. Copies: see copies.ts.
 */
export class Watch {
  readonly #config: ModelConfig;
  readonly #begin: number;
  readonly #learningRate: number;
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
    const early = step < Math.max(EARLY_STEPS, EARLY_SHARE * this.#config.training.steps);
    const alarms: Alarm[] = [];
    const posterior = early ? null : this.#posteriorCollapse(diagnostics);
    if (posterior !== null && !this.#posteriorCollapsed) {
      const isLevel = LEVEL_NAMES.includes(posterior.name);
      const advice = (isLevel ? levelCollapseAdvice : posteriorCollapseAdvice)(this.#config);
      alarms.push({ kind: 'posterior-collapse', step, ...posterior, advice, goOn: null });
    }
    this.#posteriorCollapsed = posterior !== null;

    const modes = early ? null : this.#modeCollapse(diagnostics);
    if (modes !== null && !this.#modesCollapsed) {
      const advice = modeCollapseAdvice(this.#config);
      alarms.push({ kind: 'mode-collapse', step, ...modes, advice, goOn: null });
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

  #posteriorCollapse({ t, kl, activeUnits, klOfLevels = [] }: Diagnostics): Finding | null {
    const name = 'Posterior collapsed';
    if (this.#config.objective.variant !== 's-covae') {
      const middle = kl[(kl.length - 1) >> 1]?.mean ?? Infinity;
      if (middle < MIN_KL) {
        const first = kl.findIndex(({ mean }) => mean < MIN_KL);
        return { name, value: kl[first]?.mean ?? middle, bound: MIN_KL, t: t[first] ?? null };
      }
    }
    const active = activeUnits[0] ?? 1;
    if (active < MIN_ACTIVE) return { name, value: active, bound: MIN_ACTIVE, t: t[0] ?? null };
    const level = klOfLevels.findIndex(([smallest = Infinity]) => smallest < MIN_KL);
    const value = klOfLevels[level]?.[0];
    return value === undefined
      ? null
      : { name: LEVEL_NAMES[level] ?? name, value, bound: MIN_KL, t: t[0] ?? null };
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

  #modeCollapse({ step, spread, t }: Diagnostics): Finding | null {
    const halfway = step >= HALFWAY * this.#config.training.steps;
    const bound = Math.max(SPREAD_KEPT * this.#widest, halfway ? MIN_SPREAD : 0);
    this.#widest = Math.max(this.#widest, spread);
    return spread < bound ? { name: 'Modes collapsed', value: spread, bound, t: t.at(-1) ?? null } : null;
  }
}
