/** The sample digits as a data set of a library. */
import { listDatasets } from '../../core/data/catalogue.ts';
import type { PackedDataset } from '../../core/data/packed.ts';
import { UserError } from '../../core/errors.ts';
import { unlessInterrupted } from './interrupt.ts';
import type { Output } from './output.ts';

/**
 * Opens the sample of a library, imported when it is missing; null when that was interrupted.
 *
 * @param remedy what to do when another data set has its name: the end of a sentence
 * @throws UserError when another data set has its name, or it is damaged
 */
export async function sampleDataset(
  output: Output,
  home: string,
  remedy: string,
): Promise<PackedDataset | null> {
  const { openDataset } = await import('../../core/data/packed.ts');
  const { SAMPLE_FINGERPRINT, SAMPLE_NAME } = await import('../../core/data/sample.ts');
  const known = (await listDatasets(home)).find(({ name }) => name === SAMPLE_NAME);
  if (known === undefined) {
    output.phase('Importing the 10,000 sample digits');
    const { importDataset } = await import('../../core/data/import/import-dataset.ts');
    const request = { kind: 'sample', paths: [] } as const;
    const imported = await unlessInterrupted(
      (signal) => importDataset({ home, name: SAMPLE_NAME, request, signal }),
      () => output.warn('Stopping; the digits are imported again next time.'),
    );
    if (imported === null) return null;
  }
  const dataset = await openDataset(home, SAMPLE_NAME, { verify: true });
  if (dataset.record.fingerprint === SAMPLE_FINGERPRINT) return dataset;
  dataset.close();
  throw new UserError(`The data set "${SAMPLE_NAME}" in ${home} is not the sample digits; ${remedy}.`);
}
