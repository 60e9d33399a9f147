/** What this program's own npz files hold beside images and labels: names of the classes, and which images are held out. */
import type { ImageArray } from './array-images.ts';
import type { ByteStream } from './bytes.ts';
import { canBeLabels, readTexts } from './label-array.ts';
import type { Labels } from './labels.ts';
import type { NpyHeader } from './npy-header.ts';

/** An array that can be read from its first value on. */
export interface ReadableArray {
  key: string;
  header: NpyHeader | null;
  open(): Promise<ByteStream>;
}

/** What names of classes are called by this program and others. */
const NAME_KEYS = [
  'class_names',
  'label_names',
  'target_names',
  'class_labels',
  'classes',
  'categories',
  'names',
];
/** One truth value an image; never labels. */
export const HELD_OUT_KEY = 'held_out';

/**
 * Labels that are numbers, under the names that another array of the file has for these.
 *
 * @returns the names in their order, and the labels; null when there are none that fit
 */
export async function withClassNames(
  labels: Labels,
  arrays: readonly ReadableArray[],
): Promise<{ names: readonly string[]; labels: Labels } | null> {
  if (!labels.names.every((name) => /^\d+$/.test(name))) return null;
  const last = Math.max(-1, ...labels.names.map(Number));
  for (const key of NAME_KEYS) {
    const array = arrays.find((some) => some.key === key && isTextList(some.header));
    if (array?.header == null || (array.header.shape[0] ?? 0) <= last) continue;
    const stream = await array.open();
    let names: string[];
    try {
      names = await readTexts(array.header, stream);
    } finally {
      await stream.close();
    }
    if (names.length <= last || new Set(names).size < names.length || names.includes('')) continue;
    const used = labels.names.map(Number).sort((a, b) => a - b);
    const classOf = (index: number): string | null => {
      const number = labels.classOf(index);
      return number === null ? null : (names[Number(number)] ?? null);
    };
    return { names, labels: { ...labels, names: used.map((number) => names[number]!), classOf } };
  }
  return null;
}

function isTextList(header: NpyHeader | null): header is NpyHeader {
  return (
    header !== null && header.shape.length === 1 && (header.type.kind === 'U' || header.type.kind === 'S')
  );
}

/** The images with what the array `held_out` says of each; as they are where there is none that fits. */
export async function withHeldOut(images: ImageArray, arrays: readonly ReadableArray[]): Promise<ImageArray> {
  const array = arrays.find(({ key }) => key === HELD_OUT_KEY);
  const { header } = array ?? {};
  if (!array || !header || header.type.kind !== 'b' || !canBeLabels(header, images.count)) return images;
  if (header.shape.length !== 1) return images;
  const stream = await array.open();
  let flags: Uint8Array;
  try {
    flags = await stream.read(images.count);
  } finally {
    await stream.close();
  }
  return {
    ...images,
    async *entries(from, signal) {
      let index = from;
      for await (const entry of images.entries(from, signal)) {
        yield 'skipped' in entry ? entry : { ...entry, heldOut: flags[index] === 1 };
        index++;
      }
    },
  };
}
