/** Tells a model that draws its training images again from one that draws new ones. */
import type { Alarm } from '../../run/diagnostics.ts';
import type { Copies } from '../../run/evaluation-line.ts';

/** Share of samples that are as good as a training image, from which they are called copies. */
const MANY_CLOSE = 0.5;
/** By how much that share has to lie above that of held-out images: data may hold near duplicates. */
const ABOVE_HELD_OUT = 0.25;
/** Share of samples nearer to training images than to held-out ones; one half is what new images have. */
const MANY_NEARER = 0.75;
/** Share of the training images that has to be looked at: a copy of another one is not seen. */
const SEEN = 0.5;
const FEWEST_SAMPLES = 16;

/** @returns null when nothing speaks for copies, or too little is known to say so */
export function copiesFound(
  copies: Copies | null,
): Pick<Alarm, 'name' | 'value' | 'bound' | 't' | 'advice'> | null {
  if (copies === null) return null;
  const { samples, heldOut, nearer, looked, training } = copies;
  if (samples.images < FEWEST_SAMPLES || looked < SEEN * training) return null;
  const bound = Math.max(MANY_CLOSE, (heldOut?.close ?? 0) + ABOVE_HELD_OUT);
  if (samples.close < bound || (nearer !== null && nearer < MANY_NEARER)) return null;
  const others =
    heldOut === null || nearer === null
      ? ''
      : ` (of held-out images ${percent(heldOut.close)}), and ${percent(nearer)} are nearer to a training image than to a held-out one`;
  return {
    ...{ name: 'Samples copy training images', value: samples.close, bound, t: null },
    advice:
      `Of the samples, ${percent(samples.close)} are as good as a training image${others}, and ${percent(samples.authentic)} count as authentic: ` +
      'train on more images, with dropout, or stop earlier and draw from an earlier checkpoint.',
  };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
