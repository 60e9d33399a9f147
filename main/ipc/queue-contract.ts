/** The part of the contract that is about trainings that wait: the queue, and sweeps that fill it. */
import * as v from 'valibot';
import { SettingsSchema } from '../../core/config/settings.ts';
import { NameSchema } from '../../core/data/dataset.ts';
import { FreeNameSchema } from '../../core/names.ts';
import { runId, seed, TrainingCalls } from './training-contract.ts';

const nothing = v.strictObject({});
const runIds = v.pipe(v.array(runId), v.minLength(1), v.maxLength(500));

/** What waits, in its order; a run that is being trained from it is its first without a problem. */
export const QueueViewSchema = v.strictObject({
  paused: v.boolean(),
  /** `problem`: why it did not come to its end; the others went on. */
  entries: v.array(v.strictObject({ runId: v.string(), problem: v.nullable(v.string()) })),
});

export type QueueView = v.InferOutput<typeof QueueViewSchema>;

const varied = v.union([
  v.strictObject({ key: v.pipe(v.string(), v.maxLength(64)), values: v.array(v.unknown()) }),
  v.strictObject({ key: v.pipe(v.string(), v.maxLength(64)), from: v.number(), to: v.number() }),
]);

const sweep = {
  name: FreeNameSchema,
  dataset: NameSchema,
  /** Settings that all of them have. */
  settings: SettingsSchema,
  vary: v.pipe(v.array(varied), v.maxLength(20)),
  seeds: v.pipe(v.array(seed), v.minLength(1), v.maxLength(100)),
  /** So many combinations by chance in place of all of them. */
  random: v.optional(
    v.strictObject({ count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200)), seed }),
  ),
};

/** A sweep as the window asks for it; the preset by its name. */
export const SweepOrderSchema = v.strictObject({
  ...sweep,
  preset: v.pipe(v.string(), v.maxLength(200)),
});

/** The entries of a sweep but for its preset, for the trainer. */
export const sweepEntries = sweep;

export const PlannedSweepSchema = v.strictObject({
  runs: v.array(v.strictObject({ settings: SettingsSchema, seed: v.number(), name: v.string() })),
  /** Seconds of all trainings together; null where a step of this kind was never measured here. */
  seconds: v.nullable(v.number()),
});

/** Calls: channel → {params, result}. */
export const QueueCalls = {
  'queue.get': { params: nothing, result: QueueViewSchema },
  'queue.add': { params: v.strictObject({ runIds }), result: nothing },
  'queue.remove': { params: v.strictObject({ runId }), result: nothing },
  /** @param to its new place, 0 for the first */
  'queue.move': {
    params: v.strictObject({ runId, to: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
    result: nothing,
  },
  'queue.pause': { params: v.strictObject({ paused: v.boolean() }), result: nothing },
  /** Queues runs once more: one that is not at its end goes on, of others one like it with another seed is made. */
  'queue.again': { params: v.strictObject({ runIds }), result: nothing },
  /** Makes the run of a planned training, and queues it. */
  'queue.plan': TrainingCalls['training.start'],
  /** The runs of a sweep and how long they take; nothing is made. */
  'sweep.plan': { params: SweepOrderSchema, result: PlannedSweepSchema },
  /** Makes and queues them. */
  'sweep.make': { params: SweepOrderSchema, result: v.strictObject({ runIds: v.array(v.string()) }) },
} as const;

export const QueueEvents = {
  'queue.changed': QueueViewSchema,
  /** Two or more runs that waited have been trained, one after the other, and none waits any more. */
  'queue.ended': v.strictObject({ trained: v.number(), failed: v.number() }),
  /** No run of a sweep waits any more. */
  'sweep.done': v.strictObject({ name: v.string(), runIds: v.array(v.string()) }),
} as const;
