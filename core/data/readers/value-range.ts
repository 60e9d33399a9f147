/** Finding out what the numbers of arrays mean as pixels: from some of their images, and for good from all of them. */
import type { ArrayLayout } from './layout.ts';
import { bytesPerImage, imageBytes, type NumberArray } from './number-array.ts';
import { nameOfType, readNumbers } from './numbers.ts';
import { NumberMeter, scaleOf, type ValueRange } from './pixel-scale.ts';
import { spread } from './spread.ts';

export interface LaidOutArray {
  array: NumberArray;
  layout: ArrayLayout;
}

/** To read so much takes a second at most. */
const SOON_READ_BYTES = 256 * 2 ** 20;
const SAMPLED_IMAGES = 128;
const SAMPLED_BYTES = 32 * 2 ** 20;

/**
 * Guesses what the numbers of arrays mean. Those of one type mean the same: a few of them alone may not show it.
 *
 * @param soonReadBytes arrays of so many bytes altogether are looked at whole at once
 * @returns one for each array, in their order
 * @throws UserError when they mean nothing that is known
 */
export async function guessRanges(
  found: readonly LaidOutArray[],
  signal?: AbortSignal,
  soonReadBytes = SOON_READ_BYTES,
): Promise<ValueRange[]> {
  const ranges = new Map<string, ValueRange>();
  for (const { array } of found) {
    const name = nameOfType(array.type);
    if (ranges.has(name)) continue;
    const group = found.filter((other) => nameOfType(other.array.type) === name);
    ranges.set(name, await guessRange(group, soonReadBytes, signal));
  }
  return found.map(({ array }) => ranges.get(nameOfType(array.type))!);
}

/** `N×H×W, float32 values from 0 to 1` */
export function readAs({ words }: ArrayLayout, { scale }: ValueRange): string {
  return scale.words === null ? words : `${words}, ${scale.words}`;
}

async function guessRange(
  group: readonly LaidOutArray[],
  soonReadBytes: number,
  signal?: AbortSignal,
): Promise<ValueRange> {
  const [{ array }] = group as [LaidOutArray];
  const { name } = array.data;
  const bytes = group.reduce((sum, one) => sum + bytesPerImage(one.array, one.layout) * one.layout.count, 0);
  const isSoonRead = bytes <= soonReadBytes;
  const first = await measured(group, isSoonRead ? wholly : partly, signal);
  let isSettled = isSoonRead || first.isSettled;
  let scale = scaleOf(first, name);
  return {
    get scale() {
      return scale;
    },
    async settle(abort) {
      if (isSettled) return;
      scale = scaleOf(await measured(group, wholly, abort), name);
      isSettled = true;
    },
  };
}

/** Stretches of an array's images, from one number to another. */
type Stretches = (one: LaidOutArray) => Iterable<[from: number, to: number]>;

const wholly: Stretches = ({ layout }) => [[0, layout.count]];

/** Spread over the array where that costs no reading of the rest. */
function* partly({ array, layout }: LaidOutArray): Iterable<[from: number, to: number]> {
  const { count } = layout;
  const fitting = Math.floor(SAMPLED_BYTES / bytesPerImage(array, layout));
  const most = Math.max(1, Math.min(count, SAMPLED_IMAGES, fitting));
  if (array.data.random === null || array.fortran) yield [0, most];
  else for (const index of spread(count, most)) yield [index, index + 1];
}

async function measured(
  group: readonly LaidOutArray[],
  stretches: Stretches,
  signal: AbortSignal | undefined,
): Promise<NumberMeter> {
  const meter = new NumberMeter(group[0]!.array.type);
  for (const one of group) {
    for (const [from, to] of stretches(one)) {
      for await (const bytes of imageBytes(one.array, one.layout, from, to, signal)) {
        signal?.throwIfAborted();
        meter.add(readNumbers(bytes, one.array.type));
        if (meter.isSettled) return meter;
      }
    }
  }
  return meter;
}
