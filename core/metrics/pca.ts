/** Principal components, by ml-pca. */
import { PCA } from 'ml-pca';
import type { Points } from './distances.ts';

/** Above this many dimensions components are found one by one instead of all at once, which takes too long there. */
const MAX_SVD_SIZE = 512;

export interface PrincipalComponents {
  /** Coordinates of the points along the components, count × components. */
  scores: Float64Array;
  /** Share of the whole variance along each component. */
  explained: number[];
  /** Direction of each component, of length 1: components × size. Zeros where the points have no directions. */
  directions: Float64Array;
}

/**
 * Projects points onto their first principal components. Of the two directions of a component that one is taken in
 * which its largest weight is positive, as scikit-learn does.
 *
 * @param components at most the number of dimensions
 * @throws RangeError for fewer than two points or more components than dimensions
 */
export function principalComponents(points: Points, components = 2): PrincipalComponents {
  const { count, size, values } = points;
  if (count < 2 || components < 1 || components > size) {
    throw new RangeError(`${count} points of ${size} dimensions have no ${components} principal components`);
  }
  const rows = Array.from({ length: count }, (_, i) =>
    Array.from({ length: size }, (__, k) => values[i * size + k]!),
  );
  const total = variance(rows, size);
  const scores = new Float64Array(count * components);
  // Points that all coincide have no directions.
  const directions = new Float64Array(components * size);
  if (total === 0) return { scores, explained: new Array<number>(components).fill(0), directions };
  const pca = new PCA(
    rows,
    size > MAX_SVD_SIZE ? { method: 'NIPALS', nCompNIPALS: components } : { method: 'SVD' },
  );
  const loadings = pca.getEigenvectors().to2DArray();
  const projected = pca.predict(rows, { nComponents: components }).to2DArray();
  const explained: number[] = [];
  for (let c = 0; c < components; c++) {
    let largest = 0;
    for (const row of loadings) if (Math.abs(row[c] ?? 0) > Math.abs(largest)) largest = row[c] ?? 0;
    const sign = largest < 0 ? -1 : 1;
    for (let k = 0; k < size; k++) directions[c * size + k] = sign * (loadings[k]?.[c] ?? 0);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      // Fewer points than components: there is nothing along the rest.
      const score = sign * (projected[i]?.[c] ?? 0);
      scores[i * components + c] = score;
      sum += score * score;
    }
    explained.push(sum / total);
  }
  return { scores, explained, directions };
}

/** Sum over all points of their squared distance to the mean. */
function variance(rows: readonly number[][], size: number): number {
  let total = 0;
  for (let k = 0; k < size; k++) {
    let mean = 0;
    for (const row of rows) mean += row[k]! / rows.length;
    for (const row of rows) total += (row[k]! - mean) ** 2;
  }
  return total;
}
