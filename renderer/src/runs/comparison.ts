/** Runs beside one another as plain arithmetic: in what they differ, in which groups they are, where they lie between bounds. */
import type { RunEntry } from '../library/database.ts';
import { termOfKey, valueWords } from './table.ts';

/** Settings of a run with what else it is made from. */
export type RunSettings = Readonly<Record<string, unknown>>;

/** All that a run is made from, by key: data set, preset and seed before its settings. */
export function madeFrom(run: RunEntry, settings: RunSettings): RunSettings {
  return { dataset: run.dataset, preset: run.preset, seed: run.seed, ...settings };
}

const NAMES: Readonly<Record<string, string>> = { dataset: 'Data set', preset: 'Preset', seed: 'Seed' };

export const nameOfKey = (key: string): string => NAMES[key] ?? termOfKey(key);

export interface Difference {
  key: string;
  name: string;
  /** Of each run in turn, in words. */
  values: string[];
}

/** In what runs differ, in the order of their settings. */
export function differencesBetween(runs: readonly RunSettings[]): Difference[] {
  const keys = [...new Set(runs.flatMap((settings) => Object.keys(settings)))];
  return keys.flatMap((key) => {
    const values = runs.map((settings) => valueWords(settings[key]));
    return new Set(values).size > 1 ? [{ key, name: nameOfKey(key), values }] : [];
  });
}

/** What runs are called: their names, with the end of the id where two have the same. */
export function labelsOf(runs: readonly Pick<RunEntry, 'id' | 'name'>[]): string[] {
  return runs.map(({ id, name }) =>
    runs.filter((other) => other.name === name).length > 1 ? `${name} (${id.slice(-6)})` : name,
  );
}

/** An axis of parallel coordinates, and where each run lies on it: 0 below, 1 above; null where it has no value. */
export interface Axis {
  key: string;
  name: string;
  /** What stands at its ends, or at each of its places. */
  ticks: { at: number; text: string }[];
  places: (number | null)[];
}

/**
 * The axis of a quantity: numbers over a range (logarithmic where they span more than a power of ten), anything else one
 * place a value.
 */
export function axisOf(key: string, name: string, values: readonly unknown[], words = valueWords): Axis {
  const known = values.filter((value) => value !== null && value !== undefined);
  const numbers = known.filter((value) => typeof value === 'number' && Number.isFinite(value)) as number[];
  if (numbers.length > 0 && numbers.length === known.length) {
    const [least, largest] = [Math.min(...numbers), Math.max(...numbers)];
    const logarithmic = least > 0 && largest / least > 10;
    const scale = (value: number): number => (logarithmic ? Math.log(value) : value);
    const span = scale(largest) - scale(least);
    const place = (value: number): number => (span === 0 ? 0.5 : (scale(value) - scale(least)) / span);
    const ends = least === largest ? [least] : [least, largest];
    return {
      key,
      name,
      ticks: ends.map((value) => ({ at: place(value), text: words(value) })),
      places: values.map((value) =>
        typeof value === 'number' && Number.isFinite(value) ? place(value) : null,
      ),
    };
  }
  const all = [...new Set(known.map((value) => words(value)))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  const place = (text: string): number => (all.length < 2 ? 0.5 : all.indexOf(text) / (all.length - 1));
  return {
    key,
    name,
    ticks: all.map((text) => ({ at: place(text), text })),
    places: values.map((value) => (value === null || value === undefined ? null : place(words(value)))),
  };
}
