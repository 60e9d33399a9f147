/** Configurations as dotted keys with their values, to be held against each other. */
import { isDeepStrictEqual } from 'node:util';
import type { ModelConfig } from './model.ts';

/** Dotted keys of all settings with their values; lists are values. */
export function flatSettings(config: ModelConfig): Map<string, unknown> {
  return new Map(flat('', config));
}

function flat(before: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[before, value]];
  return Object.entries(value).flatMap(([key, inner]) =>
    flat(before === '' ? key : `${before}.${key}`, inner),
  );
}

/** A setting in which configurations differ. */
export interface SettingDifference {
  key: string;
  /** Of each configuration in turn; undefined where it has no such setting. */
  values: unknown[];
}

/** In which settings configurations differ, in the order in which they have them. */
export function differingSettings(configs: readonly ModelConfig[]): SettingDifference[] {
  const all = configs.map(flatSettings);
  const keys = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  return keys.flatMap((key) => {
    const values = all.map((settings) => settings.get(key));
    return values.some((value) => !isDeepStrictEqual(value, values[0])) ? [{ key, values }] : [];
  });
}
