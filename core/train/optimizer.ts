/** RAdam and AdamW as PyTorch computes them, over all parameters at once; gradient clipping and averaging. */
import type { Scalar, Tensor, Tensor1D } from '../tensor/tf.ts';
import { executeOp, tf } from '../tensor/tf.ts';
import type { TrainingConfig } from '../config/model.ts';

const BETA2 = 0.999;
const EPS = 1e-8;
/** A step below this moves no float32 parameter; its inverse would not be finite. */
const SMALLEST_STEP = 1e-30;

const FLOAT = { T: { type: 'float32' } } as const;

/** What of the training's configuration an optimiser goes by. */
export type OptimizerSettings = Pick<TrainingConfig, 'optimizer' | 'beta1' | 'weightDecay'>;

/**
 * Order of the numbers that a step hands to {@link optimizerUpdate}. With g' = g + gradientDecay·p and the moments
 * m and v of g', parameters become p·parameterDecay − m / (√v·slope + offset).
 * - `gradientDecay`: weight decay added to the gradient (RAdam)
 * - `parameterDecay`: what weight decay leaves of a parameter (AdamW)
 * - `slope`, `offset`: learning rate, bias corrections, ε and rectification in one
 */
export const OPTIMIZER_SCALARS = ['gradientDecay', 'parameterDecay', 'slope', 'offset'] as const;

/**
 * The numbers that depend on the step, in double precision up to the last rounding: kept out of the graph, so
 * that it stays the same from step to step.
 *
 * RAdam (Liu et al. 2020, algorithm 2, as PyTorch's `torch.optim.RAdam` has it): while the variance of the second
 * moment is not tractable (ρ_t ≤ 5, the first five steps) the update is plain momentum. AdamW: Loshchilov & Hutter
 * 2019, algorithm 2.
 * @param step counted from 1
 * @returns [OPTIMIZER_SCALARS.length]
 */
export function optimizerScalars(
  settings: OptimizerSettings,
  step: number,
  learningRate: number,
): Float32Array<ArrayBuffer> {
  const { optimizer, beta1, weightDecay } = settings;
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - BETA2 ** step;
  const stepSize = learningRate / correction1;
  const secondMomentScale = 1 / Math.sqrt(correction2);
  switch (optimizer) {
    case 'radam': {
      const rectification = radamRectification(step, correction2);
      return rectification === null
        ? scalars(weightDecay, 1, 0, 1, stepSize)
        : scalars(weightDecay, 1, secondMomentScale, EPS * secondMomentScale, stepSize * rectification);
    }
    case 'adamw':
      return scalars(0, 1 - learningRate * weightDecay, secondMomentScale, EPS, stepSize);
  }
}

/** RAdam's r_t (Liu et al. 2020, algorithm 2); null while it is not defined. */
function radamRectification(step: number, correction2: number): number | null {
  const rhoInf = 2 / (1 - BETA2) - 1;
  const rho = rhoInf - (2 * step * BETA2 ** step) / correction2;
  if (rho <= 5) return null;
  return Math.sqrt(((rho - 4) * (rho - 2) * rhoInf) / ((rhoInf - 4) * (rhoInf - 2) * rho));
}

/** The step size goes into the denominator: one operation less over all parameters. */
function scalars(
  gradientDecay: number,
  parameterDecay: number,
  slope: number,
  offset: number,
  stepSize: number,
): Float32Array<ArrayBuffer> {
  return stepSize < SMALLEST_STEP
    ? Float32Array.of(gradientDecay, parameterDecay, 0, Infinity)
    : Float32Array.of(gradientDecay, parameterDecay, slope / stepSize, offset / stepSize);
}

/** Flat vectors of one length: the parameters, and the first and second moment of their gradient. */
export interface OptimizerState {
  parameters: Tensor;
  m: Tensor;
  v: Tensor;
}

/**
 * One update of all parameters.
 * @param gradient of the loss, already clipped
 * @param scalars as {@link optimizerScalars} gives them
 * @param settings the same; β₁ is a constant of the graph, and where there is no weight decay it has no operations for it
 * @param applied 1; 0 leaves everything as it is, to the bit. The gradient must be finite then too.
 */
export function optimizerUpdate(
  state: OptimizerState,
  gradient: Tensor,
  scalars: Tensor1D,
  settings: OptimizerSettings,
  applied: Scalar = tf.scalar(1),
): OptimizerState {
  const [gradientDecay, parameterDecay, slope, offset] = tf.unstack(scalars) as [
    Scalar,
    Scalar,
    Scalar,
    Scalar,
  ];
  const decays = (optimizer: OptimizerSettings['optimizer']) =>
    settings.weightDecay !== 0 && settings.optimizer === optimizer;
  const g = decays('radam') ? tf.add(gradient, tf.mul(state.parameters, gradientDecay)) : gradient;
  const m = tf.add(state.m, tf.mul(tf.sub(g, state.m), tf.mul(applied, 1 - settings.beta1)));
  const v = tf.add(state.v, tf.mul(tf.sub(tf.square(g), state.v), tf.mul(applied, 1 - BETA2)));
  const kept = decays('adamw')
    ? tf.mul(state.parameters, tf.sub(1, tf.mul(applied, tf.sub(1, parameterDecay))))
    : state.parameters;
  // An infinite denominator makes no step.
  const denominator = tf.add(tf.mul(tf.sqrt(v), slope), tf.div(offset, applied));
  return { parameters: tf.sub(kept, tf.div(m, denominator)), m, v };
}

/**
 * The global L2 norm of a gradient, and the gradient scaled down to `maxNorm` where it is larger, as PyTorch's
 * `clip_grad_norm_`. The reference's published commands clip at 200.
 * @returns `norm` before; `scaled`, the gradient as it may be used: zeros, whatever the gradient, when `applied` is 0
 */
export function clipByGlobalNorm(
  gradient: Tensor,
  maxNorm: number,
): { norm: Scalar; scaled: (applied?: Scalar) => Tensor } {
  const norm = tf.sqrt(tf.mul(executeOp('L2Loss', FLOAT, [gradient]), 2)) as Scalar;
  const factor = maxNorm === Infinity ? tf.scalar(1) : tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
  return {
    norm,
    // 0 · NaN is 0 in these two.
    scaled: (applied = tf.scalar(1)) => mulNoNan(gradient, mulNoNan(factor, applied)),
  };
}

function mulNoNan(x: Tensor, y: Tensor): Tensor {
  return executeOp('MulNoNan', FLOAT, [x, y]);
}

/**
 * Exponential moving average: rate·average + (1 − rate)·value (the reference's lightning_modules/lightning_cm.py,
 * `ema_update`).
 * @param gain 1 − rate
 * @param applied 1; 0 leaves the average as it is, to the bit
 */
export function emaUpdate(
  average: Tensor,
  value: Tensor,
  gain: Scalar | number,
  applied: Scalar = tf.scalar(1),
): Tensor {
  return tf.add(average, tf.mul(tf.sub(value, average), tf.mul(applied, gain)));
}
