/** A view of latent space as a source of images for export. */
import { setImmediate as turn } from 'node:timers/promises';
import type { ImageSource } from '../export/sets/set.ts';
import type { Generator } from './api.ts';
import type { Explorer } from './explorer.ts';
import { PART } from './parts.ts';
import { type DrawingDetails, provenanceOf } from './provenance.ts';
import { type Look, picturesOf, type View } from './view.ts';

/**
 * The pictures of a view, drawn part by part.
 *
 * @param details what the texts of all images say besides
 */
export function viewSource(
  explorer: Explorer,
  { manifest, step }: Pick<Generator, 'manifest' | 'step'>,
  view: View,
  look: Look,
  details: DrawingDetails,
): ImageSource {
  const { imageSize, channels } = manifest.config.network;
  const count = picturesOf(view);
  const shape = { count, height: imageSize, width: imageSize, channels, classes: null };
  return {
    shape,
    word: view.kind === 'path' || view.kind === 'noise' ? 'frame' : 'picture',
    origin: (place) => provenanceOf(manifest, step, { ...details, ...(place !== null && { index: place }) }),
    async *parts(signal) {
      if (view.kind === 'times') {
        yield { images: (await explorer.draw(view, look, signal)).images, labels: null };
        return;
      }
      for (let done = 0; done < count; done += PART) {
        const { images } = await explorer.draw(partOf(view, done, done + PART), look, signal);
        yield { images, labels: null };
        await turn();
      }
    },
  };
}

/** The pictures `start` … `end − 1` of a view. */
function partOf(view: Exclude<View, { kind: 'times' }>, start: number, end: number): View {
  switch (view.kind) {
    case 'points':
      return { ...view, points: view.points.slice(start, end) };
    case 'path':
    case 'noise':
      return { ...view, positions: view.positions.slice(start, end) };
    case 'plane':
    case 'along':
      return { ...view, places: view.places.slice(start, end) };
  }
}
