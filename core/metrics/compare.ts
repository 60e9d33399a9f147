/** All measures between two sets of features. */
import { UserError } from '../errors.ts';
import { countOf, plural } from '../words.ts';
import { type Authenticity, authenticity } from './authenticity.ts';
import { bootstrapMean, type Estimate } from './bootstrap.ts';
import { MANIFOLD_NEIGHBOURS } from './config.ts';
import { extrapolatedDistance } from './extrapolated-distance.ts';
import { frechetDistance } from './frechet.ts';
import { centred } from './gram.ts';
import { KERNEL_SUBSET_SIZE, kernelDistance } from './kernel-distance.ts';
import { type Manifolds, manifolds } from './manifolds.ts';
import { mongeDistance } from './mind.ts';
import { type Features, momentsOf, requireFinite } from './moments.ts';
import { nearest, type Nearest } from './nearest.ts';
import { vendiScore } from './vendi.ts';

/** What is measured of samples against reference images. Null: there are too few images for it. */
export interface Measures {
  /** Fréchet distance. */
  fd: number;
  /** The same for infinitely many samples. */
  fdInfinity: number | null;
  kid: Estimate;
  kidStd: number;
  /** Monge Inception distance, over these features. */
  mind: Estimate;
  precision: Estimate | null;
  recall: Estimate | null;
  density: Estimate | null;
  coverage: Estimate | null;
  /** Vendi score of the samples, and of the reference images. */
  vendi: number;
  vendiReference: number;
  /** Share of samples that are no copies of reference images. */
  authenticity: Estimate | null;
  /** Seconds that each measure took. */
  seconds: Record<string, number>;
  /** One sentence each: what to know before numbers are compared. */
  warnings: string[];
}

/** What the measures were made of, image by image. */
export interface ComparisonDetail {
  /** The features, moved so that those of the reference lie around 0. */
  reference: Features;
  samples: Features;
  /** Nearest neighbours among the reference images. */
  among: Nearest;
  /** null: there are too few images. */
  manifolds: Manifolds | null;
  authenticity: Authenticity;
}

/** Fewer samples than this give no line of distances over their number. */
const FEW_TO_EXTRAPOLATE = 100;

/**
 * Measures samples against reference images.
 *
 * @param onPhase told what is measured now
 * @param onDetail given what the measures were made of
 * @throws UserError for fewer than two images on either side; the signal's reason when it is aborted
 */
export async function compareFeatures(
  reference: Features,
  samples: Features,
  {
    seed,
    signal,
    onPhase = () => undefined,
    onDetail,
  }: {
    seed: number;
    signal?: AbortSignal;
    onPhase?: (what: string) => void;
    onDetail?: (detail: ComparisonDetail) => void;
  },
): Promise<Measures> {
  const fewest = Math.min(reference.count, samples.count);
  if (fewest < 2) throw new UserError(tooFew(reference.count, samples.count));
  requireFinite(reference, 'the reference');
  requireFinite(samples, 'the samples');
  const seconds: Record<string, number> = {};
  const timed = async <T>(key: string, what: string, work: () => T | Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    onPhase(what);
    const start = performance.now();
    const result = await work();
    seconds[key] = Math.round(performance.now() - start) / 1000;
    return result;
  };
  const stop = signal && { signal };
  const moments = await timed('moments', 'Mean and covariance', () => momentsOf(reference));
  // The distance of all samples is the last of those that are followed to infinity.
  const { fd, fdInfinity } = await timed('fd', 'Fréchet distance', async () => {
    if (samples.count < FEW_TO_EXTRAPOLATE) {
      return { fd: frechetDistance(momentsOf(samples), moments), fdInfinity: null };
    }
    const { value, distances } = await extrapolatedDistance(samples, moments, { seed, ...stop });
    return { fd: distances.at(-1)!, fdInfinity: value };
  });
  const kid = await timed('kid', 'Kernel distance', () =>
    kernelDistance(reference, samples, { seed, ...stop }),
  );
  const [around, samplesAround] = centred([reference, samples]) as [Features, Features];
  const mind = await timed('mind', 'Monge Inception distance', () =>
    mongeDistance(around, samplesAround, { seed, ...stop }),
  );
  const among = await timed('neighbours', 'Nearest neighbours', () =>
    nearest(around, around, { k: MANIFOLD_NEIGHBOURS, areSame: true, ...stop }),
  );
  const found =
    fewest <= MANIFOLD_NEIGHBOURS
      ? null
      : await timed('precision', 'Precision, recall, density and coverage', () =>
          manifolds(around, samplesAround, { among, ...stop }),
        );
  const own = await timed('authenticity', 'Authenticity', () =>
    authenticity(around, samplesAround, { among, ...stop }),
  );
  onDetail?.({ reference: around, samples: samplesAround, among, manifolds: found, authenticity: own });
  const [vendi, vendiReference] = await timed('vendi', 'Vendi score', () => [
    vendiScore(samples),
    vendiScore(reference),
  ]);
  const estimate = (values: Float64Array | undefined): Estimate | null =>
    values === undefined ? null : bootstrapMean(values, seed);
  return {
    ...{ fd, fdInfinity, kid: { mean: kid.mean, low: kid.low, high: kid.high }, kidStd: kid.std, mind },
    precision: estimate(found?.precision),
    recall: estimate(found?.recall),
    density: estimate(found?.density),
    coverage: estimate(found?.coverage),
    ...{ vendi: vendi!, vendiReference: vendiReference! },
    authenticity: estimate(own.authentic),
    seconds,
    warnings: warningsFor(reference, samples, kid.subsetSize),
  };
}

function tooFew(reference: number, samples: number): string {
  const [side, count] = reference < 2 ? ['reference', reference] : ['samples', samples];
  return `Each side needs at least 2 images to be compared, and there ${count === 1 ? 'is only 1' : 'are none'} on the side of the ${side}.`;
}

function warningsFor(reference: Features, samples: Features, subsetSize: number): string[] {
  const { size } = reference;
  const fewest = Math.min(reference.count, samples.count);
  const warnings: string[] = [];
  if (fewest <= size) {
    warnings.push(
      `${countOf(fewest, 'image')} ${plural(fewest, 'is', 'are')} too few for a Fréchet distance over ${countOf(size, 'feature')}; hold it only against others of equally many images.`,
    );
  }
  if (samples.count < FEW_TO_EXTRAPOLATE) {
    warnings.push(
      `A Fréchet distance for infinitely many samples needs at least ${FEW_TO_EXTRAPOLATE} samples.`,
    );
  }
  if (subsetSize < KERNEL_SUBSET_SIZE) {
    warnings.push(
      `The kernel distance is of subsets of ${countOf(subsetSize, 'image')}, where published ones are of 1,000.`,
    );
  }
  if (fewest <= MANIFOLD_NEIGHBOURS) {
    warnings.push(
      `Precision, recall, density and coverage need more than ${MANIFOLD_NEIGHBOURS} images on each side.`,
    );
  }
  return warnings;
}
