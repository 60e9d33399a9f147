import { stopGradient } from '../tensor/stop-gradient.ts';
import type { Scalar, Tensor, Tensor1D, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import type { Moments } from '../nn/batch-norm.ts';
import { discriminate, hingeLoss } from '../nn/discriminator.ts';
import type { DropoutSource } from '../nn/dropout.ts';
import type { Parameters } from '../nn/parameters.ts';
import { categoriesOf, denoiserLossOf, type SimpleCovaeConfig } from '../config/objective.ts';
import { klToStandardNormal, klToUniform } from './latent.ts';
import { pictureLosses, sumPerRow } from './losses.ts';
import { decode, diffuse, drawLatent, encode, encodeCode, type CovaeModel, type Decoded } from './model.ts';
import type { RowTensors } from './rows.ts';

/** One batch as the objective sees it. Rows are independent, but for the discriminator's batch norm. */
export interface ObjectiveBatch {
  /** Images [B, H, W, C] in [−1, 1]; in [0, 1] when the loss is `bce`. */
  x: Tensor4D;
  /** Times and weights; see `rowsFor`. */
  rows: RowTensors;
  /** Latent noise, the same for t and r; as `noiseSpec` says. */
  noise: Tensor;
  /** Classes [B] int32, −1 for none; for models with classes. */
  labels?: Tensor1D;
  /** Makes the dropout of a pass; default: none. */
  dropout?: DropoutSource;
}

export interface ObjectiveOptions {
  /** Weights that make the target; default: those in training. */
  targetParameters?: Parameters;
  /**
   * How many rows, from the first on, have a target that a network must make; the rest must be rows whose target
   * is the image. Default: all, which costs time for rows where the answer is thrown away.
   */
  targetRows?: number;
  /** The discriminator's weights; with them the generator's term is part of the loss. */
  discriminator?: Parameters | undefined;
}

/** Mean over rows of each part, unweighted, as the reference logs them; null where the variant has no such part. */
export interface ObjectiveParts {
  recLoss: Scalar;
  denoiserLoss: Scalar | null;
  klLoss: Scalar | null;
  /** s-CoVAE: ‖z₀‖², and the standard deviation of a code's values. */
  norm: Scalar | null;
  codeStd: Scalar | null;
  /** Mean of −D_φ over patches, over the rows that are not masked. */
  generatorLoss: Scalar | null;
}

export interface ObjectiveValue {
  loss: Scalar;
  parts: ObjectiveParts;
  /** Unweighted reconstruction loss of each row, [B]. */
  recRows: Tensor1D;
  /** KL divergence (s-CoVAE: ‖z₀‖²) of each row, [B]. */
  latentRows: Tensor1D;
  /** The decoder's picture at t, [B, H, W, C]. */
  xT: Tensor4D;
  /** What the discriminator saw, for its running statistics; empty without it. */
  moments: Moments[];
}

/**
 * The objective (the paper's CoVAE training loss): mean over rows of
 * λ(t)·Σ d(D_t, stopgrad(D_r)) + λ(t)·s(t)·Σ d'(denoiser, x) + β(t)·KL(q(z | x, t) ‖ p(z)), plus the generator's
 * term where a discriminator takes part. The target of a row with r = 0 (s-CoVAE: σ_min) is the image itself.
 *
 * s-CoVAE has γ·‖z₀‖² in place of the KL divergence; the β-VAE has one time and the image as every target.
 * By default the target comes from the online weights, as in the reference's code; the paper's summary tells of
 * an average of them.
 */
export function covaeObjective(
  model: CovaeModel,
  parameters: Parameters,
  batch: ObjectiveBatch,
  options: ObjectiveOptions = {},
): ObjectiveValue {
  const { objective } = model;
  const { x, rows } = batch;
  const passes = objective.variant === 's-covae' ? simplePasses : learnedPasses;
  const { atT, target, latentRows, codeStd } = passes(model, parameters, batch, options);

  const isFirst = tf.cast(tf.reshape(rows.first, [-1, 1, 1, 1]), 'bool');
  // A target in logits becomes a probability; the image is one already.
  const made = target && objective.loss === 'bce' ? tf.sigmoid(target) : target;
  const goal = made ? stopGradient(tf.where(isFirst, x, made) as Tensor4D) : x;
  const recRows = sumPerRow(pictureLosses[objective.loss](atT.x, goal)) as Tensor1D;
  let perRow: Tensor = tf.add(tf.mul(recRows, rows.rec), tf.mul(latentRows, rows.latent));

  const denoiserKind = denoiserLossOf(objective);
  let denoiserLoss: Scalar | null = null;
  if (denoiserKind && atT.denoiser) {
    const denoiserRows = sumPerRow(pictureLosses[denoiserKind](atT.denoiser, x));
    perRow = tf.add(perRow, tf.mul(denoiserRows, rows.denoiser));
    denoiserLoss = tf.mean(denoiserRows);
  }
  let generatorLoss: Scalar | null = null;
  let moments: Moments[] = [];
  if (model.discriminator && options.discriminator) {
    const late = tf.cast(tf.reshape(rows.late, [-1, 1, 1, 1]), 'bool');
    const judged = atT.denoiser ? (tf.where(late, atT.x, atT.denoiser) as Tensor4D) : atT.x;
    const verdict = discriminate(model.discriminator, options.discriminator, asSeen(judged));
    moments = verdict.moments;
    const terms = tf.neg(tf.mean(tf.reshape(verdict.logits, [x.shape[0], -1]), 1));
    perRow = tf.add(perRow, tf.mul(terms, rows.adversarial));
    // The reference logs the term with its mask, without its weights.
    generatorLoss = tf.mean(tf.mul(terms, rows.mask));
  }
  const isCode = objective.variant === 's-covae';
  const latent: Scalar = tf.mean(latentRows);
  return {
    loss: tf.mean(perRow),
    parts: {
      recLoss: tf.mean(recRows),
      denoiserLoss,
      klLoss: isCode ? null : latent,
      norm: isCode ? latent : null,
      codeStd,
      generatorLoss,
    },
    recRows,
    latentRows,
    xT: atT.x,
    moments,
  };
}

/** The picture at t, what the decoder makes of the same noise at r (null when no row needs it), and the latent's term. */
interface Passes {
  atT: Decoded;
  target: Tensor4D | null;
  latentRows: Tensor1D;
  codeStd: Scalar | null;
}

/** CoVAE and β-VAE: encode and decode at t, and again at r. */
function learnedPasses(
  model: CovaeModel,
  parameters: Parameters,
  batch: ObjectiveBatch,
  { targetParameters = parameters, targetRows = batch.x.shape[0] }: ObjectiveOptions,
): Passes {
  const { x, noise, rows } = batch;
  const categories = categoriesOf(model.objective);
  const posterior = encode(model, parameters, x, rows.t, batch);
  const atT = decode(model, parameters, drawLatent(model, posterior, noise), rows.t, batch);
  const kl = categories === null ? klToStandardNormal(posterior) : klToUniform(posterior.mu, categories);
  const target = targetOf(batch, targetRows, (first) => {
    const again = { ...batch, ...(batch.labels && { labels: first(batch.labels) }) };
    const atR = encode(model, targetParameters, first(x), first(rows.r), again);
    const z = drawLatent(model, atR, first(noise));
    return decode(model, targetParameters, z, first(rows.r), again).x;
  });
  return { atT, target, latentRows: kl as Tensor1D, codeStd: null };
}

/** s-CoVAE: one code, the kernel at t and at r with the same noise. */
function simplePasses(
  model: CovaeModel,
  parameters: Parameters,
  batch: ObjectiveBatch,
  { targetParameters = parameters, targetRows = batch.x.shape[0] }: ObjectiveOptions,
): Passes {
  const { x, noise, rows } = batch;
  const objective = model.objective as SimpleCovaeConfig;
  const code = encodeCode(model, objective, parameters, x, batch);
  const z = drawLatent(model, diffuse(objective, code, rows.t), noise);
  const atT = decode(model, parameters, z, rows.t, batch);
  const target = targetOf(batch, targetRows, (first) => {
    const r = first(rows.r);
    const again = { ...batch, ...(batch.labels && { labels: first(batch.labels) }) };
    const zR = drawLatent(model, diffuse(objective, stopGradient(first(code)), r), first(noise));
    return decode(model, targetParameters, zR, r, again).x;
  });
  const values = tf.reshape(code, [x.shape[0], -1]);
  const { variance } = tf.moments(values, 1);
  const size = values.shape[1] ?? 1;
  return {
    atT,
    target,
    latentRows: tf.sum(tf.square(values), 1),
    codeStd: tf.mean(tf.sqrt(tf.mul(variance, size / Math.max(1, size - 1)))),
  };
}

/** Runs a pass for the first rows alone and fills up with the images. */
function targetOf(
  { x }: ObjectiveBatch,
  targetRows: number,
  run: (first: <T extends Tensor>(v: T) => T) => Tensor4D,
): Tensor4D | null {
  if (targetRows === 0) return null;
  const all = x.shape[0];
  if (targetRows === all) return run((v) => v);
  const made = run((v) => tf.slice(v, 0, targetRows));
  return tf.concat([made, tf.slice(x, targetRows, all - targetRows)], 0);
}

/** The discriminator's hinge loss on images and on the decoder's pictures, and what its batch norms saw. */
export function discriminatorLoss(
  model: CovaeModel,
  parameters: Parameters,
  x: Tensor4D,
  xT: Tensor4D,
): { loss: Scalar; moments: Moments[][] } {
  if (!model.discriminator) throw new Error('the model has no discriminator');
  const real = discriminate(model.discriminator, parameters, x);
  const fake = discriminate(model.discriminator, parameters, asSeen(stopGradient(xT)));
  return { loss: hingeLoss(real.logits, fake.logits), moments: [real.moments, fake.moments] };
}

function asSeen(x: Tensor4D): Tensor4D {
  return tf.clipByValue(x, -1, 1);
}
