/** `covae plan`: what a training will need and take, before it begins. */
import type { Command } from 'commander';
import { differencesOf, paperPresetFor } from '../../../core/config/compare.ts';
import type { ModelConfig, Preset } from '../../../core/config/model.ts';
import { checkRunRules } from '../../../core/config/run-rules.ts';
import { configForRun } from '../../../core/config/override.ts';
import { findPreset } from '../../../core/config/own-presets.ts';
import { listPresets } from '../../../core/config/presets.ts';
import { recommendPreset } from '../../../core/config/recommend.ts';
import { SETTINGS } from '../../../core/config/settings-table.ts';
import { readDatasetRecord } from '../../../core/data/catalogue.ts';
import { UserError } from '../../../core/errors.ts';
import { libraryHome } from '../../../core/library.ts';
import { presetOfRun } from '../../../core/run/preset-of-run.ts';
import type { TrainingPlan } from '../../../core/train/plan/training-plan.ts';
import { capitalised, countOf } from '../../../core/words.ts';
import type { Bind } from '../bind.ts';
import { formatBytes, formatDuration } from '../format.ts';
import { interruptible } from '../interrupt.ts';
import {
  type CommonOptions,
  givenSettings,
  parsePath,
  parseSetting,
  positiveNumber,
  type SettingOptions,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import type { Output } from '../output.ts';
import { findRun } from '../runs.ts';

interface PlanOptions extends CommonOptions, SettingOptions {
  data: string;
  preset?: string;
  like?: string;
  trial?: boolean;
}

const MAX_STEPS = 100_000_000;

export function addPlanCommand(program: Command, bind: Bind): void {
  withCommonOptions(
    program
      .command('plan')
      .description(
        'Say what a training will need and take before it begins: parameters, memory, time, disk space, and what differs ' +
          'from its preset and from the paper. Without a preset, the one recommended for these images on this machine.',
      )
      .requiredOption('--data <name>', 'data set of the library (see covae data list)')
      .option(
        '--preset <name>',
        'a preset, or a JSON file of your own (default: the recommended one)',
        parsePath,
      )
      .option('--like <run>', "a run's configuration in place of a preset")
      .addOption(wholeNumber('--steps <n>', "number of steps, in place of the preset's", 1, MAX_STEPS))
      .addOption(wholeNumber('--batch <n>', "batch size, in place of the preset's", 1, 65_536))
      .addOption(positiveNumber('--lr <rate>', "learning rate, in place of the preset's", 1))
      .option('--set <key=value>', 'any other setting, as for train; may be given many times', parseSetting)
      .option('--trial', 'measure a step: trains three on made-up images, and forgets them'),
  ).action(bind(plan));
}

/** The configuration of the run that is meant. */
export async function presetOfNamedRun(home: string, query: string): Promise<Preset> {
  return presetOfRun(home, (await findRun(home, query)).id);
}

async function plan(output: Output, options: PlanOptions): Promise<number> {
  const home = libraryHome(options.home);
  const record = await readDatasetRecord(home, options.data);
  if (options.preset !== undefined && options.like !== undefined) {
    throw new UserError('Give --preset or --like, not both.', { code: 'usage' });
  }
  const { trainingDevice } = await import('../../../core/train/plan/machine.ts');
  const device = await trainingDevice();
  const presets = await listPresets();
  const recommended = recommendPreset(presets, record, device);
  const preset =
    options.like === undefined
      ? await findPreset(home, options.preset ?? recommended.preset)
      : await presetOfNamedRun(home, options.like);
  const config = configForRun(preset, record, givenSettings(options), '--set');
  checkRunRules(config, { hasStart: false, hasHeldOut: record.heldOut > 0 });
  const { planTraining } = await import('../../../core/train/plan/training-plan.ts');
  if (options.trial === true) {
    const { measureStep } = await import('../../../core/train/plan/keep-step-time.ts');
    await interruptible(
      (signal) => measureStep(config, { signal, onPhase: (phase) => output.phase(phase) }),
      () => output.line('Stopping.'),
    );
  }
  const planned = await planTraining(config, { home, device, trained: record.count - record.heldOut });
  const paper = paperPresetFor(presets, config);
  const fromPreset = differencesOf(config, configForRun(preset, record));
  const fromPaper = paper === null ? [] : differencesOf(config, paper.config);
  output.result(
    {
      dataset: record.name,
      preset: preset.name,
      recommended,
      config,
      device,
      ...planned,
      differsFromPreset: fromPreset,
      paper: paper?.name ?? null,
      differsFromPaper: fromPaper,
    },
    [
      `${preset.title} (${preset.name}) on ${record.name}.${(options.preset ?? options.like) ? '' : ` ${recommended.reason}`}`,
      ...linesOf(planned, config),
      ...differenceLines(`Differs from the preset`, fromPreset),
      ...(paper === null ? [] : differenceLines(`Differs from ${paper.title} (${paper.name})`, fromPaper)),
    ],
  );
  return 0;
}

function linesOf(
  { parameters, latent, memory, step, seconds, disk, images, epochs }: TrainingPlan,
  config: ModelConfig,
): string[] {
  const { steps, batchSize } = config.training;
  const has = memory.available === null ? '' : ` of ${formatBytes(memory.available)}`;
  const times = epochs >= 10 ? Math.round(epochs).toLocaleString('en-US') : epochs.toPrecision(2);
  return [
    `Size: ${countOf(parameters, 'parameter')}, latent ${latent.join(' × ')}.`,
    `Memory: about ${formatBytes(memory.needed)}${has}${memoryAdvice(memory.remedy)}.`,
    `Time: ${stepWords(step)}${seconds === null ? '' : `, so ${countOf(steps, 'step')} in about ${formatDuration(seconds)}`}.`,
    `Disk: ${formatBytes(disk.total)} at most (a checkpoint has ${formatBytes(disk.checkpoint)})${disk.free === null ? '' : ` of ${formatBytes(disk.free)} that are free`}.`,
    `Images: ${countOf(steps, 'step')} of ${batchSize.toLocaleString('en-US')} are ${countOf(images, 'image')}, each of the data set ${times} ${epochs === 1 ? 'time' : 'times'}.`,
  ];
}

function memoryAdvice(remedy: TrainingPlan['memory']['remedy']): string {
  if (remedy === null) return '';
  const { batchSize, accumulate } = remedy;
  if (batchSize === null) return ', which is not enough for one image at once: take a smaller network';
  const parts = accumulate === null ? '' : `, or --set training.accumulate=${accumulate}`;
  return `, which is not enough: --batch ${batchSize}${parts} would do`;
}

function stepWords(step: TrainingPlan['step']): string {
  if (step === null) return 'not known before a step of this kind was measured here (--trial)';
  const seconds = `about ${step.seconds >= 1 ? step.seconds.toPrecision(3) : step.seconds.toPrecision(2)} s a step`;
  if (step.from === 'trial') return `${seconds}, measured in a trial on this machine`;
  if (step.from === 'run') return `${seconds}, as in the run ${step.runId ?? ''} on this machine`;
  return `roughly ${seconds.replace('about ', '')}, by its work beside another configuration’s (--trial measures it)`;
}

function differenceLines(
  title: string,
  differences: readonly { key: string; value: unknown; other: unknown }[],
): string[] {
  if (differences.length === 0) return [`${title}: in nothing.`];
  return [
    `${title}:`,
    ...differences.map(({ key, value, other }) => {
      const term = SETTINGS.find((setting) => setting.key === key)?.term ?? key;
      return `  ${key}: ${valueText(value)} in place of ${valueText(other)} (${capitalised(term)})`;
    }),
  ];
}

function valueText(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
