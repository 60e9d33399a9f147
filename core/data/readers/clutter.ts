/** What other programs leave beside images: no part of a collection, in folders as in archives. */
import { countOf, listOf } from './words.ts';

/** Names of files and folders that are passed over, in lower case. All other hidden ones are, too. */
const NAMES: ReadonlySet<string> = new Set([
  // macOS
  ...['__macosx', '.ds_store', '.appledouble', '.trashes', '.spotlight-v100', 'icon\r'],
  // Windows
  ...['thumbs.db', 'ehthumbs.db', 'ehthumbs_vista.db', 'desktop.ini', '$recycle.bin', 'recycler'],
  'system volume information',
  // Linux
  ...['.thumbnails', '.xvpics', 'lost+found'],
  // Synology and QNAP
  ...['@eadir', '@synoresource', '#recycle', '#snapshot', '@recycle', '@recently-snapshot', '.@__thumb'],
  ...['@__thumb', '@transcode'],
  // Picasa, ACDSee, Zoner
  ...['.picasaoriginals', '.picasa.ini', 'picasa.ini', 'zbthumbnail.info'],
  // Tools of programmers
  ...['.git', '.svn', '.hg', '__pycache__', '.ipynb_checkpoints'],
]);

/** Lightroom's previews, and what Synology keeps of other systems' attributes. */
const ENDINGS = /(?:\.lrdata|@synoresource|@synoeastream)$/i;

/** What iPhoto, Photos and Aperture make of images lies beside these. */
const MASTERS = /^(?:masters|originals)$/i;
const MADE_OF_MASTERS = /^(?:previews|thumbnails)$/i;
const LIBRARY = /^iphoto library|\.(?:photolibrary|photoslibrary|migratedphotolibrary|aplibrary)$/i;
const MADE_IN_LIBRARY =
  /^(?:previews|thumbnails|data|data\.noindex|faces|resources|database|private|internal|scopes|(?:ipod|apple tv) photo cache)$/i;

/** Most names in a remark. */
const MAX_NAMED = 6;

/**
 * What a remark calls a file or folder that is passed over; null when it is no clutter.
 *
 * @param parent name of the folder it lies in; empty where that is not known
 * @param hasMasters true when the folder it lies in also holds the images that others are made of; see {@link isMasters}
 */
export function clutterLabel(name: string, parent: string, hasMasters: boolean): string | null {
  if (NAMES.has(name.toLowerCase()) || ENDINGS.test(name)) return name.trimEnd();
  if (name.startsWith('._')) return 'files that begin with ._';
  if (name.startsWith('.') && name !== '.' && name !== '..') return 'other hidden files or folders';
  if (hasMasters && MADE_OF_MASTERS.test(name)) return name;
  if (LIBRARY.test(parent) && MADE_IN_LIBRARY.test(name)) return name;
  return null;
}

/** True for the name of a folder that holds images of which a photo library makes previews. */
export function isMasters(name: string): boolean {
  return MASTERS.test(name);
}

/** Counts what is passed over, for the one sentence that says so. */
export class ClutterCount {
  readonly #counts = new Map<string, number>();

  add(label: string): void {
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1);
  }

  /** `Passed over what other programs left there: @eaDir (2) and Thumbs.db.`; none when nothing was. */
  remarks(): string[] {
    if (this.#counts.size === 0) return [];
    const sorted = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
    const labels = sorted.map(([label, count]) => (count === 1 ? label : `${label} (${count})`));
    const more = labels.length - MAX_NAMED;
    const named = more > 0 ? [...labels.slice(0, MAX_NAMED), countOf(more, 'more name')] : labels;
    return [`Passed over what other programs left there: ${listOf(named)}.`];
  }
}

/** Which files of an archive are clutter. */
export interface ArchiveClutter {
  has(file: string): boolean;
  /** What to say of it. */
  readonly remarks: readonly string[];
}

/**
 * Finds the clutter among an archive's files.
 *
 * @param files paths with `/` between their parts
 */
export function findClutter(files: readonly string[]): ArchiveClutter {
  const withMasters = new Set<string>();
  for (const file of files) {
    for (const { name, folder, isLast } of partsOf(file)) {
      if (!isLast && isMasters(name)) withMasters.add(folder);
    }
  }
  const rootOf = (file: string): { root: string; label: string } | null => {
    let parent = '';
    for (const { name, folder } of partsOf(file)) {
      const label = clutterLabel(name, parent, withMasters.has(folder));
      if (label !== null) return { root: folder + name, label };
      parent = name;
    }
    return null;
  };
  const count = new ClutterCount();
  const counted = new Set<string>();
  for (const file of files) {
    const found = rootOf(file);
    if (found === null || counted.has(found.root)) continue;
    counted.add(found.root);
    count.add(found.label);
  }
  return { has: (file) => rootOf(file) !== null, remarks: count.remarks() };
}

/** Each part of a path, with the folders before it. */
function* partsOf(file: string): Generator<{ name: string; folder: string; isLast: boolean }> {
  for (let at = 0; at <= file.length;) {
    const slash = file.indexOf('/', at);
    const end = slash < 0 ? file.length : slash;
    yield { name: file.slice(at, end), folder: file.slice(0, at), isLast: slash < 0 };
    at = end + 1;
  }
}
