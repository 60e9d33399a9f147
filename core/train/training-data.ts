import { openDataset, type PackedDataset } from '../data/packed.ts';
import { UserError } from '../errors.ts';
import { useDataset } from '../library-locks.ts';
import type { RunManifest } from '../run/manifest.ts';
import { findDataset, sameDataset } from '../run/run-dataset.ts';
import { splitImages, type SplitImages } from './split-images.ts';

/** The data set of a run, open. */
export interface TrainingData {
  dataset: PackedDataset;
  /** Class of each image; null for models without classes. */
  labels: ArrayLike<number> | null;
  split: SplitImages;
  /** Closes the data set and lets others change it. */
  close(): void;
}

/**
 * Opens the data set of a run, verified: whole where it is taken into memory, else each block before it is first used and
 * the rest beside the training. It is in memory unless it is very large, so that reading a batch does not wait for the disk.
 * Nobody renames or removes it until it is closed, which whoever opens it does.
 * @throws UserError when the data set is missing, damaged, being changed, or not the one that the run began with
 */
export async function openTrainingData(home: string, manifest: RunManifest): Promise<TrainingData> {
  const expected = await findDataset(home, manifest);
  const use = useDataset(home, expected.name, `is in use for the training of run ${manifest.id}`);
  let dataset: PackedDataset;
  try {
    dataset = await openDataset(home, expected.name);
  } catch (error) {
    use.release();
    throw error;
  }
  const close = (): void => {
    dataset.close();
    use.release();
  };
  try {
    if (!sameDataset(dataset.record, expected)) {
      const { fingerprint, heldOut } = dataset.record;
      const differs =
        fingerprint === expected.fingerprint
          ? `${heldOut} of its images are held out instead of ${expected.heldOut ?? 0}`
          : `its fingerprint is ${fingerprint} instead of ${expected.fingerprint}`;
      throw new UserError(
        `The data set "${expected.name}" is no longer the one that the run ${manifest.id} was trained on (${differs}); import the old images under that name again, or start a new run.`,
      );
    }
    if (dataset.fitsInMemory) await dataset.all();
    else dataset.verifyInBackground();
    return {
      dataset,
      labels: manifest.config.network.classes > 0 ? await dataset.labels() : null,
      split: splitImages(dataset.count, await dataset.split()),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
