/** `covae queue`: runs that wait to be trained, one after the other. */
import type { Command } from 'commander';
import { sentenceOf } from '../../../core/errors.ts';
import { visibleFolders } from '../../../core/files.ts';
import { libraryHome, runsFolder } from '../../../core/library.ts';
import { lockQueueRun } from '../../../core/library-locks.ts';
import { whileLocked } from '../../../core/lock.ts';
import {
  addToQueue,
  moveInQueue,
  nextInQueue,
  pauseQueue,
  type Queue,
  readQueue,
  removeFromQueue,
  settleInQueue,
  tidyQueue,
} from '../../../core/run/queue.ts';
import { countOf, listOf } from '../../../core/words.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Bind } from '../bind.ts';
import { shellWord, table } from '../format.ts';
import { type CommonOptions, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { namedRun } from '../runs.ts';
import { trainRun } from './train.ts';

const RUN = 'id or name of the run, or the beginning of its id';

export function addQueueCommands(program: Command, bind: Bind): void {
  const queue = program
    .command('queue')
    .description(
      'runs that wait to be trained: list, add, remove and move them, pause, and train them one after the other',
    )
    .helpCommand(false);
  withCommonOptions(queue.command('list').description('List what waits, in its order.')).action(bind(list));
  withCommonOptions(
    queue
      .command('add')
      .description(
        'Put runs that are not trained to their end at the end of the queue. covae sweep and covae train --queue make new ones.',
      )
      .argument('<runs...>', 'ids or names of runs, or the beginnings of their ids'),
  ).action(bind(add));
  withCommonOptions(
    queue
      .command('remove')
      .description('Take runs out of the queue. The runs themselves stay.')
      .argument('<runs...>', 'ids or names of runs, or the beginnings of their ids'),
  ).action(bind(remove));
  withCommonOptions(
    queue
      .command('move')
      .description('Move a run to another place in the queue.')
      .argument('<run>', RUN)
      .argument('<place>', 'its place, 1 for the first'),
  ).action(bind(move));
  withCommonOptions(
    queue
      .command('pause')
      .description('Let the window begin with nothing of the queue by itself. covae queue run ends that.'),
  ).action(bind(pause));
  withCommonOptions(
    queue
      .command('run')
      .description(
        'Train what waits, one after the other. One that fails stays in the queue with the reason, and the others go on. ' +
          'Ctrl-C stops after the step at hand and keeps the queue as it is.',
      ),
  ).action(bind(run));
}

async function list(output: Output, options: CommonOptions): Promise<number> {
  const home = libraryHome(options.home);
  const queue = await tidyQueue(home, new Set(await visibleFolders(runsFolder(home))));
  tell(output, home, queue, []);
  return EXIT.DONE;
}

function tell(output: Output, home: string, queue: Queue, before: readonly string[]): void {
  const { paused, entries } = queue;
  output.result({ home, paused, entries }, [
    ...before,
    ...(entries.length === 0
      ? ['Nothing waits.']
      : table(entries.map(({ run: id, problem }, i) => [String(i + 1), id, problem ?? 'waits']))),
    ...(paused ? ['The queue is paused.'] : []),
  ]);
}

const idsOf = (home: string, queries: readonly string[]): Promise<string[]> =>
  Promise.all(queries.map(async (query) => (await namedRun(home, query)).id));

async function add(output: Output, options: CommonOptions, ...queries: string[]): Promise<number> {
  const home = libraryHome(options.home);
  tell(output, home, await addToQueue(home, await idsOf(home, queries)), []);
  return EXIT.DONE;
}

async function remove(output: Output, options: CommonOptions, ...queries: string[]): Promise<number> {
  const home = libraryHome(options.home);
  const { entries } = await readQueue(home);
  // One that is gone from the library is still in the list.
  const ids = await Promise.all(
    queries.map(async (query) =>
      entries.some(({ run: id }) => id === query) ? query : (await namedRun(home, query)).id,
    ),
  );
  for (const id of ids) await removeFromQueue(home, id);
  tell(output, home, await readQueue(home), []);
  return EXIT.DONE;
}

async function move(output: Output, options: CommonOptions, query = '', place = ''): Promise<number> {
  const home = libraryHome(options.home);
  const { id } = await namedRun(home, query);
  if (!/^[1-9]\d{0,5}$/.test(place)) {
    const { UserError } = await import('../../../core/errors.ts');
    throw new UserError(`The place must be a whole number from 1 on, not "${place}".`, { code: 'usage' });
  }
  tell(output, home, await moveInQueue(home, id, Number(place) - 1), []);
  return EXIT.DONE;
}

async function pause(output: Output, options: CommonOptions): Promise<number> {
  const home = libraryHome(options.home);
  tell(output, home, await pauseQueue(home, true), []);
  return EXIT.DONE;
}

async function run(output: Output, options: CommonOptions): Promise<number> {
  const home = libraryHome(options.home);
  return whileLocked(lockQueueRun(home), async () => {
    await pauseQueue(home, false);
    const trained: string[] = [];
    const failed: { run: string; problem: string }[] = [];
    for (;;) {
      const queue = await tidyQueue(home, new Set(await visibleFolders(runsFolder(home))));
      const next = nextInQueue(queue);
      // Somebody else may have paused it meanwhile.
      if (next === null || queue.paused) break;
      let problem: string | null = null;
      try {
        const { code } = await trainRun(output, home, next, options.home, {
          afterwards: async (session) => {
            output.event('trained', { run: next, step: session.step });
            output.line(`Finished ${next}: ${countOf(session.step, 'step')}.`);
          },
        });
        // Stopped: the queue stays as it is, and the same command goes on.
        if (code !== EXIT.DONE) return code;
        trained.push(next);
      } catch (error) {
        problem = sentenceOf(error);
        failed.push({ run: next, problem });
        output.warn(`${next}: ${problem}`);
      }
      const { done } = await settleInQueue(home, next, problem);
      for (const { name, runs } of done) {
        output.event('sweep', { name, runs });
        output.line(
          `The sweep ${name} is done; compare its runs with npx covae runs compare ${runs.slice(0, 8).map(shellWord).join(' ')}.`,
        );
      }
    }
    const words = [
      trained.length === 0 ? 'Nothing was trained.' : `Trained ${countOf(trained.length, 'run')}.`,
      ...(failed.length === 0
        ? []
        : [
            `${listOf(failed.map((each) => each.run))} did not come to ${failed.length === 1 ? 'its' : 'their'} end.`,
          ]),
    ];
    const code = failed.length === 0 ? EXIT.DONE : EXIT.FAILED;
    output.result({ home, trained, failed }, words, code);
    return code;
  });
}
