/** Where on a way its frames lie: evenly, eased, or so that each differs from the one before by as much. */
import * as v from 'valibot';

/** `ends`: gentle at both ends of the whole way; `points`: at each key point. */
export const EasingSchema = v.picklist(['none', 'ends', 'points']);
export type Easing = v.InferOutput<typeof EasingSchema>;
export const EASINGS = EasingSchema.options;

/**
 * Positions of so many frames, 0 … 1. An open way has a frame at both ends; a closed one none at its end, which is its beginning.
 */
export function framePositions(frames: number, loop: boolean): number[] {
  const steps = loop ? frames : Math.max(1, frames - 1);
  return Array.from({ length: frames }, (_, i) => i / steps);
}

/**
 * A position as easing has it.
 *
 * @param segments how many pieces of the way lie between key points
 */
export function eased(position: number, easing: Easing, segments: number): number {
  if (easing === 'none') return position;
  if (easing === 'ends') return smooth(position);
  const along = position * segments;
  const segment = Math.min(segments - 1, Math.floor(along));
  return (segment + smooth(along - segment)) / segments;
}

/** 3s² − 2s³: begins and ends at rest. */
function smooth(share: number): number {
  return share * share * (3 - 2 * share);
}

/**
 * Turns positions evenly spread over time into such that are evenly spread over what is seen: the share of all picture
 * change that lies before a position is then the position asked for.
 *
 * @param at positions at which pictures were compared, ascending from 0 to 1
 * @param changes how much each picture differs from the one before it: one less than `at`
 */
export function atConstantSpeed(
  positions: readonly number[],
  at: readonly number[],
  changes: ArrayLike<number>,
): number[] {
  const reached = [0];
  for (let i = 0; i < changes.length; i++) reached.push(reached[i]! + Math.max(0, changes[i]!));
  const total = reached.at(-1)!;
  // Nothing changes: one place is as good as another.
  if (!(total > 0)) return [...positions];
  return positions.map((position) => {
    const wanted = Math.min(1, Math.max(0, position)) * total;
    let piece = 1;
    while (piece < reached.length - 1 && reached[piece]! < wanted) piece++;
    const low = reached[piece - 1]!;
    const width = reached[piece]! - low;
    const share = width > 0 ? (wanted - low) / width : 0;
    return at[piece - 1]! + share * (at[piece]! - at[piece - 1]!);
  });
}
