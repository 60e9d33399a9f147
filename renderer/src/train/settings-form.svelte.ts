import { decimal } from '../../../text/language.ts';
import { word } from '../../../text/say.ts';
import type { ModelConfig } from '../../../core/config/model.ts';
import type { Setting, SettingGroup } from '../../../core/config/settings-table.ts';
import {
  broughtAlong,
  factsOf,
  isEffective,
  isOptionalKey,
  refusalOf,
  SETTINGS,
  switchedOff,
  switchedOn,
  valueAt,
} from '../../../main/ipc/contract.ts';
import { numberOf } from '../ui/numbers.ts';
import { formatPlural } from '../format.ts';
import type { Changes, Patch } from './changes.ts';
import type { Plan } from './plan.svelte.ts';

interface Common {
  key: string;
  label: string;
  hint: string;
  /** What is wrong with the value; null when nothing is. */
  problem: string | null;
  /** Values, unit, default and condition, in a sentence. */
  facts: string;
  /** What the preset has in its place; null where the value is the preset's. */
  preset: string | null;
  /** What the paper has in its place; null where the value is the paper's, or the paper has none. */
  paper: string | null;
}

type Value = string | number | boolean;

interface Chosen extends Common {
  options: readonly { value: Value; label: string }[];
  value: Value;
  choose: (value: Value) => void;
}

export interface ButtonsControl extends Chosen {
  kind: 'buttons';
}

export interface ListControl extends Chosen {
  kind: 'list';
}

export interface NumberControl extends Common {
  kind: 'number';
  /** What counts while nothing is typed. */
  placeholder: string;
  number: { text: string; readonly problem: string | null };
}

export interface SwitchControl extends Common {
  kind: 'switch';
  checked: boolean;
  disabled: boolean;
  set: (on: boolean) => void;
}

export interface WeightingControl extends Common {
  kind: 'weighting';
  named: readonly { value: string; text: string; expression: string }[];
  value: string;
  curve: { t: readonly number[]; values: readonly number[] } | null;
  colour: string;
  choose: (value: string) => void;
}

export type SettingControl = ButtonsControl | ListControl | NumberControl | SwitchControl | WeightingControl;

/** What the form is about. */
export interface SettingsFormInput {
  /** The plan's last sound configuration. */
  config: ModelConfig;
  /** What is changed of the preset. */
  changes: Changes;
  /** Names of the data set's classes; none when it has no labels. */
  classes: readonly string[];
}

/** What is asked of the whole list. */
export interface SettingsFilter {
  /** Words that are all in the name, the key or the help. */
  search: string;
  only: 'all' | 'changed' | 'paper';
}

const WEIGHTINGS: Readonly<Record<string, { curve: 'rec' | 'kl'; colour: string }>> = {
  'objective.recWeight': { curve: 'rec', colour: '--series-reconstruction' },
  'objective.klWeight': { curve: 'kl', colour: '--series-kl' },
};

/** Settings that stand above the groups, with the name and the seed. */
const ABOVE: ReadonlySet<string> = new Set(['training.steps', 'training.batchSize', 'training.learningRate']);

/** The controls of the settings that the window offers, made from the table of settings. */
export class SettingsForm {
  readonly #plan: Plan;
  readonly #input: () => SettingsFormInput;
  readonly #change: (patch: Patch) => void;
  /** Numbers as they are typed, so that "0." stays what it is until it is 0.5. */
  readonly #typed = $state<Record<string, string>>({});
  /** The configuration with the parts that are there although their number is not sound yet. */
  readonly #seen = $derived.by((): ModelConfig => {
    const { config, changes } = this.#input();
    const typed = Object.entries(changes).filter(
      ([key, value]) => isOptionalKey(key) && (typeof value === 'number' || typeof value === 'string'),
    );
    if (typed.length === 0) return config;
    const seen = structuredClone(config);
    for (const [key, value] of typed) {
      const [section = '', name = ''] = key.split('.');
      const place = valueAt(seen, section);
      if (typeof place === 'object' && place !== null && name in place)
        Object.assign(place, { [name]: value });
    }
    return seen;
  });

  constructor(plan: Plan, input: () => SettingsFormInput, change: (patch: Patch) => void) {
    this.#plan = plan;
    this.#input = input;
    this.#change = change;
  }

  /** The controls of a group, in the table's order; only those that have an effect. */
  controls(group: SettingGroup, filter: SettingsFilter = { search: '', only: 'all' }): SettingControl[] {
    return SETTINGS.filter(
      (setting) => setting.group === group && !ABOVE.has(setting.key) && this.#matches(setting, filter),
    ).flatMap((setting) => (isEffective(setting.key, this.#seen) ? this.#controlsOf(setting) : []));
  }

  #matches({ key, term, help, optional }: Setting, { search, only }: SettingsFilter): boolean {
    const changed = this.#plan.differs.some((difference) => difference.key === key);
    const { changes } = this.#input();
    if (only === 'changed' && !changed && !Object.hasOwn(changes, key)) return false;
    if (only === 'paper' && this.#plan.paper?.differs.some((difference) => difference.key === key) !== true) {
      return false;
    }
    const text = `${term} ${key} ${help} ${optional?.legend ?? ''}`.toLowerCase();
    return search
      .toLowerCase()
      .split(/\s+/)
      .every((word) => text.includes(word));
  }

  /** Whether one of the controls is this setting's. */
  shows(key: string): boolean {
    const group = SETTINGS.find((setting) => setting.key === key)?.group;
    return group !== undefined && this.controls(group).some((control) => control.key === key);
  }

  #controlsOf(setting: Setting): SettingControl[] {
    const { optional, key } = setting;
    if (!optional) return this.#controlOf(setting);

    const value = valueAt(this.#seen, key);
    const on = value !== null && value !== 0;
    return [this.#switchOf(setting, optional, on), ...(on ? this.#controlOf(setting) : [])];
  }

  /** Whether a part that can be left out is there. */
  #switchOf(setting: Setting, optional: NonNullable<Setting['optional']>, on: boolean): SettingControl {
    const { key } = setting;
    const { legend, as, ...choices } = optional;
    const set = (wanted: boolean) => {
      if (!isOptionalKey(key)) return;
      const { classes } = this.#input();
      this.#follow(wanted ? switchedOn(key, this.#seen, classes.length) : switchedOff(key, this.#seen));
    };
    if (as === 'buttons') {
      return {
        kind: 'buttons',
        key,
        label: legend,
        // The one that the reference begins with comes first.
        options: options(key, choices),
        value: on,
        hint: (on ? choices.on : choices.off).help ?? setting.help,
        problem: on && setting.control ? null : this.#plan.problemOf(key),
        ...this.#notesOf(setting, true),
        choose: (value) => set(value === true),
      };
    }
    const refusal = this.#refusalOf(setting);
    return {
      kind: 'switch',
      key,
      label: legend,
      hint: refusal ?? this.#hintOf(setting),
      problem: this.#plan.problemOf(key),
      ...this.#notesOf(setting, true),
      checked: on,
      disabled: refusal !== null,
      set,
    };
  }

  #refusalOf({ key, limits }: Setting): string | null {
    const { classes } = this.#input();
    if (key === 'network.classes' && classes.length === 0) return 'This data set has no classes.';
    return limits.kind === 'part' ? refusalOf(key, {}, this.#seen) : null;
  }

  #hintOf({ key, help }: Setting): string {
    const { classes } = this.#input();
    return key === 'network.classes'
      ? `Samples of one of the ${formatPlural(classes.length, 'class', 'classes')} can then be asked for.`
      : help;
  }

  #controlOf(setting: Setting): SettingControl[] {
    const { key, term: label, help: hint, control } = setting;
    if (control === null) return [];
    const common = { key, label, hint, problem: this.#plan.problemOf(key), ...this.#notesOf(setting) };
    const value = valueAt(this.#input().config, key);
    switch (control) {
      case 'number':
      case 'numbers':
        return [{ ...common, kind: 'number', placeholder: textOf(value), number: this.#numberOf(setting) }];
      case 'switch': {
        const set = (on: boolean) => this.#follow({ [key]: on });
        return [{ ...common, kind: 'switch', checked: value === true, disabled: false, set }];
      }
      case 'weighting':
        return [this.#weightingOf(setting, common, String(value))];
      case 'buttons':
      case 'list':
        return this.#choiceOf(setting, control, common);
    }
  }

  #choiceOf(
    { key, choices = {}, limits }: Setting,
    kind: 'buttons' | 'list',
    common: Common,
  ): SettingControl[] {
    const value = valueAt(this.#seen, key) as Value;
    // What follows from another setting is no choice.
    const offered = limits.choices.filter(
      (choice) => !limits.nullable || refusalOf(key, choice, this.#seen) === null,
    );
    if (offered.length < 2) return [];
    return [
      {
        ...common,
        kind,
        hint: choices[String(value)]?.help ?? common.hint,
        options: offered.map((entry) => ({ value: entry, label: choices[entry]?.label ?? String(entry) })),
        value,
        choose: (chosen) => this.#follow({ [key]: chosen }),
      },
    ];
  }

  #weightingOf({ key, choices = {} }: Setting, common: Common, sound: string): WeightingControl {
    const changed = this.#input().changes[key];
    const { curve, colour } = WEIGHTINGS[key] ?? { curve: 'rec', colour: '--accent' };
    const { curves } = this.#plan;
    return {
      ...common,
      kind: 'weighting',
      named: Object.entries(choices).map(([value, { label, expression = value }]) => ({
        value,
        text: label,
        expression,
      })),
      // As it is typed, also while it is no sound expression yet.
      value: typeof changed === 'string' ? changed : sound,
      curve: curves && { t: curves.t, values: curves[curve] },
      colour,
      choose: (value) => this.#follow({ [key]: value }),
    };
  }

  /** Limits and default, and what preset and paper have. @param isSwitch whether it is there or not */
  #notesOf(setting: Setting, isSwitch = false): Pick<Common, 'facts' | 'preset' | 'paper'> {
    const { key } = setting;
    const of = (differences: Plan['differs'] | undefined): string | null => {
      const found = differences?.find((difference) => difference.key === key);
      return found === undefined ? null : wordsOf(setting, found.other, isSwitch);
    };
    return {
      facts: isSwitch ? '' : `${factsOf(setting).charAt(0).toUpperCase()}${factsOf(setting).slice(1)}.`,
      preset: of(this.#plan.differs),
      paper: of(this.#plan.paper?.differs),
    };
  }

  /** A setting as a field of numbers has it. */
  #numberOf({ key, control, limits }: Setting): NumberControl['number'] {
    const text = () => this.#textOf(key);
    const several = control === 'numbers';
    const read = (typed: string) =>
      limits.nullable && !isOptionalKey(key) && /^(?:none|null)$/i.test(typed.trim())
        ? this.#take(key, typed, null)
        : several
          ? this.#readSeveral(key, typed)
          : this.#read(key, typed);
    const problem = () => this.#plan.problemOf(key);
    return {
      get text() {
        return text();
      },
      set text(typed) {
        read(typed);
      },
      get problem() {
        return problem();
      },
    };
  }

  #textOf(key: string): string {
    const { changes, config } = this.#input();
    const text = this.#typed[key];
    const is = (value: unknown) =>
      text === value || Number(text) === value || textOf(read(text ?? '')) === textOf(value);
    const { [key]: value } = changes;
    if (value === undefined || (value === null && isOptionalKey(key))) {
      // The preset's own value is no change, and yet stays as it is typed.
      return text !== undefined && text.trim() !== '' && is(valueAt(config, key)) ? text : '';
    }
    return text !== undefined && is(value) ? text : textOf(value);
  }

  #take(key: string, typed: string, value: unknown): void {
    this.#typed[key] = typed;
    this.#follow({ [key]: value });
  }

  /** Likewise numbers with commas or spaces between them. */
  #readSeveral(key: string, typed: string): void {
    this.#take(key, typed, typed.trim() === '' ? undefined : read(typed));
  }

  /** What is no number is sent on as it is: the answer says what is wrong with it. */
  #read(key: string, typed: string): void {
    this.#typed[key] = typed;
    // An empty field stands for the preset's value, but a part that was switched on has its own.
    const nothing = isOptionalKey(key) ? '' : undefined;
    const value = typed.trim() === '' ? nothing : numberOf(typed);
    this.#follow({ [key]: Number.isNaN(value) || value === Infinity || value === -Infinity ? typed : value });
  }

  /** Changes settings, and what they bring along. */
  #follow(patch: Patch): void {
    this.#change({ ...broughtAlong(patch, this.#seen), ...patch });
  }
}

/** `1, 2 2` as numbers; as it is typed where it is something else. */
function read(typed: string): unknown {
  if (/^none$/i.test(typed.trim())) return [];
  const parts = typed.split(/[\s,;]+/).filter((part) => part !== '');
  const numbers = parts.map(Number);
  return numbers.every(Number.isFinite) ? numbers : typed;
}

/** A value as its field shows it. */
function textOf(value: unknown): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A value of preset or paper in the words of its control. */
function wordsOf({ choices = {}, optional }: Setting, value: unknown, isSwitch: boolean): string {
  if (isSwitch && optional) {
    return value === null || value === 0 || value === undefined ? optional.off.label : optional.on.label;
  }
  if (value === undefined) return word('without');
  if (typeof value === 'boolean') return word(value ? 'on' : 'off');
  const text = textOf(value);
  if (text === 'none') return word('none');
  return choices[text]?.label ?? (typeof value === 'number' ? decimal(text) : text);
}

/** Off and on as two buttons; what is usual first. */
function options(
  key: string,
  { off, on }: { off: { label: string }; on: { label: string } },
): Chosen['options'] {
  const both = [
    { value: false, label: off.label },
    { value: true, label: on.label },
  ];
  return key === 'objective.denoiserLoss' ? both.reverse() : both;
}
