/** Files that belong to one image each without being images: captions, metadata, settings of a camera. */
import path from 'node:path';
import { countOf, formatByName } from './words.ts';

const BESIDE = /\.(?:txt|captions?|cap|json|xmp|xml|aae|thm)$/i;

/**
 * Those that lie beside an image and are called like it: `a.txt` and `a.png.json` beside `a.png`.
 *
 * @param files paths with `/` between their parts
 */
export function captionsAmong(files: readonly string[]): ReadonlySet<string> {
  const candidates = files.filter((file) => BESIDE.test(file));
  if (candidates.length === 0) return new Set();
  const names = new Set<string>();
  for (const file of files) if (formatByName(file) !== null) names.add(file).add(withoutEnding(file));
  return new Set(candidates.filter((file) => names.has(withoutEnding(file))));
}

function withoutEnding(file: string): string {
  return file.slice(0, file.length - path.posix.extname(file).length);
}

/** `, and 4 captions beside them that are not used`; nothing for none. */
export function captionWords(count: number): string {
  if (count === 0) return '';
  return `, and ${countOf(count, 'caption')} beside them that ${count === 1 ? 'is' : 'are'} not used`;
}
