/** `covae runs export`, `runs import` and `runs report`. */
import path from 'node:path';
import type { Command } from 'commander';
import { libraryHome } from '../../../core/library.ts';
import { isFolder } from '../../../core/files.ts';
import type { ImportedRun } from '../../../core/takeout/runs/run-import.ts';
import { countOf } from '../../../core/words.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Bind } from '../bind.ts';
import { bytesTold } from '../bytes-told.ts';
import { formatBytes, shellWord } from '../format.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import { type CommonOptions, forceOption, parsePath, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { findRun, namedRun } from '../runs.ts';

interface FileOptions extends CommonOptions {
  out?: string;
  force?: boolean;
}

const RUN = 'id or name of the run, or the beginning of its id';

export function addRunFileCommands(runs: Command, bind: Bind): void {
  withCommonOptions(
    runs
      .command('export')
      .description('Write a run into one archive: settings, logs, checkpoints, evaluations and samples.')
      .argument('<run>', RUN)
      .option('--out <file>', 'archive to write (default: the id of the run, in this folder)', parsePath)
      .addOption(forceOption()),
  ).action(bind(exportCommand));
  withCommonOptions(
    runs
      .command('import')
      .description(
        'Take a run from an archive of runs export, or from the folder of a run, into the library. Hashes are verified. ' +
          'Of a run that is here already, the longer history stays.',
      )
      .argument('<from>', 'the archive or folder', parsePath),
  ).action(bind(importCommand));
  withCommonOptions(
    runs
      .command('report')
      .description(
        'Write a report of a run as one HTML file that opens anywhere: settings, curves, samples, evaluations, alarms.',
      )
      .argument('[run]', `${RUN} (default: the newest)`)
      .option('--out <file>', 'HTML file to write (default: the id of the run, in this folder)', parsePath)
      .addOption(forceOption()),
  ).action(bind(reportCommand));
}

async function targetOf(out: string | undefined, name: string): Promise<string> {
  if (out === undefined) return path.resolve(name);
  return (await isFolder(out)) ? path.join(out, name) : path.resolve(out);
}

async function exportCommand(
  output: Output,
  { out, force, ...common }: FileOptions,
  query = '',
): Promise<number> {
  const home = libraryHome(common.home);
  const { id } = await namedRun(home, query);
  const target = await targetOf(out, `${id}.zip`);
  const { exportRun } = await import('../../../core/takeout/runs/run-archive.ts');
  const written = await unlessInterrupted(
    (signal) => exportRun(home, id, target, { force, signal, onProgress: bytesTold(output) }),
    () => output.warn('Stopping; nothing is written.'),
  );
  if (written === null) return stoppedWithNothing(output);
  const { file, files, bytes } = written;
  output.result({ run: id, file, files, bytes, home }, [
    `Wrote ${countOf(files, 'file')} of ${id} (${formatBytes(bytes)}) as ${file}.`,
  ]);
  return EXIT.DONE;
}

async function importCommand(output: Output, options: CommonOptions, from = ''): Promise<number> {
  const home = libraryHome(options.home);
  const { importRun } = await import('../../../core/takeout/runs/run-import.ts');
  const imported = await unlessInterrupted(
    (signal) => importRun(home, from, { signal, onProgress: bytesTold(output) }),
    () => output.warn('Stopping; nothing is imported.'),
  );
  if (imported === null) return stoppedWithNothing(output);
  const { remark, ...told } = imported;
  if (remark !== null) output.warn(remark);
  output.result({ ...told, remark, home }, [sentence(imported)]);
  return EXIT.DONE;
}

function sentence({ id, outcome, dataset }: ImportedRun): string {
  const data = dataset === null ? '' : ` Its data set is ${dataset}.`;
  if (outcome === 'there') return `The run ${id} is in the library already, with all of this history.`;
  if (outcome === 'longer') return `The run ${id} has the longer history of the archive now.${data}`;
  return `Imported the run ${id}; draw from it with npx covae sample ${shellWord(id)}.${data}`;
}

async function reportCommand(
  output: Output,
  { out, force, ...common }: FileOptions,
  query?: string,
): Promise<number> {
  const home = libraryHome(common.home);
  const { id } = await findRun(home, query);
  const { writeReport } = await import('../../../core/takeout/runs/report.ts');
  const { file, bytes } = await writeReport(home, id, await targetOf(out, `${id}.html`), { force });
  output.result({ run: id, file, bytes, home }, [`Wrote the report of ${id} as ${file}.`]);
  return EXIT.DONE;
}
