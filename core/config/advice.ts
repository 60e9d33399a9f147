/**
 * What to expect from so many images, and how to train on them. Where the bands begin are rules of thumb; that augmentation
 * pays for few images only, and otherwise from where a model overfits, was measured (docs/quality.md, few images), and so was
 * that the adversarial term of `tiny` spoils colour (ibid., a batch that the discriminator can learn from).
 */
import type { DatasetRecord } from '../data/dataset.ts';
import { nameOfSetting } from './settings-table.ts';
import { countOf } from '../words.ts';
import type { Settings } from './settings.ts';

export interface Advice {
  /** One paragraph. */
  text: string;
  /** What it says, as a training takes it. */
  preset: string;
  /** Whether it pays to start from other weights. */
  fineTune: boolean;
  settings: Settings;
  /** Times that each image should be seen. */
  passesOverData: number;
}

/** What is looked at. */
export type AdvisedData = Pick<DatasetRecord, 'count' | 'heldOut' | 'width' | 'height' | 'channels'>;

/** Fewest images of which some can be held out. */
const HOLD_OUT_FROM = 50;

interface Band {
  /** For fewer images than this. */
  below: number;
  expect: string;
  fineTune: boolean;
  /** Strength of the augmentation at the beginning; 0 for none. */
  strength: number;
  /** It rises where a model overfits. */
  adaptive: boolean;
  passesOverData: number;
  /**
   * With fewer steps samples are worse, however often the images were seen; but very few images are learned by heart
   * (docs/quality.md, few images).
   */
  fewestSteps: number;
}

const BANDS: readonly Band[] = [
  {
    below: 20,
    expect: 'Too few to draw anything new: a model can learn these by heart and lead from one to another',
    fineTune: true,
    strength: 0.5,
    adaptive: true,
    passesOverData: 400,
    fewestSteps: 800,
  },
  {
    below: 125,
    expect: 'Few: reconstructions of other images stay rough, and samples are variations of these images',
    fineTune: true,
    strength: 0.5,
    adaptive: true,
    passesOverData: 200,
    fewestSteps: 800,
  },
  {
    below: 500,
    expect: 'Enough for the look of things, not for their variety: samples lie close to these images',
    fineTune: true,
    strength: 0,
    adaptive: true,
    passesOverData: 60,
    fewestSteps: 2000,
  },
  {
    below: 2_500,
    expect: 'Enough to learn from in minutes; overfitting comes late',
    fineTune: true,
    strength: 0,
    adaptive: true,
    passesOverData: 20,
    fewestSteps: 2000,
  },
  {
    below: Infinity,
    expect: 'Plenty: held-out images are reconstructed as well as those trained on',
    fineTune: false,
    strength: 0,
    adaptive: false,
    passesOverData: 6,
    fewestSteps: 2000,
  },
];

/** A preset as far as advice needs to know it. */
export interface AdvisedPreset {
  name: string;
  /** Images a batch. */
  batchSize: number;
  /** It has an adversarial term. */
  adversarial: boolean;
}

/**
 * What one paragraph says of a data set: what to expect, which preset, whether to fine-tune and augment, and how long.
 *
 * @param preset the one that is recommended
 */
export function adviceFor(
  { count, heldOut, width, channels }: AdvisedData,
  { name: preset, batchSize, adversarial }: AdvisedPreset,
): Advice {
  const trained = count - heldOut;
  const band = BANDS.find(({ below }) => trained < below) ?? BANDS[BANDS.length - 1]!;
  const { fineTune, strength, passesOverData, fewestSteps } = band;
  const adaptive = band.adaptive && heldOut > 0;
  const large = width > 64;
  const plain = adversarial && channels === 3;
  const steps = roundSteps(Math.max(fewestSteps, (passesOverData * trained) / batchSize));
  const settings: Settings = {
    'training.steps': steps,
    ...(strength > 0 && { 'augment.strength': strength }),
    ...(adaptive && { 'augment.adaptive': true }),
    ...(plain && { 'objective.adversarial': null }),
  };
  const parts = [
    `${countOf(trained, 'image')} to train on, ${width} × ${width}${channels === 3 ? ' in colour' : ''}. ${band.expect}.`,
    `Take the preset ${preset}${fineTune ? ', started from other weights where there are such,' : ''} for about ${countOf(steps, 'step')}, each image seen ${countOf(Math.round((steps * batchSize) / trained), 'time')}.`,
    strength > 0
      ? `Augment, with ${strength} as ${nameOfSetting('augment.strength')}${adaptive ? ` and ${nameOfSetting('augment.adaptive')} on` : ''}.`
      : adaptive
        ? `Turn ${nameOfSetting('augment.adaptive')} on: it augments once the model overfits.`
        : 'Augmentation brings little.',
    plain
      ? `Leave out the ${nameOfSetting('objective.adversarial')}: in colour this preset draws patterns with it.`
      : '',
    heldOut > 0
      ? `${countOf(heldOut, 'image')} ${heldOut === 1 ? 'is' : 'are'} held out and will tell of overfitting.`
      : count >= HOLD_OUT_FROM
        ? 'Hold some out when importing, a tenth for instance, to see when it begins to overfit.'
        : '',
    large ? `Images this large take long without a GPU: 32 or 64 pixels learn many times faster.` : '',
  ];
  return { text: parts.filter((part) => part !== '').join(' '), preset, fineTune, settings, passesOverData };
}

/** Two digits that count. */
function roundSteps(steps: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(steps)) - 1);
  return Math.round(steps / unit) * unit;
}
