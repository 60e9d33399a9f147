/** What an evaluation on the way found, and the best checkpoint; apart, so that the window can know them. */
import * as v from 'valibot';
import { BEST_MEASURES } from '../config/model.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** How near some images come to the training images. */
const NearnessSchema = v.strictObject({
  images: count,
  /** Share of them that are no copies, as AuthPct counts it. */
  authentic: share,
  /** Share of them that are nearer to a training image than half of its distance to its own nearest neighbour. */
  close: share,
});

/** How near some images come to the training images. */
export type Nearness = v.InferOutput<typeof NearnessSchema>;

const CopiesSchema = v.strictObject({
  /** Training images that were looked at, of so many that there are. */
  looked: count,
  training: count,
  samples: NearnessSchema,
  /** The same of images held out of training; null where there are too few. */
  heldOut: v.nullable(NearnessSchema),
  /** Share of samples whose nearest image among equally many training and held-out ones is a training image. */
  nearer: v.nullable(share),
});

export type Copies = v.InferOutput<typeof CopiesSchema>;

/** One line of `runs/<id>/evaluations.jsonl`: a small evaluation of the EMA weights of a step, always of the same noise. */
export const EvaluationLineSchema = v.strictObject({
  step: count,
  extractor: v.string(),
  /** What the Fréchet distance over its features is called. */
  distanceName: v.string(),
  /** Samples for each number of passes, and training images they are compared with. */
  count,
  reference: count,
  /** Fréchet distance after one pass, and after two; null for models of one pass. */
  fd1: v.number(),
  fd2: v.nullable(v.number()),
  /** Mean squared error of reconstructions at the smallest t, black 0 and white 1; of which images, and how many. */
  reconstruction: v.number(),
  reconstructed: v.strictObject({ kind: v.picklist(['train', 'holdout']), count }),
  /** null where there are too few images to say anything. */
  copies: v.nullable(CopiesSchema),
  /** The number by which a checkpoint of this run is the best. */
  measure: v.picklist(BEST_MEASURES),
  seconds: v.number(),
});

export type EvaluationLine = v.InferOutput<typeof EvaluationLineSchema>;

export const BestCheckpointSchema = v.strictObject({
  step: count,
  measure: v.picklist(BEST_MEASURES),
  /** Less is better. */
  value: v.number(),
});

/** The best checkpoint of a run. */
export type BestCheckpoint = v.InferOutput<typeof BestCheckpointSchema>;

/** The number by which a checkpoint is the best; null where the model has none of it. */
export function valueOf(line: EvaluationLine): number | null {
  return { 'fd-1-pass': line.fd1, 'fd-2-passes': line.fd2, reconstruction: line.reconstruction }[
    line.measure
  ];
}

/**
 * The best of some evaluations, the earliest where several are alike. Only those count that can be compared with the
 * last one: of the same measure, features and number of images.
 *
 * @param has whether there is a checkpoint of a step
 */
export function bestOf(
  lines: readonly EvaluationLine[],
  has: (step: number) => boolean,
): BestCheckpoint | null {
  const last = lines.at(-1);
  let best: BestCheckpoint | null = null;
  for (const line of lines) {
    const value = valueOf(line);
    if (last === undefined || value === null || !has(line.step) || !isLike(line, last)) continue;
    if (best === null || value < best.value) best = { step: line.step, measure: line.measure, value };
  }
  return best;
}

function isLike(a: EvaluationLine, b: EvaluationLine): boolean {
  return (
    a.measure === b.measure &&
    a.extractor === b.extractor &&
    a.count === b.count &&
    a.reference === b.reference &&
    a.reconstructed.kind === b.reconstructed.kind &&
    a.reconstructed.count === b.reconstructed.count
  );
}
