import type { ImageFlags } from '../../../main/ipc/contract.ts';
import { formatCount } from '../format.ts';
import type { ViewEntry } from '../library/database.ts';

export type Show = ViewEntry['show'];

/** What is known of the images of a data set. */
export interface Known {
  count: number;
  /** Class of each image as an index into `classes`, behind the last for none; null without classes. */
  labels: ArrayLike<number> | null;
  classes: readonly string[];
  flags: ImageFlags | null;
  /** Indices of the images held out of training. */
  heldOut: Uint32Array;
}

/** Stands for the images without a class where a class is asked for: no class is called so. */
export const NO_CLASS = '';

/** Indices of the images to show, null for all of them. Duplicates stand side by side. */
export function choose(known: Known, className: string | null, show: Show): Uint32Array | null {
  const { labels } = known;
  const wanted = classNumber(known, className);
  const flagged = flaggedImages(known, show);
  if (wanted < 0 || labels === null) return flagged;
  if (flagged !== null) return flagged.filter((index) => labels[index] === wanted);
  const chosen: number[] = [];
  for (let index = 0; index < known.count; index++) if (labels[index] === wanted) chosen.push(index);
  return Uint32Array.from(chosen);
}

/** The label that is asked for; −1 for any. */
export function classNumber({ classes }: Pick<Known, 'classes'>, className: string | null): number {
  if (className === null) return -1;
  return className === NO_CLASS ? classes.length : classes.indexOf(className);
}

function flaggedImages({ flags, heldOut }: Known, show: Show): Uint32Array | null {
  switch (show) {
    case 'all':
      return null;
    case 'constant':
      return Uint32Array.from(flags?.nearConstant.images ?? []);
    case 'duplicates':
      return Uint32Array.from(flags?.duplicates.groups.flat() ?? []);
    case 'suspicious':
      return Uint32Array.from(flags?.suspicious.images ?? [], ({ image }) => image);
    case 'heldOut':
      return heldOut;
  }
}

/** What was noticed about one image, in sentences. */
export function remarks({ flags, heldOut }: Known, index: number): string[] {
  const found: string[] = [];
  if (flags?.nearConstant.images.includes(index)) found.push('Nearly one colour all over.');
  const group = flags?.duplicates.groups.find((members) => members.includes(index));
  if (group) {
    const others = group.filter((member) => member !== index);
    const shown = others.slice(0, 5).map((member) => formatCount(member));
    const more = others.length > shown.length ? ` and ${others.length - shown.length} more` : '';
    found.push(`The same image as ${shown.join(', ')}${more}.`);
  }
  for (const { image, reason } of flags?.suspicious.images ?? []) {
    if (image === index) found.push(`${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`);
  }
  if (heldOut.includes(index)) found.push('Held out of training.');
  return found;
}

/** Labels as they travel: one or two bytes each, the lower byte first. Null for none. */
export function readLabels(width: 1 | 2, bytes: Uint8Array): ArrayLike<number> | null {
  if (bytes.length === 0) return null;
  if (width === 1) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint16Array.from({ length: bytes.length / 2 }, (_, index) => view.getUint16(2 * index, true));
}

/** Indices of the images whose byte is not 0. */
export function markedIn(split: Uint8Array): Uint32Array<ArrayBuffer> {
  const marked: number[] = [];
  split.forEach((byte, index) => {
    if (byte !== 0) marked.push(index);
  });
  return Uint32Array.from(marked);
}
