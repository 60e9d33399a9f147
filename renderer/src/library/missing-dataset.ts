import type { Library } from './library.svelte.ts';
import type { RunEntry } from './database.ts';

export interface MissingDataset {
  name: string;
  /** One sentence. */
  sentence: string;
  /** Its folder may be elsewhere. */
  findable: boolean;
}

/**
 * What is wrong with the images that a run was trained on; null when they are here, under whatever name, or when there
 * never were any.
 */
export function missingDataset(
  { datasets, known }: Pick<Library, 'datasets' | 'known'>,
  { dataset, fingerprint, drawable }: Pick<RunEntry, 'dataset' | 'fingerprint' | 'drawable'>,
): MissingDataset | null {
  if (dataset === null || !known.datasets) return null;
  const usable = datasets.filter(({ record, lost, missing, problem }) => {
    return record !== null && !lost && !missing && problem === null;
  });
  const here = usable.some(
    ({ name, record }) =>
      (fingerprint === undefined && name === dataset) || record?.fingerprint === fingerprint,
  );
  if (here) return null;
  const entry = datasets.find(({ name }) => name === dataset);
  const other = usable.some(({ name }) => name === dataset);
  const drawn = drawable ? 'The model still draws. ' : '';
  if (other) {
    return {
      name: dataset,
      sentence: `The data set “${dataset}” has other images by now than those that this run was trained on. ${drawn}To train it on, import the old images again under another name.`,
      findable: false,
    };
  }
  if (entry !== undefined && !entry.lost && !entry.missing && entry.problem !== null) {
    return {
      name: dataset,
      sentence: `The data set of this run cannot be used: ${entry.problem} ${drawn}To train it on, import the images again.`,
      findable: false,
    };
  }
  return {
    name: dataset,
    sentence: `The data set “${dataset}” of this run is not in the library any more. ${drawn}To train it on or to compare it with real images, find the folder of the data set again, or import the images once more.`,
    findable: true,
  };
}
