/** What a map is asked for with. */
import * as v from 'valibot';
import { MAX_TSNE_POINTS } from '../../metrics/config.ts';
import { TimePointSchema } from '../time-point.ts';

export const MapMethodSchema = v.picklist(['pca', 'tsne', 'umap']);
export type MapMethod = v.InferOutput<typeof MapMethodSchema>;
export const MAP_METHODS = MapMethodSchema.options;
export const MAP_TITLES: Readonly<Record<MapMethod, string>> = {
  pca: 'PCA',
  tsne: 't-SNE',
  umap: 'UMAP',
};

/** Points that each method lays out at most; beyond, t-SNE's distances and UMAP's search for neighbours take too long. */
export const MAP_LIMITS: Readonly<Record<MapMethod, number>> = {
  pca: 100_000,
  tsne: MAX_TSNE_POINTS,
  umap: 10_000,
};

const index = v.pipe(v.number(), v.integer(), v.minValue(0));

export const MapOrderSchema = v.strictObject({
  method: MapMethodSchema,
  /** So many images, evenly spread over the data set; default: 500. */
  count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(100_000))),
  /** Or just these. */
  indices: v.optional(v.pipe(v.array(index), v.maxLength(100_000))),
  /** Where they are encoded; default: the middle of the time steps. */
  times: v.optional(v.pipe(v.array(TimePointSchema), v.minLength(1), v.maxLength(64))),
  seed: v.pipe(index, v.maxValue(0xffffffff)),
  weights: v.optional(v.picklist(['ema', 'raw'])),
});
export type MapOrder = v.InferOutput<typeof MapOrderSchema>;
