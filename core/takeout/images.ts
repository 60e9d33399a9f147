/** The data set that reconstructions and paths take their images from. */
import { UserError } from '../errors.ts';
import { runFolder } from '../library.ts';
import { findDataset } from '../run/run-dataset.ts';
import { readRunManifest } from '../run/run-folder.ts';
import { openDataset, type PackedDataset } from '../data/packed.ts';
import type { Again } from './again.ts';
import { type ExportOrder, USUAL_CORNERS } from './order.ts';

/**
 * Opens the data set that images are taken from: the one asked for, else the run's.
 *
 * @throws UserError when it has other images by now, or not those that are asked for
 */
export async function openImages(
  home: string,
  runId: string,
  options: ExportOrder,
  again: Again | null,
): Promise<PackedDataset> {
  const manifest = await readRunManifest(runFolder(home, runId));
  const own = options.data === undefined ? await findDataset(home, manifest) : null;
  const dataset = await openDataset(home, options.data ?? own?.name ?? '');
  const wantedPixels = again?.data ?? own?.fingerprint ?? dataset.record.fingerprint;
  if (dataset.record.fingerprint !== wantedPixels) {
    dataset.close();
    throw new UserError(
      `Data set "${dataset.record.name}" no longer has the images that ${again?.data == null ? `run ${runId} was trained on` : 'this was made from'}; import the old images under that name again.`,
    );
  }
  const wanted = wantedOf(options);
  const missing = wanted.find((index) => index >= dataset.count);
  if (missing === undefined) return dataset;
  dataset.close();
  throw new UserError(
    `Data set "${dataset.record.name}" has no image ${missing}; give numbers from 0 to ${dataset.count - 1}.`,
    { code: 'not-found' },
  );
}

/** Images that an export begins with. */
function wantedOf({ what, from = 0, to = 1, start = 0, corners }: ExportOrder): readonly number[] {
  if (what === 'path') return [from, to];
  return what === 'plane' ? (corners ?? USUAL_CORNERS) : [start];
}
