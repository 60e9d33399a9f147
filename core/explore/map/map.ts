/** Encodings in two dimensions: principal components, t-SNE or UMAP. */
import { setImmediate as turn } from 'node:timers/promises';
import { UMAP } from 'umap-js';
import { UserError } from '../../errors.ts';
import type { Features } from '../../metrics/moments.ts';
import { principalComponents } from '../../metrics/pca.ts';
import { tsne } from '../../metrics/tsne.ts';
import { uniformFloats } from '../../tensor/noise.ts';
import { streamSeed } from '../../tensor/stream-seed.ts';
import { countOf } from '../../words.ts';
import { MAP_LIMITS, MAP_TITLES, type MapMethod } from './map-order.ts';

export interface MapOptions {
  method: MapMethod;
  /** The same seed gives the same map. */
  seed: number;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Refuses more points than a method lays out, before anything is computed. @throws UserError */
export function checkMap(count: number, method: MapMethod): void {
  const least = method === 'pca' ? 2 : 8;
  const most = method === 'pca' ? Infinity : MAP_LIMITS[method];
  if (count < least) {
    throw new UserError(
      `${MAP_TITLES[method]} takes ${countOf(least, 'point')} or more, not ${count}; choose more images.`,
    );
  }
  if (count > most) {
    throw new UserError(
      `${MAP_TITLES[method]} lays out up to ${countOf(most, 'point')}, not ${count.toLocaleString('en-US')}; choose fewer images or times.`,
    );
  }
}

/**
 * Lays encodings out in the plane.
 *
 * @returns count × 2
 * @throws UserError for too few points or too many; the signal's reason when aborted
 */
export async function mapPoints(points: Features, options: MapOptions): Promise<Float64Array> {
  const { method, seed, signal, onProgress } = options;
  const { count, size } = points;
  checkMap(count, method);
  signal?.throwIfAborted();
  if (method === 'pca') {
    const axes = Math.min(2, size);
    const { scores } = principalComponents(points, axes);
    if (axes === 2) return scores;
    const placed = new Float64Array(2 * count);
    scores.forEach((score, i) => (placed[2 * i] = score));
    return placed;
  }
  if (method === 'tsne') {
    const perplexity = Math.max(1, Math.min(30, (count - 1) / 3));
    const asked = { perplexity, seed, ...(signal && { signal }), ...(onProgress && { onProgress }) };
    return (await tsne(points, asked)).positions;
  }
  return umap(points, options);
}

/** UMAP (McInnes et al. 2018) with its usual settings, by umap-js; its numbers are drawn by the seed. */
async function umap(points: Features, { seed, signal, onProgress }: MapOptions): Promise<Float64Array> {
  const { count, size, values } = points;
  const rows = Array.from({ length: count }, (_, row) =>
    Array.from(values.subarray(row * size, (row + 1) * size)),
  );
  const layout = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(15, count - 1),
    minDist: 0.1,
    random: stream(seed),
  });
  const epochs = layout.initializeFit(rows);
  for (let epoch = 0; epoch < epochs; epoch++) {
    layout.step();
    await turn();
    signal?.throwIfAborted();
    onProgress?.(epoch + 1, epochs);
  }
  const placed = new Float64Array(2 * count);
  layout.getEmbedding().forEach(([x = 0, y = 0], i) => placed.set([x, y], 2 * i));
  return placed;
}

/** Numbers in [0, 1), one after the other. */
function stream(seed: number): () => number {
  const BLOCK = 4096;
  let block = 0;
  let at = BLOCK;
  let numbers: Float32Array = new Float32Array();
  return () => {
    if (at === BLOCK) {
      numbers = uniformFloats(streamSeed(seed, 'umap', block++), BLOCK);
      at = 0;
    }
    return numbers[at++]!;
  };
}
