import * as v from 'valibot';
import { MOST_STEPS, planned } from './planned.ts';
import { weightingProblem } from './weighting.ts';

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
/** A noise level or a standard deviation: squares and quotients of two stay within float32. */
const level = v.pipe(positive, planned({ min: 1e-6, max: 1e6 }));
/** What a term of the objective counts. */
const weight = v.pipe(v.number(), v.finite(), v.minValue(0), planned({ max: 1e6 }));

const lossKinds = ['huber', 'l2', 'bce'] as const;

/** The adversarial term: PatchGAN discriminator with hinge loss (the reference's models/covae.py:192). */
export const AdversarialConfigSchema = v.strictObject({
  /** Steps before the discriminator comes in. */
  warmupSteps: v.pipe(v.number(), v.integer(), v.minValue(0), planned({ max: MOST_STEPS })),
  /** λ_gan, the weight that the generator's term grows to. */
  weight,
  /** Share of the steps after the warm-up over which it grows, evenly; in the reference it is all of them. */
  rampShare: v.optional(v.pipe(positive, v.maxValue(1), planned({ min: 0.001 })), 1),
  /** Filters of the discriminator's first convolution; the reference has 64. */
  filters: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024)), 64),
  /** The discriminator's learning rate, in learning rates of the model; the reference has one for both. */
  rateRatio: v.optional(v.pipe(positive, planned({ min: 0.001, max: 100 })), 1),
  /**
   * What the term counts for samples from noise, in weights of what is decoded from encodings; the reference judges the
   * latter alone. As in VAE/GAN (Larsen et al. 2016, section 3.1), whose discriminator sees both.
   */
  samples: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0), planned({ max: 1000 })), 0),
});

export type AdversarialConfig = v.InferOutput<typeof AdversarialConfigSchema>;

/** What all variants have. */
const common = {
  /** Distance between the output and its target. `bce` takes images in [0, 1] and puts out logits. */
  loss: v.picklist(lossKinds),
  adversarial: v.optional(v.nullable(AdversarialConfigSchema), null),
};

/** Noise levels and their number over training, shared by CoVAE and s-CoVAE. */
const levels = {
  sigmaMin: level,
  sigmaMax: level,
  /** Bend of the Karras scale; the levels' roots of it stay within float32. */
  rho: v.pipe(positive, planned({ min: 0.25, max: 100 })),
  /** `exp` doubles the number of time steps over training, `none` uses `endScales` from the start. */
  stepSchedule: v.picklist(['exp', 'none']),
  startScales: v.pipe(v.number(), v.integer(), v.minValue(1), planned({ max: 4096 })),
  /** 0 with the schedule `none` leaves one level, a plain VAE at t = sigmaMin. */
  endScales: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4096)),
  /** Loss of the learned average decoder; null leaves it out (identity boundary condition). */
  denoiserLoss: v.nullable(v.picklist(lossKinds)),
  /** Whose output at r is the target: `online` (the reference's code) or `ema` (the paper's summary). */
  target: v.optional(v.picklist(['online', 'ema']), 'online'),
};

const categories = v.optional(
  v.nullable(v.pipe(v.number(), v.integer(), v.minValue(2), planned({ max: 65_536 }))),
  null,
);

/** CoVAE: a learned posterior at each t (the reference's models/covae.py). */
const CovaeSchema = v.pipe(
  v.strictObject({
    variant: v.literal('covae'),
    ...common,
    ...levels,
    /** How the levels lie between sigmaMin and sigmaMax. */
    timeScale: v.picklist(['karras', 'log', 'linear']),
    /** λ_denoiser: weight of the average decoder's loss at the largest t. */
    lambdaDenoiser: weight,
    /** λ(t), the weight of the reconstruction: `linear` 1/t, `square` 1/t², `ones` 1, or an expression of t. */
    recWeight: v.string(),
    /** β(t), the weight of the KL divergence: `linear` t, `square` t², `ones` 1, or an expression of t. */
    klWeight: v.string(),
    /** Categorical latents: number of categories a group, null for Gaussian ones. */
    categories,
  }),
  v.forward(
    v.check(
      (o) => weightingProblem(o.recWeight, 'rec', o) === null,
      ({ input }) => weightingProblem(input.recWeight, 'rec', input) ?? '',
    ),
    ['recWeight'],
  ),
  v.forward(
    v.check(
      (o) => weightingProblem(o.klWeight, 'kl', o) === null,
      ({ input }) => weightingProblem(input.klWeight, 'kl', input) ?? '',
    ),
    ['klWeight'],
  ),
);

/** s-CoVAE: a fixed forward process on a deterministic code (the reference's models/covae_simple.py). */
const SimpleCovaeSchema = v.strictObject({
  variant: v.literal('s-covae'),
  ...common,
  ...levels,
  /** Forward process: variance exploding, or linear interpolant. */
  kernel: v.picklist(['ve', 'li']),
  sigmaData: level,
  /** Which interval a row gets: lognormal in σ with pMean and pStd, or each alike. */
  timeSampling: v.picklist(['lognormal', 'uniform']),
  pMean: v.pipe(v.number(), v.finite(), planned({ min: -100, max: 100 })),
  pStd: v.pipe(positive, planned({ min: 0.001, max: 100 })),
  /** γ of the penalty γ‖z₀‖²; 0 bounds the code by tanh(layer norm) instead. */
  normStrength: weight,
  /** Weight of the penalty: that of the first interval (`fixed`) or of the row's own (`adaptive`). */
  normWeight: v.picklist(['fixed', 'adaptive']),
});

/** β-VAE, the baseline with the same networks: one time, one pass, β·KL. */
const BetaVaeSchema = v.strictObject({
  variant: v.literal('beta-vae'),
  ...common,
  beta: weight,
  categories,
});

/** What is optimised: the variant, time steps, boundary condition, losses and their weights. */
export const ObjectiveConfigSchema = v.variant('variant', [CovaeSchema, SimpleCovaeSchema, BetaVaeSchema]);

export type ObjectiveConfig = v.InferOutput<typeof ObjectiveConfigSchema>;
export type CovaeConfig = v.InferOutput<typeof CovaeSchema>;
export type SimpleCovaeConfig = v.InferOutput<typeof SimpleCovaeSchema>;
export type BetaVaeConfig = v.InferOutput<typeof BetaVaeSchema>;

/** Loss of the learned average decoder; null where there is none (identity boundary condition, β-VAE). */
export function denoiserLossOf(objective: ObjectiveConfig): CovaeConfig['denoiserLoss'] {
  return objective.variant === 'beta-vae' ? null : objective.denoiserLoss;
}

/** Categories a group of a categorical latent; null for a Gaussian or fixed one. */
export function categoriesOf(objective: ObjectiveConfig): number | null {
  return objective.variant === 's-covae' ? null : objective.categories;
}

/** Whether the discriminator judges samples from noise too. */
export function judgesSamples({ adversarial }: Pick<ObjectiveConfig, 'adversarial'>): boolean {
  return adversarial !== null && adversarial.samples > 0;
}
