/** An export made once more, from what a file of it says. */
import { UserError } from '../errors.ts';
import { runFolder } from '../library.ts';
import { checkpointHash } from '../run/checkpoint-hash.ts';
import type { Generator } from '../explore/api.ts';
import type { PngText } from '../export/png.ts';
import type { ImageSource } from '../export/sets/set.ts';

export interface Again {
  /** Hash of the weights; null where the file does not say. */
  checkpoint: string | null;
  /** Fingerprint of the data set that images are taken from; null where none are. */
  data: string | null;
  /** The one picture that is wanted, with its text; null for all of them. */
  picture: { place: number; text: PngText } | null;
  /** What the whole said of itself, where that is not what it would say today; else null. */
  text: PngText | null;
}

/** @throws UserError when the weights of the step are not those that the file was drawn with */
export async function checkWeights(
  home: string,
  id: string,
  { step }: Pick<Generator, 'step'>,
  weights: 'ema' | 'raw',
  { checkpoint }: Pick<Again, 'checkpoint'>,
): Promise<void> {
  if (checkpoint === null) return;
  if ((await checkpointHash(runFolder(home, id), step, weights)) === checkpoint) return;
  throw new UserError(
    `The weights of step ${step} of the run ${id} are no longer those that drew it; the same cannot be drawn again.`,
    { code: 'not-found' },
  );
}

/** The one picture of a source that is wanted, or all, with the texts of then. */
export function oneOf(source: ImageSource, again: Again | null): ImageSource {
  const picture = again?.picture ?? null;
  if (picture === null) {
    const said = again?.text ?? null;
    return said === null ? source : { ...source, origin: () => said };
  }
  const { place, text } = picture;
  return {
    ...source,
    shape: { ...source.shape, count: 1 },
    origin: () => text,
    async *parts(signal) {
      let before = 0;
      for await (const { images, labels } of source.parts(signal)) {
        const at = place - before;
        before += images.count;
        if (at >= images.count) continue;
        const size = images.height * images.width * images.channels;
        const data = images.data.subarray(at * size, (at + 1) * size);
        yield { images: { ...images, count: 1, data }, labels: labels && [labels[at] ?? null] };
        return;
      }
    },
  };
}
