/** Labels of arrays. */
import { Unreadable } from './unreadable.ts';

/** More different values than this are no classes. */
export const MAX_CLASSES = 65_536;

/** What labels are called, the likeliest first. */
export const LABEL_NAMES = ['label', 'labels', 'fine_label', 'class', 'target', 'y', 'category', 'digit'];

/**
 * The class that a value means: a whole number or a text.
 *
 * @returns null for none: nothing, a negative number, NaN, an empty text; undefined when the value is no label
 */
export function classText(value: unknown): string | null | undefined {
  if (value === null || value === undefined || value === '' || Number.isNaN(value)) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  if (value < 0) return null;
  return typeof value === 'bigint' || Number.isInteger(value) ? String(value) : undefined;
}

/** Class names in their order: numbers by value, texts by their code units. */
export function orderedNames(names: Iterable<string>): string[] {
  const all = [...names];
  const numeric = all.every((name) => /^\d+$/.test(name));
  return all.sort((a, b) => (numeric ? Number(a) - Number(b) : a < b ? -1 : 1));
}

export interface Labels {
  /** Class names in order: numbers by value, texts by their code units. */
  names: readonly string[];
  /** Number of images without a class. */
  unlabelled: number;
  /** Class of an image; null when it has none: a negative label, none at all (NaN), or an empty text. */
  classOf(index: number): string | null;
}

/**
 * Labels that are whole numbers or texts. A negative number says that an image has no class, and so do NaN and the
 * empty text, which is what other programs make of a missing label.
 *
 * @param name of the array, for the sentence
 * @throws UserError when a number is not whole, or there are too many different ones
 */
export function makeLabels(values: ArrayLike<number> | readonly string[], name: string): Labels {
  const numbers = new Map<number | string, number>();
  const seen: (number | string)[] = [];
  const indices = new Int32Array(values.length);
  let unlabelled = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === '' || Number.isNaN(value) || (typeof value === 'number' && value < 0)) {
      indices[i] = -1;
      unlabelled++;
      continue;
    }
    if (typeof value === 'number' && !Number.isInteger(value)) {
      throw new Unreadable(
        name,
        `holds the number ${value}, but labels are whole numbers`,
        'leave them out or round them',
      );
    }
    let number = numbers.get(value);
    if (number === undefined) {
      number = seen.length;
      seen.push(value);
      numbers.set(value, number);
      if (seen.length > MAX_CLASSES) {
        throw new Unreadable(
          name,
          `holds more than ${MAX_CLASSES} different values, too many for classes`,
          'leave the labels out',
        );
      }
    }
    indices[i] = number;
  }
  const sorted = [...seen].sort((a, b) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1,
  );
  const texts = seen.map(String);
  return { names: sorted.map(String), unlabelled, classOf: (index) => texts[indices[index] ?? -1] ?? null };
}

/** How many images have no class; those of an array without labels too, where others have some. */
export function unlabelledIn(labels: readonly (Labels | null)[], counts: readonly number[]): number {
  if (namesOf(labels) === null) return 0;
  return labels.reduce((sum, some, i) => sum + (some?.unlabelled ?? counts[i] ?? 0), 0);
}

/** The class names of several arrays together, in the order numbers or texts have. */
export function namesOf(labels: readonly (Labels | null)[]): readonly string[] | null {
  const names = new Set(labels.flatMap((some) => some?.names ?? []));
  if (names.size === 0) return null;
  return orderedNames(names);
}
