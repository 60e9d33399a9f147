/** `covae weights export` and `covae weights import`. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { checkFileName } from '../../../core/export/target.ts';
import { isFolder } from '../../../core/files.ts';
import { libraryHome, runFolder } from '../../../core/library.ts';
import { checkOutput, isStreamTarget, type OutputOptions } from '../../../core/output.ts';
import { stepOfCheckpoint, type WhichCheckpoint } from '../../../core/run/which-checkpoint.ts';
import { formatBytes, shellWord } from '../format.ts';
import {
  checkpointOption,
  type CommonOptions,
  forceOption,
  MAX_SEED,
  parseName,
  parsePath,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../bind.ts';
import { findRun } from '../runs.ts';
import { countOf, plural } from '../../../core/words.ts';

interface ExportOptions extends CommonOptions, OutputOptions {
  out?: string;
  weights: 'ema' | 'raw';
  module: 'autoencoder' | 'covae';
  dtype: 'float32' | 'float16';
  step: WhichCheckpoint;
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
    .description('exchange weights with PyTorch, as safetensors files')
    .helpCommand(false);
  withCommonOptions(
    weights
      .command('export')
      .description(
        "Write a run's weights with the names, layouts and buffers of the reference implementation, so that " +
          'load_state_dict(strict=True) takes them.',
      )
      .argument(
        '[run]',
        'id or name of the run, or the beginning of its id (default: the newest with a checkpoint)',
      )
      .option(
        '--out <path>',
        'safetensors file or folder to write to (default: a name of its own, in this folder)',
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
          'the state of AutoEncoder, or of the whole CoVAE module with the discriminator and layer norm it may have',
        )
          .choices(['autoencoder', 'covae'])
          .default('autoencoder'),
      )
      .addOption(
        new Option('--dtype <type>', 'of the numbers; float16 is half as large, rounded to the nearest')
          .choices(['float32', 'float16'])
          .default('float32'),
      ),
  ).action(bind(exportCommand));
  withCommonOptions(
    weights
      .command('import')
      .description(
        "Make a run from a PyTorch checkpoint's state_dict, saved as safetensors: of AutoEncoder, of the whole CoVAE " +
          'module, or of the Lightning module (whose EMA weights are then used as such). With a data set it can be ' +
          'trained further; the optimiser begins anew.',
      )
      .argument('<file>', 'safetensors file', parsePath)
      .option(
        '--config <file>',
        'JSON file: a preset, {network, objective, training}, or a configuration of the reference (default: the ' +
          'one in the file, when it was written by covae weights export)',
        parsePath,
      )
      .option('--name <name>', "name of the run (default: the file's)", parseName)
      .option('--data <name>', 'data set of the library to train on further (default: none)')
      .addOption(wholeNumber('--step <n>', 'step that the weights are of', 0, 100_000_000).default(0))
      .addOption(wholeNumber('--seed <n>', 'seed of everything random from here on', 0, MAX_SEED).default(0))
      .option('--ignore-unknown', "pass over tensors that are not the model's"),
  ).action(bind(importCommand));
}

async function exportCommand(output: Output, options: ExportOptions, query?: string): Promise<number> {
  const { weights, module, dtype } = options;
  const home = libraryHome(options.home);
  const run = await findRun(home, query, ({ drawable }) => drawable);
  if (!run.drawable) {
    throw new UserError(
      `Run ${run.id} has no checkpoint yet; train it for a while with covae resume ${run.id}.`,
      { code: 'not-found' },
    );
  }
  const { out } = options;
  const folder = out !== undefined && (await isFolder(out)) ? out : undefined;
  const file = folder === undefined ? out : undefined;
  if (file !== undefined) {
    if (!isStreamTarget(file)) checkFileName(file, '.safetensors', 'weights');
    checkOutput(file, options);
  }
  const step = await stepOfCheckpoint(runFolder(home, run.id), options.step);
  const { exportWeights } = await import('../../../core/train/weights-export.ts');
  const written = await exportWeights(
    runFolder(home, run.id),
    (found) => path.resolve(folder ?? '.', file ?? `${run.id}-step-${found}-${weights}.safetensors`),
    { weights, module, dtype, force: options.force, ...(step !== undefined && { step }) },
  );
  if (written.damage !== null) output.warn(written.damage);
  output.result({ run: run.id, weights, module, dtype, ...written }, [
    `Wrote ${weights === 'ema' ? 'the averages' : 'the weights in training'} of step ${written.step}, ` +
      `${countOf(written.tensors, 'tensor')} (${formatBytes(written.bytes)}), as ${written.file}.`,
    `Load them with ${module === 'covae' ? 'model' : 'autoencoder'}.load_state_dict(safetensors.torch.load_file(…)).`,
  ]);
  return 0;
}

async function importCommand(output: Output, options: ImportOptions, file = ''): Promise<number> {
  const home = libraryHome(options.home);
  const { importWeights } = await import('../../../core/train/weights-import.ts');
  const { manifest, folder, found, unused } = await importWeights({
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
  output.result({ run: id, folder, step: options.step, parameters, found, unused, manifest }, [
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
    `Draw from it with npx covae sample ${shellWord(id)}${homeHint}.`,
  ]);
  return 0;
}
