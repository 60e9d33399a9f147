/** An export made once more, from what a file of it says. */
import { UserError } from '../../../core/errors.ts';
import { runFolder } from '../../../core/library.ts';
import { checkpointHash } from '../../../core/run/checkpoint-hash.ts';
import type { Generator } from '../../../core/explore/api.ts';
import type { PngText } from '../../../core/export/png.ts';
import type { ImageSource } from '../../../core/export/sets/set.ts';
import type { RunSummary } from '../../../core/run/manifest.ts';
import type { WeightsAndClass } from './drawing.ts';

export interface Again {
  /** Hash of the weights; null where the file does not say. */
  checkpoint: string | null;
  /** Fingerprint of the data set that images are taken from; null where none are. */
  data: string | null;
  /** The one picture that is wanted, with its text; null for all of them. */
  picture: { place: number; text: PngText } | null;
}

/** @throws UserError when the weights of the step are not those that the file was drawn with */
export async function checkWeights(
  home: string,
  { id }: RunSummary,
  { step }: Generator,
  { weights = 'ema' }: WeightsAndClass,
  { checkpoint }: Again,
): Promise<void> {
  if (checkpoint === null) return;
  if ((await checkpointHash(runFolder(home, id), step, weights)) === checkpoint) return;
  throw new UserError(
    `The weights of step ${step} of the run ${id} are no longer those that drew it; the same cannot be drawn again.`,
    { code: 'not-found' },
  );
}

/** The one picture of a source that is wanted, or all. */
export function oneOf(source: ImageSource, again: Again | null): ImageSource {
  const picture = again?.picture ?? null;
  if (picture === null) return source;
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
