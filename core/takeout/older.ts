/** Single pictures of a draw, of `covae sample --singles` and of the window, and whatever of that kind names no command. */
import * as v from 'valibot';
import { parseTimePoints } from '../explore/time-point.ts';
import { GRID_MARGIN } from '../export/grid.ts';
import { type ExportOrder, MAX_SCALE } from './order.ts';

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const common = {
  run: v.string(),
  step: whole,
  weights: v.optional(v.picklist(['ema', 'raw'])),
  label: v.optional(whole),
  guidance: v.optional(v.number()),
};

const OlderSchema = v.variant('kind', [
  v.object({
    kind: v.literal('samples'),
    ...common,
    seed: whole,
    count: v.pipe(whole, v.minValue(1)),
    passes: v.pipe(whole, v.minValue(1)),
    start: v.optional(whole),
    temperature: v.optional(v.number()),
    reencodeAt: v.optional(v.string()),
    /** Of a picture alone: its place in the draw. */
    index: v.optional(whole),
    /** The model learned while it drew: such a draw does not come again. */
    lastStep: v.optional(v.undefined()),
  }),
  v.object({
    kind: v.literal('interpolation'),
    ...common,
    from: v.optional(whole),
    to: v.optional(whole),
    // As the window has called them.
    a: v.optional(whole),
    b: v.optional(whole),
    frames: v.pipe(whole, v.minValue(2)),
    at: v.optional(v.string()),
  }),
]);

export interface OlderExport {
  run: string;
  order: ExportOrder;
  /** Place of the picture in its draw; null for a whole grid. */
  place: number | null;
}

/**
 * The export that gives such a picture again.
 *
 * @param picture its width in pixels, and the side of an image of the run
 * @returns null where the text is not of such a picture, or of one that does not come again
 */
export function olderExport(
  origin: unknown,
  { width, side }: { width: number; side: number },
): OlderExport | null {
  const read = v.safeParse(OlderSchema, origin);
  if (!read.success) return null;
  const { run, step, weights, label, guidance } = read.output;
  const shared = {
    ...({ as: 'grid', step, provenance: true } as const),
    ...(weights === 'raw' && { weights }),
    ...(label !== undefined && { label: String(label) }),
    ...(guidance !== undefined && { guidance }),
  };
  if (read.output.kind === 'interpolation') {
    const { from, to, a, b, frames, at } = read.output;
    const columns = frames;
    const scale = scaleOf(width, side, columns);
    const places = at === undefined ? undefined : parseTimePoints(at);
    const ends = { from: from ?? a, to: to ?? b };
    if (scale === null || places === null || ends.from === undefined || ends.to === undefined) return null;
    return {
      run,
      place: null,
      order: {
        ...{ what: 'path', ...shared, from: ends.from, to: ends.to, count: frames, columns, scale },
        ...(places !== undefined && { at: places }),
      },
    };
  }
  const { seed, count, passes, start, temperature, reencodeAt, index } = read.output;
  const places = reencodeAt === undefined ? undefined : parseTimePoints(reencodeAt);
  const alone = index !== undefined;
  const scale = alone ? Math.round(width / side) : scaleOf(width, side, Math.ceil(Math.sqrt(count)));
  if (scale === null || places === null || scale < 1 || scale > MAX_SCALE) return null;
  return {
    run,
    place: index ?? null,
    order: {
      ...{ what: 'samples', ...shared, seed, count, passes, scale },
      ...(start !== undefined && { start }),
      ...(temperature !== undefined && { temperature }),
      ...(places !== undefined && { at: places }),
    },
  };
}

/** How much a grid of so many columns was enlarged; null when it is none of ours. */
function scaleOf(width: number, side: number, columns: number): number | null {
  const scale = ((width - GRID_MARGIN) / columns - GRID_MARGIN) / side;
  return Number.isInteger(scale) && scale >= 1 && scale <= MAX_SCALE ? scale : null;
}
