import { SETTINGS } from '../../../main/ipc/contract.ts';

/** A setting that is changed: its dotted key, and the value as it is typed. */
export interface TypedSetting {
  key: string;
  text: string;
}

/** Settings that can be changed of a run's configuration, with their terms; those that follow from the images cannot. */
export const CHANGEABLE = SETTINGS.filter(
  ({ key, limits }) =>
    limits.kind !== 'part' && !['network.imageSize', 'network.channels', 'network.classes'].includes(key),
).map(({ key, term, group }) => ({ key, term, group }));

/** What the value of a setting is called where several are chosen from; empty for what is typed freely. */
export function choicesOf(key: string): readonly string[] {
  const limits = SETTINGS.find((setting) => setting.key === key)?.limits;
  if (limits?.kind === 'switch') return ['true', 'false'];
  if (limits?.kind !== 'choice') return [];
  return [...limits.choices.map(String), ...(limits.nullable ? ['null'] : [])];
}

/** The value of a text: JSON where it can be read as such, else the text itself, as `--set` takes it. */
export function valueOfText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}

/** Some settings of a run that are changed, as they are typed. */
export class ChangedSettings {
  rows = $state<TypedSetting[]>([]);

  /** What is changed: dotted keys with values; rows without a value are left out. */
  readonly settings: Record<string, unknown> = $derived(
    Object.fromEntries(
      this.rows.filter(({ text }) => text.trim() !== '').map(({ key, text }) => [key, valueOfText(text)]),
    ),
  );

  /** Adds a setting that is not there yet; without a key the first of them. */
  add(key?: string, text = ''): void {
    const free = CHANGEABLE.find((entry) => !this.rows.some((row) => row.key === entry.key));
    const chosen = key ?? free?.key;
    if (chosen !== undefined) this.rows.push({ key: chosen, text });
  }

  remove(index: number): void {
    this.rows.splice(index, 1);
  }
}
