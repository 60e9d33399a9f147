/** Pieces of the sentences that say what was found. */
import path from 'node:path';
import { countOf, listOf } from '../../words.ts';

export { countOf, listOf };

/**
 * `labels of 10 classes`, `labels of 10 classes in the column "label" (3 images have none)`
 *
 * @param where what stands between
 */
export function labelWords(classes: number, unlabelled: number, where = ''): string {
  const words = `labels of ${countOf(classes, 'class', 'classes')}${where}`;
  if (unlabelled === 0) return words;
  return `${words} (${countOf(unlabelled, 'image has', 'images have')} none)`;
}

/** What follows the word `labels` where something that is called like them does not fit. */
export function notLabels(what: 'array' | 'column', name: string, reason: string): string {
  return ` (the ${what} "${name}" is not taken for them: ${reason})`;
}

const FORMATS: Readonly<Partial<Record<string, string>>> = {
  ...{ '.png': 'PNG', '.apng': 'PNG', '.jpg': 'JPEG', '.jpeg': 'JPEG', '.jpe': 'JPEG', '.jfif': 'JPEG' },
  ...{
    '.webp': 'WebP',
    '.avif': 'AVIF',
    '.heic': 'HEIC',
    '.heif': 'HEIC',
    '.gif': 'GIF',
    '.bmp': 'BMP',
    '.dib': 'BMP',
    '.tif': 'TIFF',
    '.tiff': 'TIFF',
  },
  ...{ '.pnm': 'PNM', '.pbm': 'PBM', '.pgm': 'PGM', '.ppm': 'PPM' },
};

/** The image format that a file's name promises; null when it promises none. */
export function formatByName(file: string): string | null {
  return FORMATS[path.posix.extname(file).toLowerCase()] ?? null;
}

/**
 * `12,000 JPEG images in 10 class folders and 2 other files`, by the names alone.
 *
 * @param classes number of class folders; 0 for none
 * @param beside number of images that lie beside the class folders
 */
export function imagesOf(files: readonly string[], classes: number, beside = 0): string {
  const counts = new Map<string, number>();
  let others = 0;
  for (const file of files) {
    const format = formatByName(file);
    if (format === null) others++;
    else counts.set(format, (counts.get(format) ?? 0) + 1);
  }
  const outside = beside === 0 ? '' : ` (${countOf(beside, 'lies', 'lie')} in none)`;
  const folders = classes === 0 ? '' : ` in ${countOf(classes, 'class folder')}${outside}`;
  if (counts.size === 0) return `${countOf(files.length, 'file')}${folders}`;
  const formats = [...counts].sort((a, b) => b[1] - a[1]).map(([format]) => format);
  const images =
    formats.length === 1
      ? countOf(files.length - others, `${formats[0]!} image`)
      : `${countOf(files.length - others, 'image')} (${listOf(formats)})`;
  return `${images}${folders}${others === 0 ? '' : ` and ${countOf(others, 'other file')}`}`;
}
