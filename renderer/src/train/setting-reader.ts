import type { Setting } from '../../../core/config/settings-table.ts';
import { SETTINGS } from '../../../main/ipc/contract.ts';
import { readBetween, readPositive, readWhole } from '../ui/numbers.ts';

type Read = ReturnType<typeof readWhole>;

function settingOf(key: string): Setting {
  const setting = SETTINGS.find((candidate) => candidate.key === key);
  if (setting?.limits.kind !== 'number') throw new Error(`"${key}" is no setting that is a number.`);
  return setting;
}

/** What a setting is called. */
export function termOf(key: string): string {
  return settingOf(key).term;
}

/** Reads a number as it is typed, within the limits of a setting. Empty gives null. */
export function readerOf(key: string): (typed: string) => Read {
  const { limits } = settingOf(key);
  const { whole, min, max, above } = limits;
  const most = max ?? Number.MAX_SAFE_INTEGER;
  if (whole) return (typed) => readWhole(typed, min ?? Number.MIN_SAFE_INTEGER, most);
  if (above === 0) return (typed) => readPositive(typed, most);
  return (typed) => readBetween(typed, min ?? -most, most);
}
