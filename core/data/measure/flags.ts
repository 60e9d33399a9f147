/** Images that deserve a look: nearly of one colour, the same as another, or unlike the rest. */
import * as v from 'valibot';
import { NumberList } from '../number-list.ts';

/** As many of each kind are listed; all are counted. */
const MAX_LISTED = 10_000;
/** Standard deviation of an image's values below which it is nearly of one colour. */
const NEARLY_CONSTANT = 2.5;
/** Robust standard deviations from the median, and grey levels, by which an image is unlike the rest. */
const UNLIKE = 6;
const UNLIKE_LEVELS = 40;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** `flags.json`. Images are told by their index. */
export const FlagsSchema = v.strictObject({
  format: v.literal('covae-flags'),
  version: v.literal(1),
  /** Of the pixels that were looked at. */
  fingerprint: v.string(),
  nearConstant: v.strictObject({ total: count, images: v.array(count) }),
  /** Groups of images with the same pixels; `total` counts all but the first of each. */
  duplicates: v.strictObject({ total: count, groups: v.array(v.array(count)) }),
  suspicious: v.strictObject({
    total: count,
    images: v.array(v.strictObject({ image: count, reason: v.string() })),
  }),
});

export type Flags = v.InferOutput<typeof FlagsSchema>;

/** What is kept of each image until all are seen. */
export class FlagMeter {
  readonly #means: Float32Array;
  readonly #deviations: Float32Array;
  readonly #chromas: Float32Array;
  readonly #firstOf = new Map<string, number>();
  readonly #groups = new Map<number, number[]>();
  readonly #nearConstant = new NumberList();
  #count = 0;
  #duplicates = 0;
  readonly #channels: 1 | 3;

  constructor(channels: 1 | 3, images: number) {
    this.#channels = channels;
    this.#means = new Float32Array(images);
    this.#deviations = new Float32Array(images);
    this.#chromas = new Float32Array(images);
  }

  /** @param hash of the pixels, the same for the same pixels only */
  add(pixels: Uint8Array, hash: string): void {
    const image = this.#count++;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < pixels.length; i++) {
      const value = pixels[i]!;
      sum += value;
      squares += value * value;
    }
    const mean = sum / pixels.length;
    const deviation = Math.sqrt(Math.max(0, squares / pixels.length - mean * mean));
    this.#means[image] = mean;
    this.#deviations[image] = deviation;
    if (deviation < NEARLY_CONSTANT) this.#nearConstant.push(image);
    if (this.#channels === 3) this.#chromas[image] = chroma(pixels);
    const first = this.#firstOf.get(hash);
    if (first === undefined) {
      this.#firstOf.set(hash, image);
    } else {
      this.#duplicates++;
      const group = this.#groups.get(first);
      if (group) group.push(image);
      else this.#groups.set(first, [first, image]);
    }
  }

  /**
   * @param labels class of each image, the number of classes for none; null without classes
   * @param classes number of classes
   */
  flags(fingerprint: string, labels: ArrayLike<number> | null, classes = 0): Flags {
    const suspicious = [...this.#contradicting(labels, classes), ...this.#unlike()];
    const nearConstant = this.#nearConstant.values();
    return {
      format: 'covae-flags',
      version: 1,
      fingerprint,
      nearConstant: { total: nearConstant.length, images: [...nearConstant.subarray(0, MAX_LISTED)] },
      duplicates: { total: this.#duplicates, groups: this.#listedGroups() },
      suspicious: { total: suspicious.length, images: suspicious.slice(0, MAX_LISTED) },
    };
  }

  #listedGroups(): number[][] {
    const groups: number[][] = [];
    let listed = 0;
    for (const group of this.#groups.values()) {
      if (listed >= MAX_LISTED) break;
      groups.push(group.slice(0, MAX_LISTED - listed));
      listed += group.length;
    }
    return groups;
  }

  /** Images with the same pixels and different classes: one of the labels is wrong. */
  #contradicting(labels: ArrayLike<number> | null, classes: number): { image: number; reason: string }[] {
    if (labels === null) return [];
    return [...this.#groups.values()].flatMap((group) => {
      const labelled = group.filter((image) => labels[image]! < classes);
      const [first = 0] = labelled;
      return labelled
        .filter((image) => labels[image] !== labels[first])
        .map((image) => ({ image, reason: `the same pixels as image ${first}, which is of another class` }));
    });
  }

  #unlike(): { image: number; reason: string }[] {
    const found = [
      ...outliers(this.#means, 'much darker than the others', 'much brighter than the others'),
      // Hardly any contrast is told as nearly constant.
      ...outliers(this.#deviations, null, 'much more contrast than the others'),
    ];
    if (this.#channels === 3) {
      const greyOnes = greyAmongColours(this.#chromas);
      found.push(...greyOnes.map((image) => ({ image, reason: 'grey among coloured images' })));
    }
    return found.sort((a, b) => a.image - b.image);
  }
}

/** Mean of |R − G| + |G − B|. */
function chroma(pixels: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < pixels.length; i += 3) {
    sum += Math.abs(pixels[i]! - pixels[i + 1]!) + Math.abs(pixels[i + 1]! - pixels[i + 2]!);
  }
  return (3 * sum) / pixels.length;
}

/** Values far from the median, measured by the median distance from it. */
function outliers(
  values: Float32Array,
  below: string | null,
  above: string,
): { image: number; reason: string }[] {
  const middle = median(values);
  const spread = 1.4826 * median(values.map((value) => Math.abs(value - middle)));
  const limit = Math.max(UNLIKE_LEVELS, UNLIKE * spread);
  const found: { image: number; reason: string }[] = [];
  values.forEach((value, image) => {
    const reason = value > middle ? above : below;
    if (Math.abs(value - middle) > limit && reason !== null) found.push({ image, reason });
  });
  return found;
}

/** Images without colour where at most one in a hundred has none. */
function greyAmongColours(chromas: Float32Array): number[] {
  const grey: number[] = [];
  chromas.forEach((value, image) => {
    if (value < 0.5) grey.push(image);
  });
  return grey.length <= chromas.length / 100 ? grey : [];
}

function median(values: Float32Array): number {
  const sorted = values.slice().sort();
  return sorted[sorted.length >> 1] ?? 0;
}
