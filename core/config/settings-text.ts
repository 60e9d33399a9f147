/** The table of settings in words, for a terminal and for docs/settings.md. */
import { VARIANTS } from './defaults.ts';
import type { Preset } from './model.ts';
import { type Need, valueAt } from './setting-rules.ts';
import { type Setting, SETTING_GROUPS, SETTINGS } from './settings-table.ts';
import { capitalised } from '../words.ts';

/** What values a setting takes: `a whole number from 1 to 16`, `"huber", "l2" or "bce"`. */
export function valuesOf({ limits, choices }: Setting): string {
  const or = limits.nullable ? ', or null' : '';
  switch (limits.kind) {
    case 'choice':
      return `${list(limits.choices.map((choice) => JSON.stringify(choice)))}${or}`;
    case 'switch':
      return 'true or false';
    case 'part':
      return 'its parts, or null';
    case 'text':
      return `${Object.keys(choices ?? {})
        .map((name) => `"${name}"`)
        .join(', ')}, or an expression of t`;
    case 'number':
      return `a ${limits.whole ? 'whole ' : ''}number${rangeOf(limits)}${or}`;
    case 'numbers': {
      const { minLength, maxLength } = limits;
      const length =
        minLength !== null && maxLength !== null ? `${minLength} to ${maxLength}` : 'any number of';
      return `${length} ${limits.whole ? 'whole ' : ''}numbers${rangeOf(limits)}`;
    }
  }
}

function rangeOf({ min, max, above, below, multipleOf }: Setting['limits']): string {
  const number = (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: 21 });
  const from = min !== null ? ` from ${number(min)}` : above !== null ? ` above ${number(above)}` : '';
  const joint = from === '' ? '' : min !== null ? '' : ',';
  const to =
    max !== null
      ? `${min !== null ? ' to' : `${joint} at most`} ${number(max)}`
      : below !== null
        ? `${min !== null ? ' and' : joint} below ${number(below)}`
        : min !== null
          ? ' on'
          : '';
  const step = multipleOf !== null && multipleOf !== 1 ? `, a multiple of ${multipleOf}` : '';
  return `${from}${to}${step}`;
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** For which variants and with what else a setting has an effect; null for one that always has. */
export function conditionOf({ variants, need }: Setting): string | null {
  const parts = [
    ...(variants.length < VARIANTS.length ? [`for ${list(variants)}`] : []),
    ...(need === null ? [] : [needInWords(need)]),
  ];
  return parts.length === 0 ? null : parts.join(', ');
}

function needInWords(need: Need): string {
  const values = list(('is' in need ? need.is : need.isNot).map((value) => JSON.stringify(value)));
  return `with ${need.key} ${'is' in need ? '' : 'other than '}${values}`;
}

/** The value where a preset says nothing; null where it has to say it. */
export function defaultOf({ defaults, variants }: Setting): string | null {
  const known = variants.flatMap((variant) => {
    const { [variant]: value } = defaults;
    return value === undefined ? [] : [{ variant, text: JSON.stringify(value) }];
  });
  if (known.length === 0) return null;
  const [first] = known;
  if (known.every(({ text }) => text === first?.text)) return first?.text ?? null;
  return known.map(({ variant, text }) => `${text} (${variant})`).join(', ');
}

/** docs/settings.md: all settings by group, and what the presets have. */
export function settingsPage(presets: readonly Preset[]): string {
  const lines = [
    '# Settings',
    '',
    'Made from the table of settings in `core/config/settings-table.ts` by `npx covae settings --markdown`. All of these',
    'can be set in a preset’s file, with `npx covae train --set KEY=VALUE`, and many under _Advanced_ in the window.',
    'A default is what counts where a preset says nothing, or what a variant brings with it; without one, a preset has to',
    'say it.',
    '',
  ];
  for (const [group, title] of Object.entries(SETTING_GROUPS)) {
    lines.push(`## ${title}`, '');
    for (const setting of SETTINGS.filter((candidate) => candidate.group === group)) {
      lines.push(`- ${entryOf(setting)}`);
    }
    lines.push('');
  }
  lines.push('## What the presets have', '', ...presetTable(presets), '');
  return lines.join('\n');
}

/** What a setting does, and what leaving it out means. */
export function helpOf({ help, optional }: Setting): string {
  if (optional?.as !== 'buttons') return help;
  return `${help} ${optional.legend}: ${optional.off.label} (null), otherwise ${optional.on.label}.`;
}

function entryOf(setting: Setting): string {
  const { key, term, paper } = setting;
  const note = paper === undefined ? '' : ` ${paper}`;
  return `\`${key}\`: **${term}.** ${helpOf(setting)} _${capitalised(factsOf(setting))}._${note}`;
}

/** Values, unit, default and condition of a setting. */
export function factsOf(setting: Setting): string {
  const { unit } = setting;
  const condition = conditionOf(setting);
  const initial = defaultOf(setting);
  return [
    `${valuesOf(setting)}${unit === undefined ? '' : ` (${unit})`}`,
    ...(initial === null ? [] : [`default ${initial}`]),
    ...(condition === null ? [] : [`only ${condition}`]),
  ].join('; ');
}

/** The keys of all settings by group, for the help of a command. */
export function keysByGroup(): string[] {
  return Object.entries(SETTING_GROUPS).flatMap(([group, title]) => [
    `  ${title}:`,
    ...SETTINGS.filter((setting) => setting.group === group).map(
      ({ key, term }) => `    ${key.padEnd(36)}${term}`,
    ),
  ]);
}

/** Settings in which presets differ, or that they all set; one column a preset. */
function presetTable(presets: readonly Preset[]): string[] {
  const rows = SETTINGS.filter(({ limits }) => limits.kind !== 'part')
    .map(({ key }) => [
      `\`${key}\``,
      ...presets.map(({ config }) => JSON.stringify(valueAt(config, key)) as string | undefined),
    ])
    .filter((cells) => cells.slice(1).some((cell) => cell !== undefined))
    .map((cells) => cells.map((cell) => cell ?? ''));
  const header = ['setting', ...presets.map(({ name }) => `\`${name}\``)];
  const widths = header.map((_, column) =>
    Math.max(3, ...[header, ...rows].map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
