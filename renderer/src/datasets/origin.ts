import type { DatasetRecord } from '../../../core/data/dataset.ts';
import { printable } from '../../../core/printable.ts';
import { formatPlural } from '../format.ts';

/** Where images come from, in one line. */
export function originOf({
  kind,
  paths,
}: {
  kind: DatasetRecord['source']['kind'] | null;
  paths: readonly string[];
}): string {
  const [first] = paths.slice(0, 1).map(printable);
  if (kind === 'sample' || first === undefined) return 'Sample digits';
  if (kind === 'drawn') return `Drawn by “${first}”`;
  if (kind === 'dataset') return `Made from “${first}”`;
  return paths.length === 1
    ? first
    : `${first} and ${formatPlural(paths.length - 1, 'more file', 'more files')}`;
}

/** Bytes of a data set's pixels. */
export function pixelBytes({ count, height, width, channels }: DatasetRecord): number {
  return count * height * width * channels;
}

/** How many files an import left out. */
export function skippedCount(record: DatasetRecord): number {
  return record.leftOut.all;
}

const FITS = {
  crop: 'Cropped to the middle',
  stretch: 'Stretched',
  pad: 'Padded',
  celeba: 'Faces of CelebA cut out',
};

/** The options a data set was made with, as far as they are kept, each with its name. */
export function madeWith({ source, settings, remarks, leftOut }: DatasetRecord): [string, string][] {
  const facts: [string, string][] = [
    ['Found there', printable([source.description, ...(remarks ?? [])].join(' '))],
  ];
  if (settings) {
    const { fit, padColour, background, minSide, dedupe } = settings;
    facts.push(['Made square', fit === 'pad' ? `${FITS.pad} with ${padColour}` : FITS[fit]]);
    facts.push(['Background', background]);
    if (minSide > 0) {
      facts.push(['Smallest side', `${minSide} pixels; ${formatPlural(leftOut.small, 'image')} left out`]);
    }
    if (dedupe) facts.push(['Duplicates left out', formatPlural(leftOut.duplicates, 'image')]);
  }
  return facts;
}
