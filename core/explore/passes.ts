/** How many passes a draw has, and where and how the later ones encode again. */
import { UserError } from '../errors.ts';
import { countOf } from '../words.ts';
import type { SampleOptions, TimePoint } from './api.ts';

export const MAX_PASSES = 16;

/**
 * Passes and places as they belong together: one place serves all passes, and places alone say how many passes.
 *
 * @throws UserError when they do not
 */
export function passesAndPlaces({
  passes,
  at,
  laterTemperature,
}: {
  passes?: number;
  at?: readonly TimePoint[];
  laterTemperature?: number;
}): Pick<SampleOptions, 'passes' | 'reencodeAt' | 'laterTemperature'> {
  const way = placesOf(passes, at);
  if (laterTemperature === undefined) return way;
  if (way.passes > 1) return { ...way, laterTemperature };
  throw new UserError(
    '--later-temperature is for the passes after the first; ask for them with --passes 2 or more.',
    { code: 'usage' },
  );
}

function placesOf(
  passes: number | undefined,
  at: readonly TimePoint[] | undefined,
): Pick<SampleOptions, 'passes' | 'reencodeAt'> {
  if (at === undefined) return { passes: passes ?? 1 };
  const [first, ...others] = at;
  const asked = passes ?? at.length + 1;
  if (asked === 1) {
    throw new UserError('--at says where later passes encode again; ask for them with --passes 2 or more.', {
      code: 'usage',
    });
  }
  if (first !== undefined && others.length === 0) {
    return { passes: asked, reencodeAt: Array.from({ length: asked - 1 }, () => first) };
  }
  if (at.length !== asked - 1) {
    throw new UserError(
      `--at names ${countOf(at.length, 'place')}, but ${countOf(asked, 'pass encodes', 'passes encode')} again ${asked === 2 ? 'once' : countOf(asked - 1, 'time')}; give as many, or one for all.`,
      { code: 'usage' },
    );
  }
  if (asked > MAX_PASSES)
    throw new UserError(`--at asks for ${countOf(asked, 'pass', 'passes')}; ${MAX_PASSES} is the most.`, {
      code: 'usage',
    });
  return { passes: asked, reencodeAt: at };
}
