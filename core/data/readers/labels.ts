/** Labels of arrays. */
import { UserError } from '../../errors.ts';

/** More different values than this are no classes. */
export const MAX_CLASSES = 65_536;

export interface Labels {
  /** Class names in order: numbers by value, texts by their code units. */
  names: readonly string[];
  /** Class of an image; null when it has none (a negative label). */
  classOf(index: number): string | null;
}

/**
 * Labels that are whole numbers or texts. A negative number says that an image has no class.
 *
 * @param name of the array, for the sentence
 * @throws UserError when a number is not whole, or there are too many different ones
 */
export function makeLabels(values: ArrayLike<number> | readonly string[], name: string): Labels {
  const numbers = new Map<number | string, number>();
  const seen: (number | string)[] = [];
  const indices = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (typeof value === 'number' && !Number.isInteger(value)) {
      throw new UserError(
        `${name} holds the number ${value}, but labels are whole numbers; leave them out or round them.`,
      );
    }
    if (typeof value === 'number' && value < 0) {
      indices[i] = -1;
      continue;
    }
    let number = numbers.get(value);
    if (number === undefined) {
      number = seen.length;
      seen.push(value);
      numbers.set(value, number);
      if (seen.length > MAX_CLASSES) {
        throw new UserError(
          `${name} holds more than ${MAX_CLASSES} different values, too many for classes; leave the labels out.`,
        );
      }
    }
    indices[i] = number;
  }
  const sorted = [...seen].sort((a, b) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1,
  );
  const texts = seen.map(String);
  return { names: sorted.map(String), classOf: (index) => texts[indices[index] ?? -1] ?? null };
}

/** The class names of several arrays together, in the order numbers or texts have. */
export function namesOf(labels: readonly (Labels | null)[]): readonly string[] | null {
  const names = new Set(labels.flatMap((some) => some?.names ?? []));
  if (names.size === 0) return null;
  const all = [...names];
  const numeric = all.every((name) => /^\d+$/.test(name));
  return all.sort((a, b) => (numeric ? Number(a) - Number(b) : a < b ? -1 : 1));
}
