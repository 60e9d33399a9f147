/**
 * The table of settings: what every key of a configuration is called, what it does, and how the window offers it. The
 * window's Advanced part, `covae settings`, the help of `--set` and docs/settings.md are made from it. Limits, defaults
 * and variants come from the schema (setting-schema.ts), what a setting needs from the rules (setting-rules.ts).
 */
import type { ModelConfig } from './model.ts';
import { NEEDS, type Need, type OptionalKey } from './setting-rules.ts';
import { SETTING_SCHEMAS, type SettingSchema } from './setting-schema.ts';

export const SETTING_GROUPS = {
  model: 'Model',
  loss: 'Loss',
  time: 'Time steps',
  training: 'Training',
  augment: 'Augmentation',
  records: 'Records',
} as const;

export type SettingGroup = keyof typeof SETTING_GROUPS;

export interface Choice {
  label: string;
  /** What it means, in one sentence. */
  help?: string;
  /** The expression of t that the name of a weighting stands for. */
  expression?: string;
}

/** How the window offers a setting; `numbers` as a list of them, `weighting` with the curve over t. */
export type Control = 'number' | 'numbers' | 'buttons' | 'list' | 'switch' | 'weighting';

interface SettingText {
  term: string;
  /** What it does, in one sentence or two. */
  help: string;
  group: SettingGroup;
  unit?: string;
  /** Where it departs from the paper, or the paper from its code. */
  paper?: string;
  /** The values of a choice, or names that stand for an expression. */
  choices?: Readonly<Record<string, Choice>>;
  /** A part that can be left out: what is asked first, as two buttons or as a check box. */
  optional?: {
    legend: string;
    off: Choice;
    on: Choice;
    as: 'buttons' | 'switch';
  };
  /** Where it is another than its kind would have. */
  control?: Control;
}

export interface Setting extends Omit<SettingText, 'control'>, SettingSchema {
  /** null where nothing is to be chosen: it follows from the data set, or is a switch alone. */
  control: Control | null;
  /** What has to be the case for it to have an effect. */
  need: Need | null;
}

type Objective = ModelConfig['objective'];
type Keys<T> = T extends unknown ? keyof T & string : never;
/** Dotted keys of all settings. */
export type SettingKey =
  | `network.${keyof ModelConfig['network']}`
  | `objective.${Keys<Objective>}`
  | `objective.adversarial.${keyof NonNullable<Objective['adversarial']>}`
  | `training.${keyof ModelConfig['training']}`
  | `augment.${keyof ModelConfig['augment']}`;

const LOSSES: Readonly<Record<string, Choice>> = {
  huber: { label: 'Pseudo-Huber' },
  l2: { label: 'Squared error' },
  bce: { label: 'Binary cross-entropy' },
};

const OURS = 'Not in the paper or its code.';

const TEXTS: Readonly<Record<SettingKey, SettingText>> = {
  'objective.variant': {
    term: 'Variant',
    help: 'The kind of model; each brings its own settings with it.',
    group: 'model',
    control: 'buttons',
    choices: {
      covae: {
        label: 'CoVAE',
        help: 'The paper’s model: one encoder and one decoder that know how noisy the latent is.',
      },
      's-covae': {
        label: 's-CoVAE',
        help: 'The simplified model: an image has one fixed code, to which noise is added by rule.',
      },
      'beta-vae': {
        label: 'β-VAE',
        help: 'The classic baseline with the same networks: no time, one pass.',
      },
    },
  },
  'network.imageSize': {
    term: 'Image size',
    help: 'Side of the square images; it follows from the data set.',
    group: 'model',
    unit: 'pixels',
  },
  'network.channels': {
    term: 'Image channels',
    help: 'Grey (1) or colour (3); they follow from the data set.',
    group: 'model',
    choices: { 1: { label: 'Grey' }, 3: { label: 'Colour' } },
  },
  'network.modelChannels': {
    term: 'Model channels',
    help: 'Width of the networks; a level has this many channels times its multiplier.',
    group: 'model',
    unit: 'channels',
  },
  'network.multipliers': {
    term: 'Channel multipliers',
    help: 'One for each level of the networks; the resolution halves from level to level.',
    group: 'model',
  },
  'network.patch': {
    term: 'Patch',
    help: 'Side of the squares of pixels that the networks take as one place. 2 makes the highest resolution four times cheaper.',
    group: 'model',
    unit: 'pixels',
    choices: { 1: { label: '1' }, 2: { label: '2 × 2' }, 4: { label: '4 × 4' } },
    paper: OURS,
  },
  'network.blocks': {
    term: 'Blocks per level',
    help: 'UNet blocks a level in the encoder; the decoder has one more.',
    group: 'model',
    unit: 'blocks',
  },
  'network.decoderMultipliers': {
    term: 'Channel multipliers of the decoder',
    help: 'Where they differ from the encoder’s; as many, unless the latent is a vector.',
    group: 'model',
  },
  'network.decoderBlocks': {
    term: 'Blocks per level of the decoder',
    help: 'Where they differ from the encoder’s; the decoder has one more than this.',
    group: 'model',
    unit: 'blocks',
  },
  'network.attentionResolutions': {
    term: 'Attention resolutions',
    help: 'Levels whose blocks have self-attention, by the side of their feature maps.',
    group: 'model',
    unit: 'pixels',
  },
  'network.finalDim': {
    term: 'Length of the list',
    help: 'Numbers an image.',
    group: 'model',
    unit: 'values',
    control: 'number',
    optional: {
      legend: 'Latent',
      off: { label: 'Spatial', help: 'A small map: where something is stays known.' },
      on: { label: 'Vector', help: 'One list of numbers an image.' },
      as: 'buttons',
    },
  },
  'network.latentPool': {
    term: 'From the map to the list',
    help: 'How the encoder’s last map becomes one list of numbers.',
    group: 'model',
    control: 'buttons',
    choices: {
      mean: { label: 'Mean', help: 'Over all places of the map.' },
      dense: { label: 'Dense layer', help: 'Keeps where something is; images come back truer.' },
    },
    paper: OURS,
  },
  'network.zChannels': {
    term: 'Channels of the map',
    help: 'Numbers at each place of the map.',
    group: 'model',
    unit: 'channels',
    control: 'number',
  },
  'network.latentLevels': {
    term: 'Levels of latents',
    help: 'A second level at twice the side takes up detail, and the decoder predicts it from the first.',
    group: 'model',
    control: 'buttons',
    choices: {
      1: { label: 'One', help: 'The paper’s.' },
      2: {
        label: 'Two',
        help: 'In the manner of a ladder VAE: the first for what is there, the second for how it looks.',
      },
    },
    paper: OURS,
  },
  'objective.categories': {
    term: 'Categories',
    help: 'They must divide the numbers of a latent.',
    group: 'model',
    unit: 'categories',
    control: 'number',
    optional: {
      legend: 'Values of the latent',
      off: { label: 'Gaussian', help: 'Numbers with a mean and a standard deviation.' },
      on: { label: 'Categorical', help: 'One of a few categories each.' },
      as: 'buttons',
    },
  },
  'network.classes': {
    term: 'Classes',
    help: 'Classes that the networks are told of, as many as the data set has; 0 for none.',
    group: 'model',
    unit: 'classes',
    paper: 'Not in the paper; its code has it.',
    optional: {
      legend: 'Tell the model the class of each image',
      off: { label: 'None' },
      on: { label: 'Class-conditional' },
      as: 'switch',
    },
  },
  'network.augment': {
    term: 'Told of transformations',
    help: 'Tell the networks how an image was transformed, so that samples need not show it; comes along with augmentation.',
    group: 'model',
    paper: OURS,
  },
  'network.dropout': {
    term: 'Dropout',
    help: 'Probability that an activation is dropped in training.',
    group: 'model',
  },

  'objective.loss': {
    term: 'Reconstruction',
    help: 'How far an output is from its target. Binary cross-entropy is for black and white.',
    group: 'loss',
    control: 'list',
    choices: LOSSES,
  },
  'objective.beta': {
    term: 'β',
    help: 'Weight of the KL divergence: larger gives smoother samples and blurrier reconstructions.',
    group: 'loss',
    control: 'number',
  },
  'objective.denoiserLoss': {
    term: 'Loss of the average decoder',
    help: 'Squared error makes it a true average.',
    group: 'loss',
    control: 'list',
    choices: LOSSES,
    optional: {
      legend: 'Boundary condition',
      off: {
        label: 'Identity',
        help: 'The target at the smallest t is the image itself. May diverge.',
      },
      on: {
        label: 'Average decoder',
        help: 'A learned average image anchors the smallest t. The paper’s choice, and the stable one.',
      },
      as: 'buttons',
    },
  },
  'objective.lambdaDenoiser': {
    term: 'Weight of the average decoder',
    help: 'λ_denoiser: how much its loss counts at the largest t.',
    group: 'loss',
  },
  'objective.target': {
    term: 'Target weights',
    help: 'Whose output at r is the target.',
    group: 'loss',
    control: 'buttons',
    paper: 'The paper’s summary speaks of EMA weights, its code uses the online ones.',
    choices: {
      online: {
        label: 'Online',
        help: 'The weights in training make the target, as in the paper’s code.',
      },
      ema: {
        label: 'EMA',
        help: 'Their running average makes the target, as the paper tells it. Slower to learn.',
      },
    },
  },
  'objective.kernel': {
    term: 'Noise',
    help: 'The forward process.',
    group: 'loss',
    control: 'buttons',
    choices: {
      ve: { label: 'Added', help: 'Variance exploding: the code stays, noise comes on top.' },
      li: { label: 'Blended in', help: 'Linear interpolant: the code fades as noise comes in.' },
    },
  },
  'objective.normStrength': {
    term: 'Penalty on the code, γ',
    help: 'Keeps codes small. 0 bounds them by a layer norm instead.',
    group: 'loss',
    control: 'number',
  },
  'objective.normWeight': {
    term: 'Weight of the penalty',
    help: 'That of the first interval for all, or that of the example’s own.',
    group: 'loss',
    choices: { fixed: { label: 'Fixed' }, adaptive: { label: 'Adaptive' } },
  },
  'objective.recWeight': {
    term: 'λ(t), weight of the reconstruction',
    help: 'Large at small t keeps detail, but may diverge.',
    group: 'loss',
    control: 'weighting',
    choices: {
      linear: { label: '1 / t', expression: '1 / t' },
      square: { label: '1 / t²', expression: '1 / t^2' },
      ones: { label: '1', expression: '1' },
    },
    paper: 'Expressions of t are not in the paper or its code; linear, square and ones are.',
  },
  'objective.klWeight': {
    term: 'β(t), weight of the KL divergence',
    help: 'Large at large t lets samples begin from noise.',
    group: 'loss',
    control: 'weighting',
    choices: {
      linear: { label: 't', expression: 't' },
      square: { label: 't²', expression: 't^2' },
      ones: { label: '1', expression: '1' },
    },
    paper: 'Expressions of t are not in the paper or its code; linear, square and ones are.',
  },
  'objective.adversarial': {
    term: 'Adversarial term',
    help: 'A second network learns to tell samples from images. Sharper, slower, harder to train.',
    group: 'loss',
    optional: {
      legend: 'Adversarial term',
      off: { label: 'Without' },
      on: { label: 'With' },
      as: 'switch',
    },
  },
  'objective.adversarial.warmupSteps': {
    term: 'Begins after step',
    help: 'Before it the model learns without.',
    group: 'loss',
    unit: 'steps',
    control: 'number',
  },
  'objective.adversarial.weight': {
    term: 'λ of the adversarial term',
    help: 'What it grows to.',
    group: 'loss',
    control: 'number',
  },
  'objective.adversarial.rampShare': {
    term: 'Share of the steps that it grows over',
    help: 'Counted from where it begins; 1: it grows until the end.',
    group: 'loss',
    control: 'number',
    paper: OURS,
  },
  'objective.adversarial.filters': {
    term: 'Discriminator filters',
    help: 'Filters of the discriminator’s first convolution.',
    group: 'loss',
    unit: 'filters',
  },
  'objective.adversarial.samples': {
    term: 'Weight of samples',
    help: 'Samples from noise are judged too, and count so many times as much as decoded encodings; 0: they are not judged.',
    group: 'loss',
    control: 'number',
    paper: OURS,
  },
  'objective.adversarial.rateRatio': {
    term: 'Discriminator’s learning rate',
    help: 'As a multiple of the model’s: below 1, the discriminator learns more slowly than what it judges.',
    group: 'loss',
    control: 'number',
    paper: OURS,
  },

  'objective.sigmaMin': {
    term: 'Smallest noise level, σ_min',
    help: 'The smallest time above 0.',
    group: 'time',
  },
  'objective.sigmaMax': {
    term: 'Largest noise level, σ_max',
    help: 'The largest time, from which samples are drawn.',
    group: 'time',
  },
  'objective.timeScale': {
    term: 'Time scale',
    help: 'How the noise levels lie between the smallest and the largest.',
    group: 'time',
    choices: { karras: { label: 'Karras' }, log: { label: 'Logarithmic' }, linear: { label: 'Linear' } },
  },
  'objective.rho': {
    term: 'ρ',
    help: 'Bend of the Karras scale: larger puts more levels at small noise.',
    group: 'time',
  },
  'objective.stepSchedule': {
    term: 'Step schedule',
    help: 'Whether the number of time steps doubles over training or is there from the start.',
    group: 'time',
    choices: { exp: { label: 'Doubling' }, none: { label: 'All from the start' } },
  },
  'objective.startScales': {
    term: 'Time steps at first',
    help: 'Number of time steps that training begins with.',
    group: 'time',
    unit: 'time steps',
  },
  'objective.endScales': {
    term: 'Time steps at the end',
    help: 'Number of time steps that it ends with; 0 with all from the start leaves one level, a plain VAE.',
    group: 'time',
    unit: 'time steps',
  },
  'objective.sigmaData': {
    term: 'σ_data',
    help: 'Standard deviation that codes are taken to have.',
    group: 'time',
  },
  'objective.timeSampling': {
    term: 'Time sampling',
    help: 'Which interval an example gets: lognormal in σ, or each alike.',
    paper: 'With uniform, the paper’s code never draws the last interval, so never learns at σ_max.',
    group: 'time',
    choices: { lognormal: { label: 'Lognormal' }, uniform: { label: 'Uniform' } },
  },
  'objective.pMean': {
    term: 'P_mean',
    help: 'Mean of log σ when intervals are drawn.',
    group: 'time',
  },
  'objective.pStd': {
    term: 'P_std',
    help: 'Standard deviation of log σ when intervals are drawn.',
    group: 'time',
  },

  'training.steps': {
    term: 'Steps',
    help: 'Batches of the whole training; step schedule and learning-rate decay are laid over them.',
    group: 'training',
    unit: 'steps',
  },
  'training.batchSize': {
    term: 'Batch size',
    help: 'Examples a step.',
    group: 'training',
    unit: 'examples',
  },
  'training.learningRate': {
    term: 'Learning rate',
    help: 'Before warm-up and decay.',
    group: 'training',
  },
  'training.warmupSteps': {
    term: 'Warm-up of the learning rate',
    help: 'Steps over which it rises from 0.',
    group: 'training',
    unit: 'steps',
    paper: OURS,
  },
  'training.klWarmupSteps': {
    term: 'Warm-up of β',
    help: 'Steps over which the weight of the KL divergence rises from 0, so that latents are not forgotten at first.',
    group: 'training',
    unit: 'steps',
    paper: OURS,
  },
  'training.learningRateSchedule': {
    term: 'Learning-rate schedule',
    help: 'Whether the learning rate stays or falls to 0 along a cosine.',
    group: 'training',
    choices: { constant: { label: 'Constant' }, cosine: { label: 'Cosine' } },
    paper: 'Cosine is not in the paper or its code.',
  },
  'training.optimizer': {
    term: 'Optimizer',
    help: 'What makes steps out of gradients.',
    group: 'training',
    control: 'buttons',
    choices: {
      radam: { label: 'RAdam', help: 'The paper’s.' },
      adamw: { label: 'AdamW', help: 'Needs a warm-up of the learning rate.' },
    },
    paper: 'AdamW is not in the paper or its code.',
  },
  'training.precision': {
    term: 'Precision',
    help: 'Of convolutions and matrix products.',
    group: 'training',
    control: 'buttons',
    choices: {
      float32: { label: 'float32', help: 'Of convolutions and matrix products.' },
      bfloat16: { label: 'bfloat16', help: 'Faster only on GPUs and processors that compute it.' },
    },
    paper: 'bfloat16 is not in the paper or its code.',
  },
  'training.beta1': {
    term: 'Momentum',
    help: 'β₁: how much of the mean of earlier gradients a step keeps. Lower suits an adversarial term.',
    group: 'training',
    control: 'number',
    paper: OURS,
  },
  'training.weightDecay': {
    term: 'Weight decay',
    help: 'Pulls weights towards 0.',
    group: 'training',
    control: 'number',
  },
  'training.accumulate': {
    term: 'Gradient accumulation',
    help: 'Parts of a batch, computed one after the other to save memory.',
    group: 'training',
    unit: 'parts',
    control: 'number',
    paper: OURS,
  },
  'training.horizontalFlip': {
    term: 'Mirror half of the images',
    help: 'Left and right swapped by chance. Not for letters and digits.',
    group: 'training',
    control: 'switch',
  },
  'training.binarise': {
    term: 'Black and white',
    help: 'Pixels are cut at half brightness.',
    group: 'training',
    control: 'switch',
  },
  'training.labelDropout': {
    term: 'Label dropout',
    help: 'Share of the class labels left out in training, so that guidance is possible.',
    group: 'training',
    paper: OURS,
  },
  'training.clipNorm': {
    term: 'Gradient clipping',
    help: 'Gradients are scaled down to this L2 norm over all weights; 0 leaves them as they are.',
    group: 'training',
  },
  'training.emaRate': {
    term: 'EMA rate',
    help: 'Share of the averaged weights that a step keeps.',
    group: 'training',
  },

  'training.trainOnly': {
    term: 'What is trained',
    help: 'The rest stays as the weights have it that the training starts from.',
    group: 'training',
    control: 'buttons',
    choices: {
      all: { label: 'All' },
      decoder: { label: 'Decoder', help: 'Latents stay what they are.' },
      'norms-and-ends': {
        label: 'Norms and ends',
        help: 'Norms, what scales them by the time, and the first and last convolutions: little to learn from few images.',
      },
    },
    paper: OURS,
  },
  'augment.strength': {
    term: 'Augmentation strength',
    help: 'Probability with which each kind of transformation below is applied to an image at σ_min; it falls to 0 towards σ_max, where samples begin. 0 for none.',
    group: 'augment',
    control: 'number',
    paper: OURS,
  },
  'augment.adaptive': {
    term: 'Strength by overfitting',
    help: 'Raise the strength while held-out images are reconstructed worse than training images, lower it while not. Needs held-out images.',
    group: 'augment',
    control: 'switch',
    paper: OURS,
  },
  'augment.flip': {
    term: 'Mirror',
    help: 'Left and right swapped.',
    group: 'augment',
    control: 'switch',
    paper: OURS,
  },
  'augment.turn': {
    term: 'Quarter turns',
    help: 'Turned by multiples of 90°.',
    group: 'augment',
    control: 'switch',
    paper: OURS,
  },
  'augment.rotation': {
    term: 'Rotation',
    help: 'Largest angle.',
    group: 'augment',
    unit: 'degrees',
    control: 'number',
    paper: OURS,
  },
  'augment.scale': {
    term: 'Scale',
    help: 'Largest enlargement and reduction: 0.2 is from 1/1.2 to 1.2 times.',
    group: 'augment',
    control: 'number',
    paper: OURS,
  },
  'augment.shift': {
    term: 'Shift',
    help: 'Largest way to each side, as a share of the image’s.',
    group: 'augment',
    control: 'number',
    paper: OURS,
  },
  'augment.colour': {
    term: 'Colour',
    help: 'How much brightness, contrast, saturation and hue vary.',
    group: 'augment',
    control: 'number',
    paper: OURS,
  },
  'training.logEvery': {
    term: 'Log interval',
    help: 'Steps between two lines of the log.',
    group: 'records',
    unit: 'steps',
  },
  'training.sampleEvery': {
    term: 'Sample interval',
    help: 'Steps between two grids of samples.',
    group: 'records',
    unit: 'steps',
  },
  'training.checkpointEvery': {
    term: 'Checkpoint interval',
    help: 'Steps between two checkpoints.',
    group: 'records',
    unit: 'steps',
  },
  'training.checkpointMinutes': {
    term: 'Longest time without a checkpoint',
    help: 'After so many minutes one is written in any case; 0 leaves it to the steps alone.',
    group: 'records',
    unit: 'minutes',
    paper: OURS,
  },
  'training.snapshotEvery': {
    term: 'Snapshot interval',
    help: 'Steps between two snapshots of the weights’ averages, from which an average of any length can be made after the training; 0 for none. What is learned does not depend on them.',
    group: 'records',
    unit: 'steps',
    control: 'number',
    paper: OURS,
  },
  'training.evaluateEvery': {
    term: 'Evaluation interval',
    help: 'Steps between two evaluations, which also say which checkpoint is the best; 0 for none. What is learned does not depend on them.',
    group: 'records',
    unit: 'steps',
    control: 'number',
    paper: OURS,
  },
  'training.evaluateCount': {
    term: 'Samples of an evaluation',
    help: 'For each number of passes. Distances of equally many can be compared, others cannot.',
    group: 'records',
    unit: 'samples',
    control: 'number',
    paper: OURS,
  },
  'training.evaluateExtractor': {
    term: 'Features',
    help: 'What looks at the images when samples are compared with them.',
    group: 'records',
    control: 'list',
    choices: {
      mobilenet: { label: 'MobileNetV2' },
      pixels: { label: 'Pixels' },
    },
    paper: OURS,
  },
  'training.bestMeasure': {
    term: 'Best by',
    help: 'The number by which a checkpoint is the best; of each, less is better.',
    group: 'records',
    control: 'list',
    choices: {
      'fd-1-pass': { label: 'Fréchet distance, 1 pass' },
      'fd-2-passes': { label: 'Fréchet distance, 2 passes' },
      reconstruction: { label: 'Reconstruction error' },
    },
    paper: OURS,
  },
};

/** All settings, in the order in which they are shown. */
export const SETTINGS: readonly Setting[] = Object.entries(TEXTS).map(([key, text]) => {
  const schema = SETTING_SCHEMAS.get(key);
  if (schema === undefined) throw new Error(`The configuration has no setting "${key}".`);
  return { ...text, ...schema, control: controlOf(key, text, schema), need: NEEDS[key] ?? null };
});

function controlOf(
  key: string,
  { control, optional }: SettingText,
  { limits }: SettingSchema,
): Control | null {
  if (control !== undefined) return control;
  // Given by the images; or a part that is there or not.
  if (key === 'network.imageSize' || key === 'network.channels' || optional !== undefined) return null;
  switch (limits.kind) {
    case 'number':
      return 'number';
    case 'numbers':
      return 'numbers';
    case 'choice':
      return 'list';
    case 'switch':
      return 'switch';
    case 'text':
    case 'part':
      return null;
  }
}

/**
 * A setting in a sentence, as the window names it and as `--set` does: `“EMA rate” (training.emaRate)`.
 *
 * @throws Error for a key that there is none of
 */
export function nameOfSetting(key: SettingKey): string {
  return `“${TEXTS[key].term}” (${key})`;
}

const OPTIONAL_KEYS: readonly OptionalKey[] = [
  'network.finalDim',
  'network.classes',
  'objective.categories',
  'objective.denoiserLoss',
  'objective.adversarial',
];

/** Whether this is the key of a part that can be switched on and off. */
export function isOptionalKey(key: string): key is OptionalKey {
  return OPTIONAL_KEYS.some((known) => known === key);
}
