/** What the window asks of latent space: pictures of views, latents to keep, neighbours, directions, files. */
import * as v from 'valibot';
import { DirectionOrderSchema } from '../../core/explore/directions/direction-order.ts';
import { DirectionFactsSchema } from '../../core/explore/directions/direction-facts.ts';
import { KeyPointSchema } from '../../core/explore/points/point.ts';
import { LookSchema, ViewSchema } from '../../core/explore/view.ts';
import { MAX_SAVED, SavedThingSchema } from '../../core/explore/saved/saved-thing.ts';
import { MapOrderSchema } from '../../core/explore/map/map-order.ts';
import { NameSchema } from '../../core/names.ts';
import { ImagesSchema } from './datasets-contract.ts';
import { runId } from './training-contract.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const nothing = v.strictObject({});
/** The checkpoint that draws: the best one, or that of a step; when left out, the newest or the model in training. */
const checkpoint = v.optional(v.union([v.literal('best'), count]));
const { format: _, version: __, ...facts } = DirectionFactsSchema.entries;
const DirectionSchema = v.object(facts);
const { name: ___, ...keptFacts } = facts;
const floats = v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1), v.maxLength(4_000_000));
const someIndices = v.pipe(v.array(count), v.minLength(1), v.maxLength(100_000));
const point = { runId, checkpoint, of: KeyPointSchema, look: LookSchema };

const viewParams = v.strictObject({ runId, checkpoint, view: ViewSchema, look: LookSchema });

/** A run and one of its checkpoints; without a step the newest. */
const row = v.strictObject({ runId, step: v.nullable(count) });
const comparedParams = {
  rows: v.pipe(v.array(row), v.minLength(1), v.maxLength(64)),
  view: ViewSchema,
  look: LookSchema,
  columns: v.optional(v.pipe(count, v.minValue(1), v.maxValue(64))),
};

export const ExploreCalls = {
  /** Indices of the images whose encodings are nearest; the first time a data set is encoded, told by `explore.progress`. */
  'explore.neighbours': {
    params: v.strictObject({ ...point, count: v.pipe(count, v.minValue(1), v.maxValue(100)) }),
    result: v.array(v.strictObject({ index: count, distance: v.number() })),
  },
  /** A point's latent, to be kept: what it comes to at the look's time. */
  'explore.latent': {
    params: v.strictObject(point),
    result: v.strictObject({
      values: v.array(v.number()),
      shape: v.array(v.number()),
      t: v.number(),
      step: v.number(),
    }),
  },
  'explore.directions': {
    params: v.strictObject({ runId }),
    result: v.strictObject({ directions: v.array(DirectionSchema), problems: v.array(v.string()) }),
  },
  'explore.makeDirections': {
    params: v.strictObject({ runId, checkpoint, order: DirectionOrderSchema }),
    result: v.strictObject({
      directions: v.array(DirectionSchema),
      activeDimensions: v.number(),
      dimensions: v.number(),
    }),
  },
  'explore.removeDirection': {
    params: v.strictObject({ runId, name: v.pipe(v.string(), v.maxLength(64)) }),
    result: nothing,
  },
  /** A direction with its values, to be kept. */
  'explore.direction': {
    params: v.strictObject({ runId, name: NameSchema }),
    result: v.strictObject({ ...facts, values: v.array(v.number()) }),
  },
  /** Puts a kept direction into a run's folder; fails where there is one of that name, or latents have another shape. */
  'explore.addDirection': {
    params: v.strictObject({
      runId,
      name: NameSchema,
      direction: v.strictObject({ ...keptFacts, values: floats }),
    }),
    result: nothing,
  },
  /** Native save dialog, then writes things as JSON, and their numbers as safetensors beside it; null when cancelled. */
  'explore.exportSaved': {
    params: v.strictObject({
      name: v.pipe(v.string(), v.maxLength(100)),
      things: v.pipe(v.array(SavedThingSchema), v.minLength(1), v.maxLength(MAX_SAVED)),
    }),
    result: v.nullable(v.strictObject({ files: v.array(v.string()) })),
  },
  /** Native dialog, then reads things that were exported, or latents or a direction of the command line; null when cancelled. */
  'explore.importSaved': {
    params: nothing,
    result: v.nullable(
      v.strictObject({
        file: v.string(),
        things: v.array(SavedThingSchema),
        problems: v.array(v.string()),
      }),
    ),
  },
  /** Lays images of the data set out in the plane, told by `explore.mapping`. */
  'explore.map': {
    params: v.strictObject({ runId, checkpoint, order: MapOrderSchema }),
    result: v.strictObject({
      indices: v.array(count),
      labels: v.array(v.nullable(count)),
      classes: v.array(v.string()),
      t: v.array(v.number()),
      positions: v.array(v.number()),
    }),
  },
  /** Makes a data set of some images of the run's. */
  'explore.subset': {
    params: v.strictObject({ runId, name: NameSchema, indices: someIndices }),
    result: v.strictObject({ name: v.string(), count }),
  },
  /** Native save dialog, then writes numbers, classes and names of images as a table (CSV); null when cancelled. */
  'explore.saveNames': {
    params: v.strictObject({ runId, indices: someIndices }),
    result: v.nullable(v.strictObject({ path: v.string() })),
  },
  /** Native save dialog, then writes a view through several checkpoints or runs: below one another, or as a film; null when cancelled. */
  'explore.exportCompared': {
    params: v.strictObject({ ...comparedParams, as: v.picklist(['grid', 'gif', 'webp']) }),
    result: v.nullable(v.strictObject({ path: v.string() })),
  },
  /** Native save dialog, then writes the view; null when cancelled. */
  'explore.export': {
    params: v.strictObject({
      ...viewParams.entries,
      as: v.picklist(['grid', 'gif', 'webp']),
      columns: v.optional(v.pipe(count, v.minValue(1), v.maxValue(64))),
    }),
    result: v.nullable(v.strictObject({ path: v.string() })),
  },
} as const;

export const ExplorePixelCalls = {
  'explore.draw': { params: viewParams, result: ImagesSchema },
} as const;

export const ExploreEvents = {
  /** How far a data set is encoded. */
  'explore.progress': v.strictObject({ runId: v.string(), done: count, total: count }),
  /** How far a map is. */
  'explore.mapping': v.strictObject({
    runId: v.string(),
    phase: v.picklist(['encoding', 'mapping']),
    done: count,
    total: count,
  }),
} as const;
