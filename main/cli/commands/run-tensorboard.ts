/** `covae runs tensorboard`: what a run has logged, as event files that TensorBoard shows. */
import type { Command } from 'commander';
import { libraryHome, runFolder } from '../../../core/library.ts';
import { countOf } from '../../../core/words.ts';
import type { Bind } from '../bind.ts';
import { shellWord } from '../format.ts';
import { type CommonOptions, parsePath, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { findRun } from '../runs.ts';

interface EventsOptions extends CommonOptions {
  out: string;
}

export function addTensorboardCommand(runs: Command, bind: Bind): void {
  withCommonOptions(
    runs
      .command('tensorboard')
      .description(
        'Write all that a run has logged, and its pictures, as event files for TensorBoard, into a new folder of its id. ' +
          'covae train --tensorboard writes them while it trains.',
      )
      .argument('[run]', 'id or name of the run, or the beginning of its id (default: the newest)')
      .requiredOption('--out <dir>', 'folder that TensorBoard looks into (--logdir)', parsePath),
  ).action(bind(tensorboard));
}

async function tensorboard(
  output: Output,
  { home: asked, out }: EventsOptions,
  query?: string,
): Promise<number> {
  const home = libraryHome(asked);
  const { id } = await findRun(home, query);
  const { writeRunEvents } = await import('../../../core/train/event-files/run-events.ts');
  const written = await writeRunEvents(runFolder(home, id), out);
  output.result({ run: id, ...written }, [
    `${countOf(written.lines, 'logged line')}, ${countOf(written.pictures, 'picture')} and ${countOf(written.evaluations, 'evaluation')} are in ${written.folder}; look at them with: tensorboard --logdir ${shellWord(out)}`,
  ]);
  return 0;
}
