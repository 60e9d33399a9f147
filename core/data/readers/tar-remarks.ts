import type { ArchiveClutter } from './clutter.ts';
import { NAME_ENCODING_TITLES, type NameEncoding } from './name-encoding.ts';
import type { TarEnd } from './tar-headers.ts';
import { countOf } from './words.ts';

/** What is remarkable of a tar archive, one sentence each. */
export function remarksOf(
  { clutter, encoding }: { clutter: ArchiveClutter; encoding: NameEncoding | null },
  end: TarEnd | null,
): string[] {
  const { marked, archives, behind } = end ?? { marked: true, archives: 1, behind: 0 };
  return [
    ...(marked
      ? []
      : [
          'The mark at the end of the tar archive is missing: its files are whole, but more may have followed.',
        ]),
    ...(archives > 1 ? [`It is ${archives} tar archives, one behind another, all of which are read.`] : []),
    ...(behind > 0
      ? [`Behind the tar archive ${behind === 1 ? 'lies' : 'lie'} ${countOf(behind, 'byte')} not read.`]
      : []),
    ...(encoding === null
      ? []
      : [`Some names in the archive are not UTF-8; they are read as ${NAME_ENCODING_TITLES[encoding]}.`]),
    ...clutter.remarks,
  ];
}
