/** `covae move-library`: the whole library to another folder. */
import type { Command } from 'commander';
import { libraryHome } from '../../../core/library.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Bind } from '../bind.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import { bytesTold } from '../bytes-told.ts';
import { type CommonOptions, parsePath, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';

export function addMoveLibraryCommand(program: Command, bind: Bind): void {
  withCommonOptions(
    program
      .command('move-library')
      .description(
        'Move the library to another folder, for instance on a larger disk. A link stays where it was, so that it is ' +
          'found as before. In the window, the button Library does the same.',
      )
      .argument('<folder>', 'where to; not there yet', parsePath),
  ).action(bind(move));
}

async function move(output: Output, options: CommonOptions, to = ''): Promise<number> {
  const home = libraryHome(options.home);
  const { moveLibrary } = await import('../../../core/move-library.ts');
  output.phase(`Moving ${home}`);
  const tell = { copying: bytesTold(output, 'copied'), comparing: bytesTold(output, 'compared') };
  const moved = await unlessInterrupted(
    (signal) =>
      moveLibrary(home, to, {
        signal,
        onProgress: ({ phase, ...progress }) => tell[phase](progress),
      }),
    () => output.warn('Stopping; the library stays where it is.'),
  );
  if (moved === null) return stoppedWithNothing(output, 'the library is where it was.');
  output.result(moved, [`The library is in ${moved.to} now; ${moved.from} is a link to it.`]);
  return EXIT.DONE;
}
