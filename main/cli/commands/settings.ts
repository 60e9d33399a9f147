/** `covae settings`: the table of settings. */
import type { Command } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { listPresets } from '../../../core/config/presets.ts';
import { SETTING_GROUPS, type Setting, SETTINGS } from '../../../core/config/settings-table.ts';
import { factsOf, helpOf, settingsPage } from '../../../core/config/settings-text.ts';
import type { CommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../bind.ts';

interface SettingsOptions extends CommonOptions {
  markdown?: boolean;
}

export function addSettingsCommand(program: Command, bind: Bind): void {
  program
    .command('settings')
    .description('List the settings of a configuration: what each does, its values and its default.')
    .argument('[key]', 'one of them, or the beginning of several keys, such as objective.adversarial')
    .option('--json', 'print JSON lines for machines instead of text')
    .option('--markdown', 'print the page docs/settings.md, with the settings of the presets')
    .action(bind(settings));
}

async function settings(output: Output, { markdown }: SettingsOptions, beginning = ''): Promise<number> {
  if (markdown) {
    output.result(
      {},
      settingsPage(await listPresets())
        .trimEnd()
        .split('\n'),
    );
    return 0;
  }
  const found = SETTINGS.filter(({ key }) => key.startsWith(beginning));
  if (found.length === 0) {
    throw new UserError(
      `There is no setting whose key begins with "${beginning}"; covae settings lists all of them.`,
    );
  }
  const lines = Object.entries(SETTING_GROUPS).flatMap(([group, title]) => {
    const own = found.filter((setting) => setting.group === group);
    return own.length === 0 ? [] : ['', title, ...own.flatMap(linesOf)];
  });
  output.result({ settings: found }, lines.slice(1));
  return 0;
}

function linesOf(setting: Setting): string[] {
  const { key, term, paper } = setting;
  return [
    `  ${key}: ${term}. ${helpOf(setting)}`,
    `      ${factsOf(setting)}.${paper === undefined ? '' : ` ${paper}`}`,
  ];
}
