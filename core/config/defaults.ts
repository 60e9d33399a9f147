/**
 * What is sensible where a preset says nothing: the settings that a variant brings with it. Plain numbers, so
 * that the command line, the window's side of the program and the tests share them.
 */
import type {
  AdversarialConfig,
  BetaVaeConfig,
  CovaeConfig,
  ObjectiveConfig,
  SimpleCovaeConfig,
} from './objective.ts';

export type Variant = ObjectiveConfig['variant'];

export const VARIANTS = ['covae', 's-covae', 'beta-vae'] as const satisfies readonly Variant[];

type Own<Config> = Omit<Config, 'variant' | 'loss' | 'adversarial' | 'denoiserLoss' | 'categories'>;

/** CoVAE as in the reference's published commands. */
const COVAE: Own<CovaeConfig> = {
  sigmaMin: 0.05,
  sigmaMax: 3,
  rho: 7,
  timeScale: 'karras',
  stepSchedule: 'exp',
  startScales: 2,
  endScales: 256,
  target: 'online',
  lambdaDenoiser: 0.1,
  recWeight: 'linear',
  klWeight: 'square',
};

/** s-CoVAE as in the reference: the noise levels and the lognormal sampling of consistency models. */
const SIMPLE_COVAE: Own<SimpleCovaeConfig> = {
  sigmaMin: 0.002,
  sigmaMax: 80,
  rho: 7,
  stepSchedule: 'exp',
  startScales: 10,
  endScales: 1280,
  target: 'online',
  kernel: 've',
  sigmaData: 0.5,
  timeSampling: 'lognormal',
  pMean: -1.1,
  pStd: 2,
  normStrength: 0.001,
  normWeight: 'fixed',
};

const BETA_VAE: Own<BetaVaeConfig> = { beta: 1 };

const OWN: Readonly<Record<Variant, object>> = {
  covae: COVAE,
  's-covae': SIMPLE_COVAE,
  'beta-vae': BETA_VAE,
};

/** What a variant brings with it, by dotted keys, and the parts of an adversarial term that is switched on. */
export function defaultsOf(variant: Variant): Readonly<Record<string, unknown>> {
  return {
    ...Object.fromEntries(Object.entries(OWN[variant]).map(([name, value]) => [`objective.${name}`, value])),
    'objective.adversarial.weight': ADVERSARIAL_WEIGHT,
  };
}

/** What {@link withVariant} keeps of an objective, if both variants have it; but for the adversarial term. */
export const KEPT_OVER_VARIANTS: readonly string[] = [
  'objective.loss',
  'objective.denoiserLoss',
  'objective.target',
];

/**
 * The objective as another variant: what both have (distance, average decoder, target, adversarial term,
 * categories) is kept, the rest gets the variant's own settings. The same variant is given back as it is.
 */
export function withVariant(objective: ObjectiveConfig, variant: Variant): ObjectiveConfig {
  if (objective.variant === variant) return objective;
  const { loss, adversarial } = objective;
  const common = { loss, adversarial };
  const categories = objective.variant === 's-covae' ? null : objective.categories;
  if (variant === 'beta-vae') return { variant, ...common, ...BETA_VAE, categories };
  const boundary =
    objective.variant === 'beta-vae'
      ? { denoiserLoss: loss === 'bce' ? loss : ('l2' as const) }
      : { denoiserLoss: objective.denoiserLoss, target: objective.target };
  return variant === 'covae'
    ? { variant, ...common, ...COVAE, ...boundary, categories }
    : { variant, ...common, ...SIMPLE_COVAE, ...boundary };
}

/** λ_gan as in the reference's published commands. */
export const ADVERSARIAL_WEIGHT = 0.05;

/**
 * The adversarial term as in the reference's published commands: from the middle of the training on.
 *
 * @param steps of the whole training
 */
export function adversarialDefaults(steps: number): AdversarialConfig {
  return {
    warmupSteps: Math.floor(steps / 2),
    weight: ADVERSARIAL_WEIGHT,
    filters: 64,
    rampShare: 1,
    rateRatio: 1,
    samples: 0,
  };
}
