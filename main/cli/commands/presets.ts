/** `covae presets`: those of the program and those of a person's own. */
import type { Command } from 'commander';
import { applySettings } from '../../../core/config/override.ts';
import {
  exportPreset,
  findPreset,
  importOwnPresets,
  listOwnPresets,
  removeOwnPreset,
  saveOwnPreset,
} from '../../../core/config/own-presets.ts';
import { listPresets } from '../../../core/config/presets.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { UserError } from '../../../core/errors.ts';
import { libraryHome } from '../../../core/library.ts';
import type { Bind } from '../bind.ts';
import { table } from '../format.ts';
import {
  type CommonOptions,
  forceOption,
  parseFreeName,
  parsePath,
  parsePaths,
  parseSetting,
  withCommonOptions,
} from '../options.ts';
import type { Output } from '../output.ts';
import { presetOfNamedRun } from './plan.ts';

interface SaveOptions extends CommonOptions {
  preset?: string;
  like?: string;
  set?: Settings;
  description?: string;
}

interface ExportOptions extends CommonOptions {
  out: string;
  force?: boolean;
}

export function addPresetCommands(program: Command, bind: Bind): void {
  const presets = program
    .command('presets')
    .description('configurations to begin with: those that come with the program, and your own')
    .helpCommand(false);
  withCommonOptions(
    presets.command('list').description('List the presets that there are, with what they need and give.'),
  ).action(bind(list));
  withCommonOptions(
    presets
      .command('save')
      .description('Keep a configuration as a preset of your own: a preset or a run, with settings changed.')
      .argument('<title>', 'what it is called', parseFreeName)
      .option('--preset <name>', 'a preset, or a JSON file', parsePath)
      .option('--like <run>', "a run's configuration in place of a preset")
      .option('--set <key=value>', 'a setting to change, as for train; may be given many times', parseSetting)
      .option('--description <text>', 'what it is for'),
  ).action(bind(save));
  withCommonOptions(
    presets
      .command('export')
      .description('Write a preset as a file.')
      .argument('<name>', 'name of a preset')
      .requiredOption('--out <file>', 'JSON file to write', parsePath)
      .addOption(forceOption()),
  ).action(bind(write));
  withCommonOptions(
    presets
      .command('import')
      .description('Take files of presets into the library. Ends with 1 when one of them cannot be used.')
      .argument('<files...>', 'JSON files of presets', parsePaths),
  ).action(bind(take));
  withCommonOptions(
    presets
      .command('remove')
      .description('Remove a preset of your own; runs that began with it keep their configuration.')
      .argument('<name>', 'name of a preset of your own'),
  ).action(bind(remove));
}

async function list(output: Output, options: CommonOptions): Promise<number> {
  const [presets, own] = await Promise.all([listPresets(), listOwnPresets(libraryHome(options.home))]);
  const rows = [...presets, ...own.presets].map(({ name, title }) => [name, title]);
  for (const { problem } of own.damaged) output.warn(problem);
  const known = (which: typeof presets) =>
    which.map(({ name, title, description, paper = false }) => ({ name, title, description, paper }));
  output.result({ presets: known(presets), own: known(own.presets), damaged: own.damaged }, table(rows));
  return 0;
}

async function save(output: Output, options: SaveOptions, title = ''): Promise<number> {
  const home = libraryHome(options.home);
  if ((options.preset === undefined) === (options.like === undefined)) {
    throw new UserError('Say what to keep: --preset NAME or --like RUN.', { code: 'usage' });
  }
  const from =
    options.like === undefined
      ? await findPreset(home, options.preset ?? '')
      : await presetOfNamedRun(home, options.like);
  const config = applySettings(from.config, options.set ?? {}, '--set');
  const description = options.description ?? from.description;
  const preset = await saveOwnPreset(home, { title, description, config });
  output.result({ preset }, [`Kept as ${preset.name}; train with it: covae train --preset ${preset.name}`]);
  return 0;
}

async function write(output: Output, { home, out, force }: ExportOptions, name = ''): Promise<number> {
  const preset = await findPreset(libraryHome(home), name);
  await exportPreset(preset, out, { force });
  output.result({ preset: preset.name, file: out }, [`${preset.name} is written to ${out}.`]);
  return 0;
}

async function take(output: Output, { home }: CommonOptions, ...files: string[]): Promise<number> {
  const { taken, refused } = await importOwnPresets(libraryHome(home), files);
  for (const { problem } of refused) output.warn(problem);
  output.result(
    { presets: taken, refused },
    taken.map(({ title, name }) => `“${title}” is imported; train with it: covae train --preset ${name}`),
  );
  return refused.length === 0 ? 0 : 1;
}

async function remove(output: Output, { home }: CommonOptions, name = ''): Promise<number> {
  await removeOwnPreset(libraryHome(home), name);
  output.result({ removed: name }, [`The preset ${name} is removed.`]);
  return 0;
}
