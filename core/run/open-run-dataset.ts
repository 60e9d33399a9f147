import { openDataset, type PackedDataset } from '../data/packed.ts';
import { UserError } from '../errors.ts';
import { useDataset } from '../library-locks.ts';
import type { RunManifest } from './manifest.ts';
import { findDataset, sameDataset } from './run-dataset.ts';

/**
 * Opens the data set of a run, verified: whole where it is taken into memory, else each block before it is first used and
 * the rest beside the work. It is in memory unless it is very large, so that reading a batch does not wait for the disk.
 * Nobody renames or removes it until it is closed, which whoever opens it does.
 *
 * @param purpose what it is in use for, told to whoever wants to change it: `training`
 * @throws UserError when the data set is missing, damaged, being changed, or not the one that the run began with
 */
export async function openRunDataset(
  home: string,
  manifest: RunManifest,
  purpose: string,
): Promise<{ dataset: PackedDataset; close: () => void }> {
  const expected = await findDataset(home, manifest);
  const use = useDataset(home, expected.name, `is in use for the ${purpose} of run ${manifest.id}`);
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
    return { dataset, close };
  } catch (error) {
    close();
    throw error;
  }
}
