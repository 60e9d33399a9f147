/** `covae data import` and `covae data list`. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { listDatasets } from '../../../core/data/catalogue.ts';
import type { SourceRequest } from '../../../core/data/readers/source.ts';
import { libraryHome } from '../../../core/library.ts';
import { formatDuration, table } from '../format.ts';
import { INTERRUPTED, unlessInterrupted } from '../interrupt.ts';
import { type CommonOptions, parseName, wholeNumber, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../program.ts';

interface ImportCommandOptions extends CommonOptions {
  name?: string;
  size?: number;
  channels?: '1' | '3';
}

export function addDataCommands(program: Command, bind: Bind): void {
  const data = program.command('data').description('import images, list data sets').helpCommand(false);
  withCommonOptions(
    data
      .command('import')
      .description(
        'Import a folder of PNG and JPEG images, with its sub-folders, or the sample digits. Images become square: ' +
          'the middle is cut out and resampled. Names of sub-folders become classes when every image lies in one.',
      )
      .argument('<path>', 'a folder, or the word sample for the 10,000 digits that come with the program')
      .option('--name <name>', "name of the data set (default: the folder's)", parseName)
      .addOption(
        wholeNumber('--size <pixels>', 'side of the images (default: 32; 28 for the sample)', 8, 256),
      )
      .addOption(
        new Option('--channels <n>', 'grey or colour (default: 3; 1 for the sample)').choices(['1', '3']),
      ),
  ).action(bind(importData));
  withCommonOptions(data.command('list').description('List the data sets of the library.')).action(
    bind(listData),
  );
}

async function importData(output: Output, options: ImportCommandOptions, from = ''): Promise<number> {
  const { importDataset } = await import('../../../core/data/import/import-dataset.ts');
  const isSample = from === 'sample';
  const request: SourceRequest = isSample ? { kind: 'sample', paths: [] } : { kind: null, paths: [from] };
  const home = libraryHome(options.home);
  const started = performance.now();
  const record = await unlessInterrupted(
    (signal) =>
      importDataset({
        home,
        request,
        name: options.name ?? (isSample ? 'sample' : nameOfFolder(from)),
        settings: {
          size: options.size ?? null,
          channels: options.channels === undefined ? null : options.channels === '1' ? 1 : 3,
        },
        signal,
        onProgress: (progress) => {
          const { done, total, skipped, secondsLeft } = progress;
          const parts = [total === null ? 'looking for images' : `${done}/${total} images`];
          if (skipped > 0) parts.push(`${skipped} left out`);
          if (secondsLeft !== null) parts.push(`${formatDuration(secondsLeft)} left`);
          output.progress(parts.join('   '), progress);
        },
      }),
    () => output.warn('Stopping; nothing is kept of this import.'),
  );
  if (record === null) return INTERRUPTED;
  const { name, count, height, width, channels, skipped, leftOut, classes } = record;
  const shown = skipped.slice(0, 10).map(({ file, reason }) => `  ${file}: ${reason}`);
  if (leftOut.all > shown.length)
    shown.push(`  and ${leftOut.all - shown.length} more, listed in skipped.jsonl`);
  output.result({ record, home }, [
    `Imported ${count} images of ${width} × ${height} pixels, ${channels === 1 ? 'grey' : 'colour'}` +
      `${classes === undefined ? '' : `, in ${classes.length} classes`}, as "${name}" in ` +
      `${formatDuration((performance.now() - started) / 1000)}.`,
    ...(leftOut.all > 0 ? [`Left out ${leftOut.all} of ${count + leftOut.all} files:`, ...shown] : []),
    `They are in ${path.join(home, 'datasets', name)}.`,
  ]);
  return 0;
}

/** The folder's own name, made into one that a data set can have. */
function nameOfFolder(folder: string): string {
  const name = path
    .basename(path.resolve(folder))
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._ -]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64);
  return name === '' ? 'images' : name;
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
          `${record.count} images`,
          `${record.width} × ${record.height}`,
          record.channels === 1 ? 'grey' : 'colour',
          record.createdAt.slice(0, 10),
          record.source.kind === 'sample' ? 'sample' : record.source.paths.join(', '),
        ],
  );
  output.result({ home, datasets }, table(rows));
  return 0;
}
