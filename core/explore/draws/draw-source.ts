/** Samples of a kept draw as a source of images for export. */
import type { ImageSource } from '../../export/sets/set.ts';
import type { RunManifest } from '../../run/manifest.ts';
import { drawDetails } from '../draw-details.ts';
import { provenanceOf } from '../provenance.ts';
import { unusual } from '../unusual.ts';
import type { KeptDraw } from './draw-record.ts';
import { readSamples } from './draw-store.ts';

/** Samples read at a time. */
const PART = 256;

/** @param indices places in the draw, in the order in which they are wanted */
export function drawSource(
  runDir: string,
  manifest: RunManifest,
  draw: KeptDraw,
  indices: readonly number[],
): ImageSource {
  const { id, step, lastStep, count, height, width, channels } = draw;
  const { seed, passes } = draw;
  const details = drawDetails({ count, seed, passes, ...unusual(draw) }, lastStep);
  return {
    shape: { count: indices.length, height, width, channels, classes: null },
    word: 'sample',
    origin: (place) =>
      provenanceOf(manifest, step, {
        ...details,
        draw: id,
        ...(place !== null && { index: indices[place] ?? place }),
      }),
    async *parts(signal) {
      for (let done = 0; done < indices.length; done += PART) {
        signal?.throwIfAborted();
        yield { images: await readSamples(runDir, id, indices.slice(done, done + PART)), labels: null };
      }
    },
  };
}
