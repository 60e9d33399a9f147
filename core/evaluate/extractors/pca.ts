/** Principal components of the reference's pixels: a quick look without a network. */
import { createHash } from 'node:crypto';
import { PCA } from 'ml-pca';
import { inChannels } from '../../data/import/prepare.ts';
import { type Plane, resampleBilinear } from '../../data/import/resample.ts';
import { UserError } from '../../errors.ts';
import { countOf } from '../../words.ts';
import type { Extractor } from './extractor.ts';

/** Components at most; fewer of small or few images. */
const COMPONENTS = 64;
/** Images that the components are found from, the first of those given. */
export const PCA_IMAGES = 2_000;
/** Larger images are brought to this side first: components of more values take too long to find. */
const LARGEST_SIDE = 24;

/**
 * Fits the extractor to images of the reference: their mean, and the directions in which they vary most (Pearson 1901), each
 * with the sign that makes its largest weight positive.
 *
 * @param reference the first {@link PCA_IMAGES} of it are used
 * @throws UserError for fewer than two images
 */
export function pcaExtractor(reference: readonly Plane[]): Extractor {
  const used = reference.slice(0, PCA_IMAGES);
  const [first] = used;
  if (first === undefined || used.length < 2) {
    throw new UserError(
      `Principal components need at least 2 images of the reference, and there ${used.length === 1 ? 'is 1' : 'are none'}.`,
    );
  }
  const side = Math.min(LARGEST_SIDE, Math.max(first.height, first.width));
  const channels = used.every((image) => image.channels === 1) ? 1 : 3;
  const values = (image: Plane): Float64Array => {
    const sized = image.height === side && image.width === side ? image : resampleBilinear(image, side, side);
    return Float64Array.from(inChannels(sized, channels).data, (value) => value / 255);
  };
  const rows = used.map((image) => Array.from(values(image)));
  const { mean, directions } = components(rows);
  const size = directions.length;
  const digest = createHash('sha256');
  for (const part of [mean, ...directions]) digest.update(Float32Array.from(part));
  return {
    name: 'pca',
    distanceName: 'FD-PCA',
    size,
    rule:
      `The first ${countOf(size, 'principal component')} of the pixels of ${countOf(used.length, 'image')} of the reference, at ` +
      `${side} × ${side} pixels${channels === 3 ? ' in colour' : ''}, bilinear with antialiasing, from 0 to 1.`,
    hash: `pca-${side}x${side}x${channels}-${digest.digest('hex').slice(0, 16)}`,
    extract(images) {
      const scores = new Float32Array(images.length * size);
      images.forEach((image, i) => {
        const pixels = values(image);
        directions.forEach((direction, c) => {
          let sum = 0;
          for (let k = 0; k < direction.length; k++) sum += direction[k]! * (pixels[k]! - mean[k]!);
          scores[i * size + c] = sum;
        });
      });
      return { count: images.length, size, values: scores };
    },
    dispose: () => undefined,
  };
}

function components(rows: number[][]): { mean: Float64Array; directions: Float64Array[] } {
  const length = rows[0]!.length;
  const mean = new Float64Array(length);
  for (const row of rows) row.forEach((value, k) => (mean[k]! += value / rows.length));
  const count = Math.min(COMPONENTS, length, rows.length - 1);
  if (rows.every((row) => row.every((value, k) => Math.abs(value - mean[k]!) < 1e-12))) {
    throw new UserError('All images of the reference are the same, so there are no principal components.');
  }
  const vectors = new PCA(rows, { method: 'covarianceMatrix' }).getEigenvectors();
  const directions = Array.from({ length: count }, (_, c) => {
    const direction = Float64Array.from({ length }, (__, k) => vectors.get(k, c));
    let largest = 0;
    for (const weight of direction) if (Math.abs(weight) > Math.abs(largest)) largest = weight;
    return largest < 0 ? direction.map((weight) => -weight) : direction;
  });
  return { mean, directions };
}
