import type { PackedDataset } from '../data/packed.ts';
import type { RunManifest } from '../run/manifest.ts';
import { openRunDataset } from '../run/open-run-dataset.ts';
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
 * Opens the data set of a run to train on, see {@link openRunDataset}.
 *
 * @throws UserError when the data set is missing, damaged, being changed, or not the one that the run began with
 */
export async function openTrainingData(home: string, manifest: RunManifest): Promise<TrainingData> {
  const { dataset, close } = await openRunDataset(home, manifest, 'training');
  try {
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
