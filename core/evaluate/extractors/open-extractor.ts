import type { Plane } from '../../data/import/resample.ts';
import type { Extractor, ExtractorName } from './extractor.ts';
import { openMobilenet } from './mobilenet.ts';
import { pixelExtractor } from './pixels.ts';
import { mobilenetFile } from './weights-file.ts';

/**
 * Opens an extractor by its name.
 *
 * @param first an image that it is for
 * @throws UserError when its weights are missing or damaged, or when it cannot take such images
 */
export async function openExtractor(name: ExtractorName, first: Plane): Promise<Extractor> {
  return name === 'pixels' ? pixelExtractor(first) : openMobilenet(mobilenetFile());
}
