/** `covae data …`: data sets of the library. */
import path from 'node:path';
import type { Command } from 'commander';
import { listPresets } from '../../../core/config/presets.ts';
import { adviceOn } from '../../../core/config/recommend.ts';
import { listGpus } from '../../../core/device.ts';
import { listDatasets } from '../../../core/data/catalogue.ts';
import type { Measurements } from '../../../core/data/measurements.ts';
import type { DatasetRecord } from '../../../core/data/dataset.ts';
import {
  emptyTrash,
  listTrash,
  removeDataset,
  restoreDataset,
  weighTrash,
} from '../../../core/data/trash.ts';
import type { VerifiedDataset } from '../../../core/data/verify.ts';
import { UserError } from '../../../core/errors.ts';
import { datasetFolder, libraryHome } from '../../../core/library.ts';
import { checkOutput, type OutputOptions, writeOutputFile } from '../../../core/output.ts';
import { EXIT } from '../../exit-codes.ts';
import { formatBytes, formatDuration, shellWord, table } from '../format.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import { type CommonOptions, forceOption, parseName, parsePath, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../bind.ts';
import {
  addImportCommand,
  importing,
  type SettingOptions,
  settingsOf,
  withSettingOptions,
} from './data-import.ts';
import { parseIndices } from './explore/look.ts';
import { addAugmentCommand } from './data-augment.ts';
import { addClassifierCommand } from './data-classifier.ts';
import { countOf } from '../../../core/words.ts';

interface ExportOptions extends CommonOptions, OutputOptions {
  to: string;
}

interface TrashOptions extends CommonOptions {
  empty?: boolean;
}

interface DuplicateOptions extends CommonOptions, SettingOptions {
  name: string;
}

export function addDataCommands(program: Command, bind: Bind): void {
  const data = program
    .command('data')
    .description('import images; list, show, export and change data sets')
    .helpCommand(false);
  addImportCommand(data, bind);
  addClassifierCommand(data, bind);
  addAugmentCommand(data, bind);
  withCommonOptions(data.command('list').description('List the data sets of the library.')).action(
    bind(listData),
  );
  withCommonOptions(
    data
      .command('show')
      .description(
        'Say what is in a data set: where it came from, its classes, statistics, odd images, and how to train on so many.',
      )
      .argument('<name>', 'name of the data set'),
  ).action(bind(showData));
  withCommonOptions(
    data
      .command('verify')
      .description(
        'Hold the pixels, classes and split of data sets to what was imported. Ends with 1 when something is damaged.',
      )
      .argument('[name]', 'name of the data set (default: all)'),
  ).action(bind(verifyData));
  withCommonOptions(
    data
      .command('export')
      .description(
        'Write a data set for other programs: PNG files in class folders, or an npz file for NumPy.',
      )
      .argument('<name>', 'name of the data set')
      .requiredOption('--to <path>', 'a new folder, or a file that ends in .npz', parsePath)
      .addOption(forceOption()),
  ).action(bind(exportData));
  withCommonOptions(
    withSettingOptions(
      data
        .command('duplicate')
        .description(
          'Import what a data set was made from once more with other settings; from its own images when the files ' +
            'are gone.',
        )
        .argument('<name>', 'name of the data set')
        .requiredOption('--name <new>', 'name of the new data set', parseName),
    ),
  ).action(bind(duplicateData));
  withCommonOptions(
    data
      .command('subset')
      .description('Make a data set of some images of another, or list their classes and names (CSV).')
      .argument('<name>', 'name of the data set')
      .requiredOption('--images <list>', 'numbers of the images: 1,5,9', parseIndices)
      .option('--name <new>', 'name of the new data set', parseName)
      .option('--table <file>', 'or a table of numbers, classes and names to write', parsePath)
      .addOption(forceOption()),
  ).action(bind(subsetData));
  withCommonOptions(
    data
      .command('rename')
      .description('Give a data set another name, also in the runs that are trained on it.')
      .argument('<name>', 'name of the data set')
      .argument('<new>', 'its new name'),
  ).action(bind(renameData));
  withCommonOptions(
    data
      .command('remove')
      .description("Move a data set to the library's trash, from where it can be restored.")
      .argument('<name>', 'name of the data set'),
  ).action(bind(removeData));
  withCommonOptions(
    data
      .command('restore')
      .description('Bring back the data set of this name that was removed last.')
      .argument('<name>', 'name of the data set'),
  ).action(bind(restoreData));
  withCommonOptions(
    data
      .command('trash')
      .description('List the data sets that were removed and can be restored, or remove them for good.')
      .option('--empty', 'remove all of them for good'),
  ).action(bind(trashData));
}

async function showData(output: Output, options: CommonOptions, name = ''): Promise<number> {
  const home = libraryHome(options.home);
  const { readDatasetRecord } = await import('../../../core/data/catalogue.ts');
  const { readMeasurements } = await import('../../../core/data/measurements.ts');
  const record = await readDatasetRecord(home, name);
  const measurements = await readMeasurements(home, name);
  const { meanImage: _, ...told } = measurements;
  const folder = datasetFolder(home, name);
  const advice = adviceOn(await listPresets(), record, { kind: await deviceKind() });
  output.result({ ...record, ...told, record, advice, folder, home }, [
    ...shownLines(record, measurements, folder),
    advice.text,
  ]);
  return 0;
}

/** What would train. TensorFlow, which takes a second to load, is asked only where there is a GPU to be used. */
async function deviceKind(): Promise<'CPU' | 'GPU'> {
  if ((await listGpus()).length === 0) return 'CPU';
  const { trainingDevice } = await import('../../../core/train/plan/machine.ts');
  return (await trainingDevice()).kind;
}

function shownLines(record: DatasetRecord, measured: Measurements, folder: string): string[] {
  const { count, height, width, channels, source, classes, heldOut, leftOut, mean, std, unlabelled } = record;
  const { classCounts, flags, flip } = measured;
  const number = (value: number): string => value.toFixed(1);
  const classRows = (classes ?? []).map((name, index) => ['', name, String(classCounts?.[index] ?? 0)]);
  return [
    `${record.name}: ${countOf(count, 'image')} of ${width} × ${height} pixels, ${channels === 1 ? 'grey' : 'colour'}`,
    `From: ${source.description}`,
    ...(record.remarks ?? []),
    ...source.paths.map((from) => `  ${from}`),
    `Imported ${record.createdAt.slice(0, 16).replace('T', ' ')} into ${folder}`,
    `Values: mean ${mean.map(number).join(', ')}, standard deviation ${std.map(number).join(', ')}, of 0 to 255`,
    ...(heldOut > 0 ? [`Held out of training: ${heldOut}`] : []),
    ...(leftOut.all > 0
      ? [
          `Left out: ${countOf(leftOut.all, 'file')} (${countOf(leftOut.duplicates, 'duplicate')}, ${leftOut.small} too small)`,
        ]
      : []),
    ...(classRows.length > 0 ? ['Classes:', ...table(classRows)] : ['No classes.']),
    ...(unlabelled === undefined ? [] : [`Without a class: ${unlabelled}`]),
    `Mirroring: ${flip.reason}`,
    `Odd images: ${flags.nearConstant.total} nearly of one colour, ${countOf(flags.duplicates.total, 'duplicate')}, ` +
      `${flags.suspicious.total} unlike the others`,
    ...flags.suspicious.images.slice(0, 10).map(({ image, reason }) => `  image ${image}: ${reason}`),
    `Fingerprint: ${record.fingerprint}`,
  ];
}

async function verifyData(output: Output, options: CommonOptions, name?: string): Promise<number> {
  const home = libraryHome(options.home);
  const { readDatasetRecord } = await import('../../../core/data/catalogue.ts');
  const { verifyDataset } = await import('../../../core/data/verify.ts');
  if (name !== undefined) await readDatasetRecord(home, name);
  const names = name === undefined ? (await listDatasets(home)).map((entry) => entry.name) : [name];
  const datasets = await unlessInterrupted(
    async (signal) => {
      const verified: VerifiedDataset[] = [];
      for (const each of names) {
        const onProgress = ({ done, total }: { done: number; total: number }): void =>
          output.progress(`${each}: ${formatBytes(done)} of ${formatBytes(total)}`, {
            name: each,
            done,
            total,
          });
        verified.push(await verifyDataset(home, each, { signal, onProgress }));
      }
      return verified;
    },
    () => output.warn('Stopping; nothing was changed.'),
  );
  if (datasets === null) return stoppedWithNothing(output);
  for (const { problems, notes } of datasets) for (const text of [...problems, ...notes]) output.warn(text);
  const rows = datasets.map(({ name: each, bytes, problems }) => [
    each,
    formatBytes(bytes),
    problems.length === 0 ? 'as imported' : 'damaged',
  ]);
  output.result({ home, datasets }, rows.length === 0 ? [`No data sets in ${home}.`] : table(rows));
  return datasets.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

async function exportData(output: Output, options: ExportOptions, name = ''): Promise<number> {
  const { exportDataset } = await import('../../../core/export/dataset.ts');
  const home = libraryHome(options.home);
  const started = performance.now();
  const written = await unlessInterrupted(
    (signal) =>
      exportDataset(home, name, options.to, {
        signal,
        force: options.force,
        onProgress: ({ done, total }) =>
          output.progress(`${done}/${countOf(total, 'image')}`, { done, total }),
      }),
    () => output.warn('Stopping; nothing is kept of this export.'),
  );
  if (written === null) return stoppedWithNothing(output);
  const seconds = (performance.now() - started) / 1000;
  output.result({ name, ...written, seconds: Number(seconds.toFixed(3)) }, [
    `Wrote ${countOf(written.images, 'image')} to ${written.path} in ${formatDuration(seconds)}.`,
  ]);
  return 0;
}

interface SubsetCommandOptions extends CommonOptions {
  images: number[];
  name?: string;
  table?: string;
  force?: boolean;
}

async function subsetData(output: Output, options: SubsetCommandOptions, from = ''): Promise<number> {
  const { images, name, table: file, force } = options;
  if ((name === undefined) === (file === undefined)) {
    throw new UserError(
      'Say either what the new data set is called (--name), or which table to write (--table).',
      {
        code: 'usage',
      },
    );
  }
  const home = libraryHome(options.home);
  const { namesTable, subsetDataset } = await import('../../../core/data/subset.ts');
  if (file !== undefined) {
    checkOutput(file, { force });
    await writeOutputFile(file, await namesTable(home, from, images), 'table', { force });
    output.result({ dataset: from, images: images.length, files: [path.resolve(file)] }, [
      `Wrote ${countOf(images.length, 'line')} to ${file}.`,
    ]);
    return EXIT.DONE;
  }
  const record = await unlessInterrupted(
    (signal) =>
      subsetDataset(home, from, images, name ?? '', {
        signal,
        onProgress: (done, total) =>
          output.progress(`${done} of ${countOf(total, 'image')}`, { done, total }, done === total),
      }),
    () => output.warn('Stopping; nothing is written.'),
  );
  if (record === null) return stoppedWithNothing(output);
  output.result({ dataset: record.name, from, images: record.count }, [
    `Made "${record.name}" of ${countOf(record.count, 'image')} of "${from}".`,
  ]);
  return EXIT.DONE;
}

async function duplicateData(output: Output, options: DuplicateOptions, from = ''): Promise<number> {
  const { duplicateDataset } = await import('../../../core/data/import/duplicate.ts');
  const home = libraryHome(options.home);
  const { name } = options;
  const settings = settingsOf(options);
  return importing(output, home, (signal, onProgress) =>
    duplicateDataset({ home, from, name, settings, signal, onProgress }),
  );
}

async function renameData(output: Output, options: CommonOptions, name = '', newName = ''): Promise<number> {
  const { renameDataset } = await import('../../../core/run/rename-dataset.ts');
  const home = libraryHome(options.home);
  const record = await renameDataset(home, name, newName);
  output.result({ name: newName, record, home }, [`"${name}" is now called "${newName}".`]);
  return 0;
}

async function removeData(output: Output, options: CommonOptions, name = ''): Promise<number> {
  const home = libraryHome(options.home);
  const removed = await removeDataset(home, name);
  output.result({ ...removed, home }, [
    `"${name}" is in the trash; covae data restore ${shellWord(name)} brings it back.`,
  ]);
  return 0;
}

async function restoreData(output: Output, options: CommonOptions, name = ''): Promise<number> {
  const home = libraryHome(options.home);
  const last = (await listTrash(home)).find((trashed) => trashed.name === name);
  if (last === undefined) {
    throw new UserError(`There is no data set "${name}" in the trash of ${home}.`, { code: 'not-found' });
  }
  const restored = await restoreDataset(home, last.id);
  output.result({ name: restored, home }, [`"${restored}" is back in ${path.join(home, 'datasets')}.`]);
  return 0;
}

async function trashData(output: Output, options: TrashOptions): Promise<number> {
  const home = libraryHome(options.home);
  if (options.empty === true) {
    const removed = await emptyTrash(home);
    output.result({ home, removed }, [`Removed ${countOf(removed, 'data set')} for good.`]);
    return 0;
  }
  const datasets = await weighTrash(home);
  const rows = datasets.map(({ name, count, bytes, removedAt }) => [
    name,
    count === null ? 'damaged' : countOf(count, 'image'),
    formatBytes(bytes),
    `removed ${removedAt.slice(0, 16).replace('T', ' ')}`,
  ]);
  output.result({ home, datasets }, rows.length === 0 ? [`The trash of ${home} is empty.`] : table(rows));
  return 0;
}

async function listData(output: Output, options: CommonOptions): Promise<number> {
  const home = libraryHome(options.home);
  const datasets = await listDatasets(home);
  if (datasets.length === 0) {
    output.result({ home, datasets }, [`No data sets in ${home}; import one with covae data import.`]);
    return 0;
  }
  const rows = datasets.map(({ name, record, problem }) =>
    record === null
      ? [name, `damaged: ${problem ?? ''}`]
      : [
          name,
          countOf(record.count, 'image'),
          `${record.width} × ${record.height}`,
          record.channels === 1 ? 'grey' : 'colour',
          record.createdAt.slice(0, 10),
          record.source.kind === 'sample' ? 'sample' : record.source.paths.join(', '),
        ],
  );
  output.result({ home, datasets }, table(rows));
  return 0;
}
