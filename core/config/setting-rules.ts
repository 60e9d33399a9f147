/**
 * Which settings go together: one place for the schema that a configuration is checked against, for `--set`, and for
 * what the window offers. Plain functions of a configuration; they know neither presets nor data sets.
 */
import type { AugmentConfig } from './augment.ts';
import { ADVERSARIAL_WEIGHT } from './defaults.ts';
import { decoderShape, latentValues, levelSide, type NetworkConfig } from './network.ts';
import { categoriesOf, denoiserLossOf, type ObjectiveConfig } from './objective.ts';
import type { Settings } from './settings.ts';
import { capitalised } from '../words.ts';

/** The part of a `ModelConfig` that the rules look at. */
export interface RuledConfig {
  network: NetworkConfig;
  objective: ObjectiveConfig;
  training: { batchSize: number; accumulate: number; bestMeasure?: string };
  augment?: AugmentConfig;
}

/** What must hold between several settings. */
export interface Rule {
  /** Dotted keys of the settings that it is about. */
  keys: readonly string[];
  holds: (config: RuledConfig) => boolean;
  /** What is asked for, without a capital letter and a full stop. */
  sentence: (config: RuledConfig) => string;
}

const rule = (keys: readonly string[], holds: Rule['holds'], sentence: string | Rule['sentence']): Rule => ({
  keys,
  holds,
  sentence: typeof sentence === 'string' ? () => sentence : sentence,
});

/** Smallest side of an image for the discriminator: its convolutions leave one value of 24 pixels. */
const ADVERSARIAL_SIDE = 24;

/** What holds in every configuration, also in that of a run on disk. */
export const MODEL_RULES: readonly Rule[] = [
  rule(
    ['objective.sigmaMin', 'objective.sigmaMax'],
    ({ objective: o }) => o.variant === 'beta-vae' || o.sigmaMin < o.sigmaMax,
    'sigmaMin must be smaller than sigmaMax',
  ),
  rule(
    ['objective.startScales', 'objective.endScales', 'objective.stepSchedule'],
    ({ objective: o }) =>
      o.variant === 'beta-vae' || o.stepSchedule === 'none' || o.startScales <= o.endScales,
    'startScales must not be larger than endScales',
  ),
  rule(
    ['objective.endScales'],
    ({ objective: o }) => o.variant !== 's-covae' || o.endScales >= 1,
    'endScales must be at least 1 for s-CoVAE, whose first interval lies between two levels',
  ),
  rule(
    ['network.multipliers', 'network.decoderMultipliers', 'network.patch'],
    ({ network }) =>
      [network.multipliers, decoderShape(network).multipliers].every(
        ({ length }) => network.imageSize % (network.patch * 2 ** (length - 1)) === 0,
      ),
    'imageSize must be divisible by patch, and then by 2 once for every level after the first',
  ),
  rule(
    ['network.decoderMultipliers', 'network.multipliers', 'network.finalDim'],
    ({ network }) =>
      network.finalDim !== null || decoderShape(network).multipliers.length === network.multipliers.length,
    ({ network }) =>
      `decoderMultipliers must be ${network.multipliers.length} numbers, as many as multipliers, unless the latent is a vector`,
  ),
  rule(
    ['network.finalDim', 'network.zChannels'],
    ({ network }) => network.finalDim === null || network.finalDim === network.zChannels,
    'finalDim must be null or equal to zChannels',
  ),
  rule(
    ['network.latentLevels', 'objective.variant'],
    ({ network, objective }) => network.latentLevels === 1 || objective.variant !== 's-covae',
    's-CoVAE has one fixed code and no prior to learn: latentLevels must be 1, or variant another one',
  ),
  rule(
    ['network.latentLevels', 'objective.categories'],
    ({ network, objective }) => network.latentLevels === 1 || categoriesOf(objective) === null,
    'categorical latents have one level: latentLevels must be 1, or categories null',
  ),
  rule(
    ['network.latentLevels', 'network.finalDim'],
    ({ network }) => network.latentLevels === 1 || network.finalDim === null,
    'a vector latent has no level below it: latentLevels must be 1, or finalDim null',
  ),
  rule(
    ['network.latentLevels', 'network.multipliers'],
    ({ network }) => network.latentLevels <= network.multipliers.length,
    'the second level of latents lies at the second lowest resolution: latentLevels must be 1, or multipliers two numbers or more',
  ),
  rule(
    ['network.modelChannels', 'network.multipliers', 'network.decoderMultipliers'],
    ({ network }) =>
      // The first convolution puts out modelChannels as they are.
      [1, ...network.multipliers, ...decoderShape(network).multipliers].every((m) => {
        const channels = network.modelChannels * m;
        return channels % Math.min(32, Math.floor(channels / 4)) === 0;
      }),
    'modelChannels, and modelChannels times each multiplier, must be divisible into min(32, channels / 4) groups',
  ),
  rule(
    ['objective.categories', 'network.zChannels', 'network.finalDim'],
    ({ network, objective }) => latentValues(network) % (categoriesOf(objective) ?? 1) === 0,
    'categories must divide the number of values in a latent',
  ),
  rule(
    ['training.accumulate', 'training.batchSize'],
    ({ training }) => training.batchSize % training.accumulate === 0,
    'accumulate must divide batchSize',
  ),
  rule(
    ['objective.adversarial'],
    ({ network, objective }) => objective.adversarial === null || network.imageSize >= ADVERSARIAL_SIDE,
    `the adversarial term needs images of at least ${ADVERSARIAL_SIDE} pixels a side`,
  ),
];

/** Between these, 4,096 noise levels differ in float32. */
const NARROWEST = 1.01;

/** What holds besides in a training that is planned; a run on disk may be older than these rules. */
const PLAN_RULES: readonly Rule[] = [
  rule(
    ['objective.sigmaMin', 'objective.sigmaMax'],
    ({ objective: o }) => o.variant === 'beta-vae' || o.sigmaMax >= NARROWEST * o.sigmaMin,
    `sigmaMax must be at least ${NARROWEST} times sigmaMin, so that no two time steps are the same`,
  ),
  rule(
    ['objective.denoiserLoss', 'objective.loss'],
    ({ objective }) => {
      const denoiser = denoiserLossOf(objective);
      return denoiser === null || (denoiser === 'bce') === (objective.loss === 'bce');
    },
    'loss and denoiserLoss must both be bce, or neither: they measure the same outputs',
  ),
  rule(
    ['objective.adversarial', 'objective.loss'],
    ({ objective }) => objective.adversarial === null || objective.loss !== 'bce',
    'the adversarial term cannot judge the logits that binary cross-entropy takes; choose another loss for it',
  ),
  rule(
    ['training.bestMeasure'],
    ({ objective, training }) => objective.variant !== 'beta-vae' || training.bestMeasure !== 'fd-2-passes',
    'a β-VAE draws in one pass, so bestMeasure must not be fd-2-passes',
  ),
  rule(
    ['network.attentionResolutions', 'network.multipliers', 'network.decoderMultipliers', 'network.patch'],
    ({ network }) => strayAttention(network) === undefined,
    ({ network }) =>
      `key "network.attentionResolutions" has ${strayAttention(network)}, which is no resolution of the network ` +
      `(${resolutions(network).join(', ')})`,
  ),
];

/** Attention at a size that the network does not have would be passed over in silence. */
function strayAttention(network: NetworkConfig): number | undefined {
  const sizes = resolutions(network);
  return network.attentionResolutions.find((resolution) => !sizes.includes(resolution));
}

/** Sides of the feature maps of a network's levels. */
function resolutions(network: NetworkConfig): number[] {
  const levels = Math.max(network.multipliers.length, decoderShape(network).multipliers.length);
  return Array.from({ length: levels }, (_, level) => levelSide(network, level));
}

/** The first rule of every configuration that this one breaks. */
export function brokenRule(config: RuledConfig): Rule | undefined {
  return MODEL_RULES.find(({ holds }) => !holds(config));
}

/** The first rule that a planned training with this configuration breaks. */
export function brokenPlanRule(config: RuledConfig): Rule | undefined {
  return brokenRule(config) ?? PLAN_RULES.find(({ holds }) => !holds(config));
}

/**
 * Why a setting cannot have a value while the others stay as they are: a sentence for the person, or null when it can.
 * Looks at the rules between settings only.
 */
export function refusalOf(key: string, value: unknown, config: RuledConfig): string | null {
  const changed = structuredClone(config);
  const [section = '', name = ''] = key.split('.');
  if (section !== 'network' && section !== 'objective' && section !== 'training') return null;
  Object.assign(changed[section], { [name]: value });
  const broken = [...MODEL_RULES, ...PLAN_RULES].find(
    ({ keys, holds }) => keys.includes(key) && !holds(changed),
  );
  if (broken === undefined) return null;
  const sentence = broken.sentence(changed);
  return `${capitalised(sentence)}.`;
}

/** When a setting has an effect: while another one is, or is not, one of some values. */
export type Need =
  | { key: string; is: readonly (string | number | boolean | null)[] }
  | { key: string; isNot: readonly (string | number | null)[] };

/** Settings that have an effect only beside certain values of another one. */
export const NEEDS: Readonly<Record<string, Need>> = {
  'network.zChannels': { key: 'network.finalDim', is: [null] },
  'network.latentPool': { key: 'network.finalDim', isNot: [null] },
  'network.latentLevels': { key: 'objective.variant', isNot: ['s-covae'] },
  'objective.lambdaDenoiser': { key: 'objective.denoiserLoss', isNot: [null] },
  'objective.rho': { key: 'objective.timeScale', isNot: ['log', 'linear'] },
  'objective.startScales': { key: 'objective.stepSchedule', is: ['exp'] },
  'training.klWarmupSteps': { key: 'objective.variant', isNot: ['s-covae'] },
  'objective.pMean': { key: 'objective.timeSampling', is: ['lognormal'] },
  'objective.pStd': { key: 'objective.timeSampling', is: ['lognormal'] },
  'objective.normWeight': { key: 'objective.normStrength', isNot: [0] },
  'objective.adversarial.warmupSteps': { key: 'objective.adversarial', isNot: [null] },
  'objective.adversarial.weight': { key: 'objective.adversarial', isNot: [null] },
  'objective.adversarial.rampShare': { key: 'objective.adversarial', isNot: [null] },
  'objective.adversarial.filters': { key: 'objective.adversarial', isNot: [null] },
  'objective.adversarial.samples': { key: 'objective.adversarial', isNot: [null] },
  'objective.adversarial.rateRatio': { key: 'objective.adversarial', isNot: [null] },
  'training.evaluateCount': { key: 'training.evaluateEvery', isNot: [0] },
  'training.evaluateExtractor': { key: 'training.evaluateEvery', isNot: [0] },
  'training.bestMeasure': { key: 'training.evaluateEvery', isNot: [0] },
  'augment.colour': { key: 'training.binarise', is: [false] },
  'training.labelDropout': { key: 'network.classes', isNot: [0] },
};

/** Whether a setting is there in this configuration and has an effect. */
export function isEffective(key: string, config: RuledConfig): boolean {
  const need = NEEDS[key];
  if (need !== undefined) {
    const other = valueAt(config, need.key);
    const among = (values: readonly unknown[]) => values.includes(other);
    if ('is' in need ? !among(need.is) : among(need.isNot)) return false;
  }
  return valueAt(config, key) !== undefined;
}

/** The value at a dotted key; undefined where there is none. */
export function valueAt(config: object | null, key: string): unknown {
  let value: unknown = config;
  for (const part of key.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/**
 * What settings bring along: other settings that follow from them, unless they are named themselves. One that is
 * undefined goes back to what the preset has.
 *
 * @param settings what is changed
 * @param config the configuration before, with the variant's own settings
 */
export function broughtAlong(settings: Settings, config: RuledConfig): Settings {
  const { network, objective } = config;
  const brought: Record<string, unknown> = {};
  const bring = (key: string, value: unknown) => {
    const named = Object.keys(settings).some((other) => other === key || other.startsWith(`${key}.`));
    if (!named) brought[key] = value;
  };

  const loss = settings['objective.loss'];
  if (loss === 'bce' || loss === 'l2' || loss === 'huber') {
    const binary = loss === 'bce';
    const denoiser = denoiserLossOf(objective);
    if (denoiser !== null && binary !== (denoiser === 'bce')) {
      bring('objective.denoiserLoss', binary ? 'bce' : 'l2');
    }
    if (binary && objective.adversarial !== null) bring('objective.adversarial', null);
  }
  if ([settings, brought].some(({ 'objective.adversarial': term }) => term === null)) {
    for (const [part, need] of Object.entries(NEEDS)) {
      if (need.key === 'objective.adversarial') bring(part, undefined);
    }
  }

  // A vector latent has as many values as channels.
  const length = settings['network.finalDim'];
  if (isCount(length)) bring('network.zChannels', length);
  if (length === null && network.finalDim !== null) bring('network.zChannels', undefined);
  const channels = settings['network.zChannels'];
  if (network.finalDim !== null && isCount(channels)) bring('network.finalDim', channels);

  // Untold, samples would show what is done to the images.
  const strength = settings['augment.strength'];
  if ((typeof strength === 'number' && strength > 0) || settings['augment.adaptive'] === true) {
    bring('network.augment', true);
  }

  const categories = settings['objective.categories'];
  if (isCount(categories) && network.finalDim === null && latentValues(network) % categories !== 0) {
    bring('network.zChannels', categories);
  }
  return brought;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1;
}

/** Length of a vector latent where the map has fewer channels than make a list: the reference's for faces. */
const VECTOR_LENGTH = 64;
/** Fewest channels of a map that are kept as a list. */
const FEWEST_KEPT = 8;
const CATEGORIES = 8;

/** Settings that can be left out altogether. */
export type OptionalKey =
  | 'network.finalDim'
  | 'network.classes'
  | 'objective.categories'
  | 'objective.denoiserLoss'
  | 'objective.adversarial';

/**
 * What switching on a part that can be left out changes.
 *
 * @param classes how many the data set has
 */
export function switchedOn(key: OptionalKey, config: RuledConfig, classes = 0): Settings {
  const { network, objective } = config;
  switch (key) {
    case 'network.finalDim':
      return { [key]: network.zChannels < FEWEST_KEPT ? VECTOR_LENGTH : network.zChannels };
    case 'network.classes':
      return { [key]: classes };
    case 'objective.denoiserLoss':
      return { [key]: objective.loss === 'bce' ? 'bce' : 'l2' };
    case 'objective.adversarial':
      // A part of it brings the rest, which depends on the number of steps.
      return { [key]: undefined, 'objective.adversarial.weight': ADVERSARIAL_WEIGHT };
    case 'objective.categories': {
      // One category at each place, unless the channels can be divided as they are.
      const fits = network.finalDim !== null || network.zChannels % CATEGORIES === 0;
      return { [key]: CATEGORIES, ...(!fits && { 'network.zChannels': CATEGORIES }) };
    }
  }
}

/** What switching it off changes. */
export function switchedOff(key: OptionalKey, config: RuledConfig): Settings {
  if (key === 'network.classes') return { [key]: 0 };
  const spatialChannels = key === 'objective.categories' && config.network.finalDim === null;
  return { [key]: null, ...(spatialChannels && { 'network.zChannels': undefined }) };
}
