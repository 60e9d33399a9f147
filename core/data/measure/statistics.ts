/** Statistics of a data set's values. */
import * as v from 'valibot';

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

/** `statistics.json`. */
export const StatisticsSchema = v.strictObject({
  format: v.literal('covae-statistics'),
  version: v.literal(1),
  /** Of the pixels that were measured. */
  fingerprint: v.string(),
  /** For each channel the number of pixels of each value, 0 to 255. */
  histogram: v.array(v.pipe(v.array(whole), v.length(256))),
  /** Number of images of each class, without those that have none; null without classes. */
  classCounts: v.nullable(v.array(whole)),
  /** Base64 of the mean of all images: height × width × channels bytes, rounded. */
  meanImage: v.string(),
});

export type Statistics = v.InferOutput<typeof StatisticsSchema>;

export class StatisticsMeter {
  /** Of all channels, one after another. */
  readonly #histogram: Float64Array;
  readonly #sums: Float64Array;
  readonly #channels: number;
  readonly #classCounts: number[] | null;
  #count = 0;

  /** @param values of an image; @param classes number of classes, 0 for none */
  constructor(values: number, channels: 1 | 3, classes: number) {
    this.#channels = channels;
    this.#histogram = new Float64Array(256 * channels);
    this.#sums = new Float64Array(values);
    this.#classCounts = classes === 0 ? null : new Array<number>(classes).fill(0);
  }

  /** @param label the image's class; the number of classes for none */
  add(pixels: Uint8Array, label: number): void {
    const sums = this.#sums;
    const bins = this.#histogram;
    const end = 256 * this.#channels;
    for (let i = 0, channel = 0; i < pixels.length; i++) {
      const value = pixels[i]!;
      sums[i]! += value;
      bins[channel + value]!++;
      channel += 256;
      if (channel === end) channel = 0;
    }
    if (this.#classCounts && label < this.#classCounts.length) this.#classCounts[label]!++;
    this.#count++;
  }

  statistics(fingerprint: string): Statistics {
    const mean = Uint8Array.from(this.#sums, (sum) => Math.round(sum / this.#count));
    return {
      format: 'covae-statistics',
      version: 1,
      fingerprint,
      histogram: Array.from({ length: this.#channels }, (_, channel) => [
        ...this.#histogram.subarray(256 * channel, 256 * (channel + 1)),
      ]),
      classCounts: this.#classCounts,
      meanImage: Buffer.from(mean).toString('base64'),
    };
  }
}

/** Mean and standard deviation of each channel, from whole numbers and so without loss. */
export function moments({ histogram }: Pick<Statistics, 'histogram'>): { mean: number[]; std: number[] } {
  const all = histogram.map((bins) => {
    const count = bins.reduce((sum, n) => sum + n, 0);
    const mean = bins.reduce((sum, n, value) => sum + n * value, 0) / count;
    const variance = bins.reduce((sum, n, value) => sum + n * (value - mean) ** 2, 0) / count;
    return { mean, std: Math.sqrt(variance) };
  });
  return { mean: all.map(({ mean }) => mean), std: all.map(({ std }) => std) };
}
