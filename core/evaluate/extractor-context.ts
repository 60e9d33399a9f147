import type { Plane } from '../data/import/resample.ts';
import type { ExtractorContext } from './extractors/open-extractor.ts';
import { PCA_IMAGES } from './extractors/pca.ts';
import { openPile, pileImages } from './pile.ts';

/**
 * What an extractor can learn from the reference, by the reference's name: images to be fitted to, in an order that the seed
 * decides where it is known how many there are, and the data set that it is, if it is one.
 *
 * @param isDataset whether the name is that of a data set of the library
 */
export function extractorContext(
  home: string,
  reference: { name: string; isDataset: boolean },
  seed: number,
  signal?: AbortSignal,
): ExtractorContext {
  return {
    ...(signal && { signal }),
    ...(reference.isDataset && { dataset: { home, name: reference.name } }),
    async reference() {
      const pile = await openPile(home, reference.name, signal);
      try {
        const images: Plane[] = [];
        const options = { count: PCA_IMAGES, seed, ...(signal && { signal }) };
        for await (const found of pileImages(pile, options)) if ('image' in found) images.push(found.image);
        return images;
      } finally {
        await pile.close();
      }
    },
  };
}
