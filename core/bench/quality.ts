/**
 * How good a model's pictures are, by a classifier of real ones: the yardstick of `npm run bench -- --quality`. It judges
 * runs of this program and pictures of any other origin alike.
 */
import { openDataset } from '../data/packed.ts';
import type { Plane } from '../data/import/resample.ts';
import { classBalance, type Classifier, openClassifier } from '../evaluate/classifier/classifier.ts';
import { planesOf, realImages } from '../evaluate/real-images.ts';
import type { Generator, SampleOptions } from '../explore/api.ts';
import { imageErrors } from '../explore/image-error.ts';
import { openGenerator } from '../explore/open-generator.ts';
import { withPrior } from '../explore/prior/fit-prior.ts';
import { SURER, unfittable } from '../explore/prior/fitted-prior.ts';
import { frechetDistance } from '../metrics/frechet.ts';
import { type Moments, momentsOf } from '../metrics/moments.ts';
import { PART } from '../explore/parts.ts';

/** What the classifier says of pictures. */
export interface PicturesJudged {
  /** Share of which it is at least 90 % sure (`SURE` of core/evaluate/classifier/classifier.ts). */
  sure: number;
  /** Half the sum of the differences between their classes' shares and those of the real images: 0 … 1. */
  imbalance: number;
  /** Fréchet distance to the real images over the classifier's 128 features. */
  distance: number;
}

export interface RunJudged {
  step: number;
  /** Of samples in one pass, in two, …, as the paper draws them. */
  passes: PicturesJudged[];
  /** The same with {@link SURER}; null where the model's latents are of another kind. */
  fitted: PicturesJudged[] | null;
  /** Mean squared error of reconstructions of the real images at the smallest t, black 0 and white 1. */
  reconstruction: number;
}

export interface JudgeOptions {
  /** Library, and in it the data set that a classifier was trained on and one of images that it never saw. */
  home: string;
  classifier: string;
  real: string;
  /** Samples for each number of passes; default 1,000. */
  count?: number;
  /** Of the samples; default 7. */
  seed?: number;
  /** Numbers of passes from 1 to this; default 2. */
  passes?: number;
}

/** Real images whose reconstruction is measured. */
const RECONSTRUCTED = 500;

/** A classifier with what it makes of real images. */
export class Judge {
  private constructor(
    private readonly classifier: Classifier,
    private readonly options: Required<JudgeOptions>,
    private readonly images: Plane[],
    private readonly moments: Moments,
    private readonly shares: readonly number[],
    /** Share of the real images that the classifier is sure of: what samples can reach at best. */
    readonly realSure: number,
  ) {}

  /**
   * Looks at the real images.
   *
   * @throws UserError when a data set or its classifier is missing
   */
  static async open(given: JudgeOptions): Promise<Judge> {
    const options = { count: 1000, seed: 7, passes: 2, ...given };
    const classifier = await openClassifier(options.home, options.classifier);
    const dataset = await openDataset(options.home, options.real);
    try {
      const all = await realImages(dataset, 'dataset');
      const images = planesOf(all.read(all.indices));
      const { features, probabilities } = classifier.look(images);
      const { shares, sure } = classBalance(probabilities, classifier.record.classes.length);
      return new Judge(classifier, options, images, momentsOf(features), shares, sure);
    } finally {
      dataset.close();
    }
  }

  /** @param pictures at least two */
  pictures(pictures: readonly Plane[]): PicturesJudged {
    const { features, probabilities } = this.classifier.look(pictures);
    const { sure, shares } = classBalance(probabilities, this.classifier.record.classes.length);
    const differences = shares.map((share, c) => Math.abs(share - this.shares[c]!));
    return {
      sure,
      imbalance: differences.reduce((a, b) => a + b, 0) / 2,
      distance: frechetDistance(momentsOf(features), this.moments),
    };
  }

  /**
   * Draws with the EMA weights of a checkpoint, and reconstructs real images.
   *
   * @param step default: the newest checkpoint
   * @throws UserError when the run or the checkpoint is missing or damaged
   */
  async run(folder: string, step?: number): Promise<RunJudged> {
    const model = await openGenerator(folder, step === undefined ? {} : { step });
    try {
      const fittable = unfittable(model.manifest.config) === null;
      return {
        step: model.step,
        passes: await this.passes(model, {}),
        fitted: fittable ? await this.passes(model, SURER) : null,
        reconstruction: this.reconstruction(model),
      };
    } finally {
      model.dispose();
    }
  }

  dispose(): void {
    this.classifier.dispose();
  }

  /** Samples in one pass, in two, … */
  private async passes(model: Generator, way: Partial<SampleOptions>): Promise<PicturesJudged[]> {
    const { home, count, seed, passes } = this.options;
    const draw = { count, seed, passes: 1, ...way };
    const ready = await withPrior(draw, { home, modelNow: () => model });
    return Array.from({ length: passes }, (_, i) =>
      this.pictures(planesOf(model.sample({ ...ready, passes: i + 1 }))),
    );
  }

  private reconstruction(model: Generator): number {
    const chosen = this.images.slice(0, RECONSTRUCTED);
    let sum = 0;
    for (let start = 0; start < chosen.length; start += PART) {
      const part = chosen.slice(start, start + PART);
      const { height, width, channels } = part[0]!;
      const images = { count: part.length, height, width, channels, data: joined(part) };
      for (const { mse } of imageErrors(images, model.reconstruct(images))) sum += mse;
    }
    return sum / chosen.length;
  }
}

function joined(planes: readonly Plane[]): Uint8Array {
  const size = planes[0]!.data.length;
  const data = new Uint8Array(planes.length * size);
  planes.forEach((plane, i) => data.set(plane.data, i * size));
  return data;
}
