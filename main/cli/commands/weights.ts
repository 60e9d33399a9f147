/** `covae weights export` and `covae weights import`. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { checkFileName } from '../../../core/export/target.ts';
import { isFolder } from '../../../core/files.ts';
import { libraryHome, runFolder } from '../../../core/library.ts';
import { isStreamTarget, type OutputOptions } from '../../../core/output.ts';
import type { FolderFormat } from '../../../core/portable/export-model.ts';
import type { RunSummary } from '../../../core/run/manifest.ts';
import { stepOfCheckpoint, type WhichCheckpoint } from '../../../core/run/which-checkpoint.ts';
import { formatBytes, shellWord } from '../format.ts';
import {
  checkpointOption,
  type CommonOptions,
  forceOption,
  MAX_SEED,
  parseFreeName,
  parsePath,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../bind.ts';
import { EXIT } from '../../exit-codes.ts';
import { formatNumber } from '../../../core/digits.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import { projectFile } from '../project.ts';
import { findDrawableRun } from './drawing.ts';
import { LICENCE, MODEL_FORMATS, type ModelFormat } from '../../../core/takeout/model-formats.ts';
import { countOf, plural } from '../../../core/words.ts';

interface ExportOptions extends CommonOptions, OutputOptions {
  as: ModelFormat;
  out?: string;
  weights: 'ema' | 'raw';
  module?: 'autoencoder' | 'covae';
  dtype?: 'float32' | 'float16';
  step: WhichCheckpoint;
  licence?: string;
  /** Of safetensors: whether a model card is written beside them. */
  card: boolean;
}

interface ImportOptions extends CommonOptions {
  config?: string;
  name?: string;
  data?: string;
  step: number;
  seed: number;
  ignoreUnknown?: boolean;
}

export function addWeightsCommands(program: Command, bind: Bind): void {
  const weights = program
    .command('weights')
    .description('take models to PyTorch and other programs, and make runs of weights from elsewhere')
    .helpCommand(false);
  withCommonOptions(
    weights
      .command('export')
      .description(
        "Write a run's model for other programs, with a model card that says where it comes from: its weights with the " +
          'names, layouts and buffers of the reference implementation (safetensors), so that load_state_dict(strict=True) ' +
          'takes them, or its networks as a TensorFlow SavedModel, as ONNX, in float32 or with weights of 8 bits, or as a page that draws in a ' +
          'browser without a server or network.',
      )
      .argument(
        '[run]',
        'id or name of the run, or the beginning of its id (default: the newest with a checkpoint)',
      )
      .addOption(
        new Option('--as <format>', 'weights for PyTorch, or networks that run elsewhere')
          .choices(MODEL_FORMATS)
          .default('safetensors'),
      )
      .option(
        '--out <path>',
        'safetensors: file, or folder for it; others: new folder (default: a name of its own, in this folder)',
        parsePath,
      )
      .addOption(forceOption())
      .addOption(checkpointOption())
      .addOption(
        new Option('--weights <kind>', 'the EMA weights, or the weights in training')
          .choices(['ema', 'raw'])
          .default('ema'),
      )
      .addOption(
        new Option(
          '--module <class>',
          'safetensors: the state of AutoEncoder (default), or of the whole CoVAE module with the discriminator and layer norm it may have',
        ).choices(['autoencoder', 'covae']),
      )
      .addOption(
        new Option(
          '--dtype <type>',
          'safetensors: of the numbers (default: float32); float16 is half as large, rounded to the nearest',
        ).choices(['float32', 'float16']),
      )
      .option(
        '--licence <id>',
        'licence that the model card names, by its SPDX identifier such as cc-by-4.0',
        parseLicence,
      )
      .option('--no-card', 'safetensors: write no model card beside the file'),
  ).action(bind(exportCommand));
  withCommonOptions(
    weights
      .command('import')
      .description(
        'Make a run from a PyTorch checkpoint: safetensors, or a .pt, .pth or Lightning .ckpt file, of whose pickle nothing ' +
          'is run. The state of AutoEncoder, of the whole CoVAE module or of the Lightning module is found wherever it lies, ' +
          'averages with it. With a data set it can be trained further; the optimiser begins anew.',
      )
      .argument('<file>', 'safetensors file, or one of PyTorch', parsePath)
      .option(
        '--config <file>',
        'JSON file: a preset, {network, objective, training}, or a configuration of the reference (default: the ' +
          'one in the file, when it was written by covae weights export)',
        parsePath,
      )
      .option('--name <name>', "name of the run (default: the file's)", parseFreeName)
      .option('--data <name>', 'data set of the library to train on further (default: none)')
      .addOption(wholeNumber('--step <n>', 'step that the weights are of', 0, 100_000_000).default(0))
      .addOption(wholeNumber('--seed <n>', 'seed of everything random from here on', 0, MAX_SEED).default(0))
      .option('--ignore-unknown', "pass over tensors that are not the model's"),
  ).action(bind(importCommand));
}

/** As SPDX forms its identifiers. */
function parseLicence(value: string): string {
  if (LICENCE.test(value)) return value;
  throw new InvalidArgumentError('Give an SPDX identifier such as mit, cc-by-4.0 or other.');
}

async function exportCommand(output: Output, options: ExportOptions, query?: string): Promise<number> {
  const home = libraryHome(options.home);
  const run = await findDrawableRun(home, query);
  return options.as === 'safetensors'
    ? exportSafetensors(output, home, run, options)
    : exportNetworks(output, home, run, options, options.as);
}

async function exportSafetensors(
  output: Output,
  home: string,
  run: RunSummary,
  options: ExportOptions,
): Promise<number> {
  const { weights, module = 'autoencoder', dtype = 'float32', out, force, card, licence } = options;
  const folder = out !== undefined && (await isFolder(out)) ? out : undefined;
  const file = folder === undefined ? out : undefined;
  const { checkWeightsTarget, exportWithCard } = await import('../../../core/portable/export-weights.ts');
  if (file !== undefined) {
    if (!isStreamTarget(file)) checkFileName(file, '.safetensors', 'weights');
    checkWeightsTarget(file, { force, card });
  }
  const step = await stepOfCheckpoint(runFolder(home, run.id), options.step);
  const written = await exportWithCard(
    runFolder(home, run.id),
    (found) => path.resolve(folder ?? '.', file ?? `${run.id}-step-${found}-${weights}.safetensors`),
    { home, weights, module, dtype, force, card, licence, ...(step !== undefined && { step }) },
  );
  for (const alert of written.alerts) output.warn(alert);
  const [, markdown] = written.cards;
  output.result({ run: run.id, as: 'safetensors', weights, module, dtype, ...written }, [
    `Wrote ${weightsText(options)} of step ${written.step}, ` +
      `${countOf(written.tensors, 'tensor')} (${formatBytes(written.bytes)}), as ${written.file}.`,
    ...(markdown === undefined ? [] : [`Its model card is ${markdown}.`]),
    `Load them with ${module === 'covae' ? 'model' : 'autoencoder'}.load_state_dict(safetensors.torch.load_file(…)).`,
  ]);
  return EXIT.DONE;
}

async function exportNetworks(
  output: Output,
  home: string,
  run: RunSummary,
  { weights, module, dtype, out, licence, step: which, force, card }: ExportOptions,
  as: FolderFormat,
): Promise<number> {
  const foreign = Object.entries({
    '--module': module,
    '--dtype': dtype,
    '--no-card': card ? undefined : true,
  });
  const option = foreign.find(([, value]) => value !== undefined)?.[0];
  if (option !== undefined) {
    throw new UserError(`${option} belongs to --as safetensors; leave it out, or export those.`, {
      code: 'usage',
    });
  }
  if (force) {
    throw new UserError(`--force replaces files, and ${as} is written as a new folder; leave it out.`, {
      code: 'usage',
    });
  }
  const { checkModelFolder, exportModel } = await import('../../../core/portable/export-model.ts');
  if (out !== undefined) await checkModelFolder(out);
  output.phase(`Opening ${run.id}`);
  const step = await stepOfCheckpoint(runFolder(home, run.id), which);
  const written = await unlessInterrupted(
    (signal) =>
      exportModel(
        runFolder(home, run.id),
        (found) => path.resolve(out ?? `${run.id}-step-${found}-${weights}-${as}`),
        { home, as, weights, step, licence, pageScript, signal, onPhase: (text) => output.phase(text) },
      ),
    () => output.warn('Stopping; nothing is written.'),
  );
  if (written === null) return stoppedWithNothing(output);
  const { folder, files, card: modelCard, alerts } = written;
  for (const alert of alerts) output.warn(alert);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  output.result({ run: run.id, as, weights, ...written }, [
    `Wrote ${weightsText({ weights })} of step ${written.step} in ${countOf(files.length, 'file')} (${formatBytes(bytes)}) into ${folder}; its README.md says how to use them.`,
    ...(modelCard.rounding ?? []).map(
      ({ passes, samples, mean, largest, psnr }) =>
        `With weights of 8 bits, ${countOf(samples, 'sample')} in ${countOf(passes, 'pass', 'passes')} differ by ` +
        `${formatNumber(mean)} of 255 on average and ${largest} at most${psnr === null ? '' : ` (${formatNumber(psnr)} dB)`}.`,
    ),
  ]);
  return EXIT.DONE;
}

/** What set-up has bundled of renderer/page/. */
async function pageScript(): Promise<string> {
  const file = projectFile('dist/page.js');
  if (file === null) {
    throw new UserError('The program for pages is not built yet; run npm run build first.', {
      code: 'not-found',
    });
  }
  return readFile(file, 'utf8');
}

function weightsText({ weights }: Pick<ExportOptions, 'weights'>): string {
  return weights === 'ema' ? 'the averages' : 'the weights in training';
}

async function importCommand(output: Output, options: ImportOptions, file = ''): Promise<number> {
  const home = libraryHome(options.home);
  const { importWeights } = await import('../../../core/train/weights-import.ts');
  const { passedOverSentence } = await import('../../../core/train/weights-file.ts');
  const { manifest, folder, found, unused, passedOver } = await importWeights({
    home,
    file: path.resolve(file),
    ...(options.config !== undefined && { configFile: path.resolve(options.config) }),
    ...(options.name !== undefined && { name: options.name }),
    ...(options.data !== undefined && { dataset: options.data }),
    step: options.step,
    seed: options.seed,
    ignoreUnknown: options.ignoreUnknown ?? false,
  });
  const { id, parameters, config } = manifest;
  const homeHint = options.home === undefined ? '' : ` --home ${shellWord(options.home)}`;
  const judged = config.objective.adversarial !== null;
  const unmade = passedOverSentence(passedOver);
  output.result({ run: id, folder, step: options.step, parameters, found, unused, passedOver, manifest }, [
    `Made run ${id} with ${countOf(parameters, 'parameter')} at step ${options.step} of ${config.training.steps}.`,
    found.averages === found.weights
      ? 'The file has one set of weights; it serves as the EMA weights too.'
      : 'The file has weights and EMA weights.',
    ...(judged && found.discriminator === null ? ['It has no discriminator; that begins anew.'] : []),
    ...(unused.length > 0
      ? [
          `${countOf(unused.length, 'other tensor')} in the file ${plural(unused.length, 'was', 'were')} passed over.`,
        ]
      : []),
    ...(unmade === null ? [] : [unmade]),
    `Draw from it with npx covae sample ${shellWord(id)}${homeHint}.`,
  ]);
  return EXIT.DONE;
}
