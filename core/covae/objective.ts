import { stopGradient } from '../tensor/stop-gradient.ts';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import type { Moments } from '../nn/batch-norm.ts';
import { discriminate, hingeLoss } from '../nn/discriminator.ts';
import type { DropoutSource } from '../nn/dropout.ts';
import type { Parameters } from '../nn/parameters.ts';
import { categoriesOf, denoiserLossOf, type SimpleCovaeConfig } from '../config/objective.ts';
import { latentShape } from '../config/network.ts';
import type { ExampleTensors } from './example-tensors.ts';
import { klOfLevels, klToStandardNormal, klToUniform } from './latent.ts';
import { imageLosses, sumPerExample } from './losses.ts';
import {
  decode,
  diffuse,
  drawLatent,
  encode,
  encodeCode,
  pass,
  type CovaeModel,
  type Decoded,
} from './model.ts';

/** One batch as the objective sees it. Examples are independent, but for the discriminator's batch norm. */
export interface ObjectiveBatch {
  /** Images [B, H, W, C] in [−1, 1]; in [0, 1] when the loss is `bce`. */
  x: Tensor4D;
  /** Times and weights; see `exampleColumns`. */
  examples: ExampleTensors;
  /** Latent noise, the same for t and r; as `noiseSpec` says. */
  noise: Tensor;
  /** Classes [B] int32, −1 for none; for models with classes. */
  labels?: Tensor1D;
  /** How each image was transformed [B, AUGMENT_VALUES]; for models that are told. */
  augment?: Tensor2D;
  /** Makes the dropout of a pass; default: none. */
  dropout?: DropoutSource;
}

export interface ObjectiveOptions {
  /** Weights that make the target; default: those in training. */
  targetParameters?: Parameters;
  /**
   * How many examples, from the first on, have a target that a network must make; the target of the rest must be the
   * image. Default: all, which costs time for examples where the answer is thrown away.
   */
  targetExamples?: number;
  /** The discriminator's weights; with them the generator's term is part of the loss. */
  discriminator?: Parameters | undefined;
  /** With it the discriminator judges samples from noise too: what the generator's term for them counts. */
  sampleWeight?: Scalar | undefined;
}

/** Mean over examples of each part, unweighted, as the reference logs them; null where the variant has no such part. */
export interface ObjectiveParts {
  recLoss: Scalar;
  denoiserLoss: Scalar | null;
  klLoss: Scalar | null;
  /** `klLoss` level by level, the topmost first, where the latent has several levels. */
  klTop?: Scalar;
  klLower?: Scalar;
  /** s-CoVAE: ‖z₀‖², and the standard deviation of a code's values. */
  norm: Scalar | null;
  codeStd: Scalar | null;
  /** Mean of −D_φ over patches, over the examples that are not masked. */
  generatorLoss: Scalar | null;
  /** Mean of −D_φ over patches of samples from noise, before its weight; there where they are judged. */
  sampleLoss?: Scalar;
}

export interface ObjectiveValue {
  loss: Scalar;
  parts: ObjectiveParts;
  /** Unweighted reconstruction loss of each example, [B]. */
  rec: Tensor1D;
  /** KL divergence (s-CoVAE: ‖z₀‖²) of each example, [B]. */
  latent: Tensor1D;
  /** What the decoder puts out at t, [B, H, W, C]. */
  xT: Tensor4D;
  /** Samples from noise, where the discriminator judges them too, [B, H, W, C]. */
  samples: Tensor4D | null;
  /** What the discriminator saw, for its running statistics; empty without it. */
  moments: Moments[];
}

/**
 * The objective (the reference's models/covae.py:149 and models/covae_simple.py:100, `loss`):
 * mean over examples of
 * λ(t)·Σ d(D_t, stopgrad(D_r)) + λ(t)·s(t)·Σ d'(denoiser, x) + β(t)·KL(q(z | x, t) ‖ p(z)), plus the generator's
 * term −D_φ(clamp(x̂)) where a discriminator takes part. The target where r = 0 (s-CoVAE: σ_min) is the image itself.
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
  const { x, examples } = batch;
  const passes = objective.variant === 's-covae' ? simplePasses : learnedPasses;
  const { atT, target, latent, levels = [], codeStd } = passes(model, parameters, batch, options);

  const isFirst = tf.cast(tf.reshape(examples.first, [-1, 1, 1, 1]), 'bool');
  // A target in logits becomes a probability; the image is one already.
  const decoded = target && objective.loss === 'bce' ? tf.sigmoid(target) : target;
  const goal = decoded ? stopGradient(tf.where(isFirst, x, decoded) as Tensor4D) : x;
  const rec = sumPerExample(imageLosses[objective.loss](atT.x, goal)) as Tensor1D;
  let perExample: Tensor = tf.add(tf.mul(rec, examples.rec), tf.mul(latent, examples.latent));

  const denoiserKind = denoiserLossOf(objective);
  let denoiserLoss: Scalar | null = null;
  if (denoiserKind && atT.denoiser) {
    const denoiser = sumPerExample(imageLosses[denoiserKind](atT.denoiser, x));
    perExample = tf.add(perExample, tf.mul(denoiser, examples.denoiser));
    denoiserLoss = tf.mean(denoiser);
  }
  let generatorLoss: Scalar | null = null;
  let moments: Moments[] = [];
  let samples: Tensor4D | null = null;
  let sampleLoss: Scalar | undefined;
  if (model.discriminator && options.discriminator) {
    const late = tf.cast(tf.reshape(examples.late, [-1, 1, 1, 1]), 'bool');
    const judged = atT.denoiser ? (tf.where(late, atT.x, atT.denoiser) as Tensor4D) : atT.x;
    const output = discriminate(model.discriminator, options.discriminator, asSeen(judged));
    moments = output.moments;
    const terms = generatorTerms(output.logits);
    perExample = tf.add(perExample, tf.mul(terms, examples.adversarial));
    // The reference logs the term with its mask, without its weights.
    generatorLoss = tf.mean(tf.mul(terms, examples.mask));
    if (options.sampleWeight) {
      samples = samplesOf(model, parameters, batch);
      const { logits } = discriminate(model.discriminator, options.discriminator, asSeen(samples));
      const ofSamples = generatorTerms(logits);
      perExample = tf.add(perExample, tf.mul(ofSamples, options.sampleWeight));
      sampleLoss = tf.mean(ofSamples);
    }
  }
  const isCode = objective.variant === 's-covae';
  const latentLoss: Scalar = tf.mean(latent);
  return {
    loss: tf.mean(perExample),
    parts: {
      recLoss: tf.mean(rec),
      denoiserLoss,
      klLoss: isCode ? null : latentLoss,
      ...(levels[0] && { klTop: tf.mean(levels[0]) }),
      ...(levels[1] && { klLower: tf.mean(levels[1]) }),
      norm: isCode ? latentLoss : null,
      codeStd,
      generatorLoss,
      ...(sampleLoss && { sampleLoss }),
    },
    rec,
    latent,
    xT: atT.x,
    samples,
    moments,
  };
}

/** −D_φ of each example, the mean over its patches, [B]. */
function generatorTerms(logits: Tensor4D): Tensor {
  return tf.neg(tf.mean(tf.reshape(logits, [logits.shape[0], -1]), 1));
}

/**
 * One sample an example, as it is drawn in one pass: from the example's noise and class, told of its transformation, since the
 * images that it is judged beside are transformed. The noise is that of its encodings, which saves another draw and pairs
 * nothing: the discriminator judges each by itself.
 */
function samplesOf(model: CovaeModel, parameters: Parameters, batch: ObjectiveBatch): Tensor4D {
  const { objective, network } = model;
  const count = batch.x.shape[0];
  const nothing = tf.zeros([count, ...latentShape(network)]);
  const size = objective.variant === 's-covae' ? objective.sigmaMax : 1;
  const z = drawLatent(model, { mu: nothing, std: tf.fill(nothing.shape, size) }, batch.noise);
  const t = objective.variant === 'beta-vae' ? batch.examples.t : tf.fill([count], objective.sigmaMax);
  return decode(model, parameters, z, t as Tensor1D, batch).x;
}

/** What the decoder makes of the noise at t, and at r (null when no example needs it), and the latent's term. */
interface Passes {
  atT: Decoded;
  target: Tensor4D | null;
  /** [B] */
  latent: Tensor1D;
  /** Its parts of a latent with several levels, the topmost first, [B] each. */
  levels?: Tensor[];
  codeStd: Scalar | null;
}

/** CoVAE and β-VAE: encode and decode at t, and again at r. */
function learnedPasses(
  model: CovaeModel,
  parameters: Parameters,
  batch: ObjectiveBatch,
  { targetParameters = parameters, targetExamples = batch.x.shape[0] }: ObjectiveOptions,
): Passes {
  const { x, noise, examples } = batch;
  const categories = categoriesOf(model.objective);
  const atT = pass(model, parameters, x, examples.t, noise, batch);
  const levels = model.network.latentLevels === 1 ? [] : klOfLevels(model.network, atT);
  const kl =
    levels.length > 0
      ? tf.addN(levels)
      : categories === null
        ? klToStandardNormal(atT)
        : klToUniform(atT.mu, categories);
  const target = targetOf(batch, targetExamples, (first) => {
    const again = conditionsOf(batch, first);
    if (levels.length > 0) {
      return pass(model, targetParameters, first(x), first(examples.r), first(noise), again).x;
    }
    const atR = encode(model, targetParameters, first(x), first(examples.r), again);
    const z = drawLatent(model, atR, first(noise));
    return decode(model, targetParameters, z, first(examples.r), again).x;
  });
  return { atT, target, latent: kl as Tensor1D, levels, codeStd: null };
}

/** s-CoVAE: one code, the kernel at t and at r with the same noise. */
function simplePasses(
  model: CovaeModel,
  parameters: Parameters,
  batch: ObjectiveBatch,
  { targetParameters = parameters, targetExamples = batch.x.shape[0] }: ObjectiveOptions,
): Passes {
  const { x, noise, examples } = batch;
  const objective = model.objective as SimpleCovaeConfig;
  const code = encodeCode(model, objective, parameters, x, batch);
  const z = drawLatent(model, diffuse(objective, code, examples.t), noise);
  const atT = decode(model, parameters, z, examples.t, batch);
  const target = targetOf(batch, targetExamples, (first) => {
    const r = first(examples.r);
    const again = conditionsOf(batch, first);
    const zR = drawLatent(model, diffuse(objective, stopGradient(first(code)), r), first(noise));
    return decode(model, targetParameters, zR, r, again).x;
  });
  const values = tf.reshape(code, [x.shape[0], -1]);
  const { variance } = tf.moments(values, 1);
  const size = values.shape[1] ?? 1;
  return {
    atT,
    target,
    latent: tf.sum(tf.square(values), 1),
    codeStd: tf.mean(tf.sqrt(tf.mul(variance, size / Math.max(1, size - 1)))),
  };
}

/** What a second pass of the first examples is told. */
function conditionsOf(batch: ObjectiveBatch, first: <T extends Tensor>(v: T) => T): ObjectiveBatch {
  return {
    ...batch,
    ...(batch.labels && { labels: first(batch.labels) }),
    ...(batch.augment && { augment: first(batch.augment) }),
  };
}

/** Runs a pass for the first examples alone and fills up with the images. */
function targetOf(
  { x }: ObjectiveBatch,
  targetExamples: number,
  run: (first: <T extends Tensor>(v: T) => T) => Tensor4D,
): Tensor4D | null {
  if (targetExamples === 0) return null;
  const all = x.shape[0];
  if (targetExamples === all) return run((v) => v);
  const decoded = run((v) => tf.slice(v, 0, targetExamples));
  return tf.concat([decoded, tf.slice(x, targetExamples, all - targetExamples)], 0);
}

/**
 * The discriminator's hinge loss on images and on what the decoder puts out, and what its batch norms saw (the
 * reference's models/covae_base.py, `discriminator_loss`).
 *
 * @param samples from noise, where they are judged: half of what is not an image
 */
export function discriminatorLoss(
  model: CovaeModel,
  parameters: Parameters,
  x: Tensor4D,
  xT: Tensor4D,
  samples: Tensor4D | null = null,
): { loss: Scalar; moments: Moments[][] } {
  if (!model.discriminator) throw new Error('the model has no discriminator');
  const real = discriminate(model.discriminator, parameters, x);
  const fake = discriminate(model.discriminator, parameters, asSeen(stopGradient(xT)));
  const moments = [real.moments, fake.moments];
  const loss = hingeLoss(real.logits, fake.logits);
  if (samples === null) return { loss, moments };
  const sampled = discriminate(model.discriminator, parameters, asSeen(stopGradient(samples)));
  const both = tf.add(loss, hingeLoss(real.logits, sampled.logits));
  return { loss: tf.mul(both, 0.5), moments };
}

function asSeen(x: Tensor4D): Tensor4D {
  return tf.clipByValue(x, -1, 1);
}
