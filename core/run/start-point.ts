/** What a training starts from, as a person says it and as a run notes it down. Loads no tensors. */
import * as v from 'valibot';

const step = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Weights to start from: those of a run of the library, of a starting point that comes with the program, or of a file. */
export const StartPointSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('run'),
    id: v.string(),
    /** Default: the newest. */
    checkpoint: v.exactOptional(v.union([v.literal('best'), step])),
  }),
  v.strictObject({ kind: v.literal('starter'), name: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/)) }),
  v.strictObject({ kind: v.literal('file'), file: v.pipe(v.string(), v.minLength(1)) }),
]);

export type StartPoint = v.InferOutput<typeof StartPointSchema>;

/** Where the weights came from that a run began with, as `run.json` has it. */
export const OriginSchema = v.strictObject({
  kind: v.picklist(['run', 'starter', 'file']),
  /** Id of the run, name of the starting point, path of the file. */
  name: v.string(),
  /** Of the checkpoint; null for a file that does not say. */
  step: v.nullable(step),
  /** `sha256:` and the hash of the file with the weights. */
  hash: v.string(),
  /** Tensors that were taken, of so many that the networks have. */
  taken: v.pipe(v.number(), v.integer(), v.minValue(1)),
  tensors: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Names of those that were not, which began anew. */
  fresh: v.array(v.string()),
});

export type Origin = v.InferOutput<typeof OriginSchema>;

/** What the run began with, in few words: `the starting point digits`, `step 400 of flowers-tiny-ab12cd`. */
export function originWords({ kind, name, step: at }: Pick<Origin, 'kind' | 'name' | 'step'>): string {
  if (kind === 'starter') return `the starting point ${name}`;
  const of = kind === 'run' ? name : `the file ${name}`;
  return at === null ? of : `step ${at} of ${of}`;
}
