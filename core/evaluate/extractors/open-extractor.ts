import type { Plane } from '../../data/import/resample.ts';
import { UserError } from '../../errors.ts';
import { openClassifierExtractor } from './classifier.ts';
import type { Extractor, ExtractorName } from './extractor.ts';
import { openDinov2 } from './dinov2.ts';
import { openInception } from './inception.ts';
import { openMobilenet } from './mobilenet.ts';
import { pcaExtractor } from './pca.ts';
import { pixelExtractor } from './pixels.ts';
import { mobilenetFile } from './weights-file.ts';
import { storedWeights } from './weights-store.ts';

/** What some extractors need beside an image; those that do not, pass it over. */
export interface ExtractorContext {
  /**
   * Images of the reference, all or some thousands of them, asked for when the extractor has to be fitted to them (`pca`).
   * The same ones must come each time for equal features.
   */
  reference?: () => Promise<readonly Plane[]>;
  /** Library folder and name of the data set whose own labels the extractor was trained on (`classifier`). */
  dataset?: { home: string; name: string };
  signal?: AbortSignal;
}

/**
 * Opens an extractor by its name.
 *
 * @param first an image that it is for
 * @throws UserError when its weights are missing or damaged, when it cannot take such images, or when `context` lacks
 *   what it needs
 */
export async function openExtractor(
  name: ExtractorName,
  first: Plane,
  context: ExtractorContext = {},
): Promise<Extractor> {
  switch (name) {
    case 'pixels':
      return pixelExtractor(first);
    case 'pca':
      return pcaExtractor((await context.reference?.()) ?? [first]);
    case 'classifier':
      if (context.dataset === undefined) {
        throw new UserError(
          'A classifier belongs to a data set of the library with classes; give one as the reference.',
        );
      }
      return openClassifierExtractor(context.dataset.home, context.dataset.name);
    case 'mobilenet':
      return openMobilenet(mobilenetFile());
    case 'inception':
    case 'inception-tf1':
      return openInception(name, await storedWeights('inception'));
    case 'dinov2':
    case 'dinov2-small':
      return openDinov2(name, await storedWeights(name));
  }
}
