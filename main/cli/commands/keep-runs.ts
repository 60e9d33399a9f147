/** `covae runs rename`, `tag`, `note`, `prune`, `remove` and `trash`. */
import type { Command } from 'commander';
import { libraryHome, runFolder } from '../../../core/library.ts';
import { UserError } from '../../../core/errors.ts';
import { changeAbout, readAbout, renameRun } from '../../../core/run/about.ts';
import { planPrune, pruneRun, type PruneRule } from '../../../core/run/prune.ts';
import { emptyRunTrash, listTrashedRuns, removeRun, restoreRun } from '../../../core/run/trash.ts';
import { countOf, listOf } from '../../../core/words.ts';
import type { Bind } from '../bind.ts';
import { formatBytes, shellWord, table } from '../format.ts';
import { type CommonOptions, parseFreeName, wholeNumber, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { namedRun } from '../runs.ts';

const RUN = 'id or name of the run, or the beginning of its id';

interface TagOptions extends CommonOptions {
  remove?: string[];
}

interface PruneOptions extends CommonOptions, PruneRule {
  dryRun?: boolean;
}

interface TrashOptions extends CommonOptions {
  restore?: string;
  empty?: boolean;
}

export function addKeepingCommands(runs: Command, bind: Bind): void {
  withCommonOptions(
    runs
      .command('rename')
      .description('Give a run another name. Its id, which is the name of its folder, stays.')
      .argument('<run>', RUN)
      .argument('<name>', 'the new name', parseFreeName),
  ).action(bind(rename));
  withCommonOptions(
    runs
      .command('tag')
      .description('Give tags to a run, take some away, or show those that it has.')
      .argument('<run>', RUN)
      .argument('[tags...]', 'tags to give it, without commas')
      .option('--remove <tags...>', 'tags to take away'),
  ).action(bind(tag));
  withCommonOptions(
    runs
      .command('note')
      .description('Write a note on a run in place of that before, or show it. An empty one takes it away.')
      .argument('<run>', RUN)
      .argument('[text]', 'the note'),
  ).action(bind(note));
  withCommonOptions(
    runs
      .command('prune')
      .description(
        'Remove checkpoints of a run but for those that are named here and the newest, and say what that frees. A ' +
          'checkpoint that one of the options keeps stays.',
      )
      .argument('<run>', RUN)
      .addOption(wholeNumber('--last <n>', 'keep the last n', 1, 1_000_000))
      .addOption(
        wholeNumber(
          '--every <k>',
          'keep every k-th: those whose step is a multiple of k intervals between checkpoints',
          1,
          1_000_000,
        ),
      )
      .option('--best', 'keep the best by the evaluations of the training')
      .option('--dry-run', 'only say what would be removed'),
  ).action(bind(prune));
  withCommonOptions(
    runs
      .command('remove')
      .description(
        "Move runs to the library's trash, from where covae runs trash --restore brings them back.",
      )
      .argument('<runs...>', 'ids or names of runs, or the beginnings of their ids'),
  ).action(bind(remove));
  withCommonOptions(
    runs
      .command('trash')
      .description('List removed runs and what they take, bring one back, or remove all of them for good.')
      .option('--restore <run>', 'bring the run of this id back, or the one whose id begins so')
      .option('--empty', 'remove all for good'),
  ).action(bind(trash));
}

async function rename(output: Output, options: CommonOptions, query = '', name = ''): Promise<number> {
  const home = libraryHome(options.home);
  const { id } = await namedRun(home, query);
  const called = await renameRun(home, id, name);
  output.result({ home, run: id, name: called }, [`The run ${id} is called "${called}" now.`]);
  return 0;
}

async function tag(output: Output, options: TagOptions, query = '', ...tags: string[]): Promise<number> {
  const home = libraryHome(options.home);
  const { id } = await namedRun(home, query);
  const { remove: gone = [] } = options;
  const about =
    tags.length + gone.length === 0
      ? await readAbout(runFolder(home, id))
      : await changeAbout(home, id, { add: tags, remove: gone });
  output.result({ home, run: id, tags: about.tags }, [
    about.tags.length === 0 ? `The run ${id} has no tags.` : `The run ${id} has ${listOf([...about.tags])}.`,
  ]);
  return 0;
}

async function note(output: Output, options: CommonOptions, query = '', text?: string): Promise<number> {
  const home = libraryHome(options.home);
  const { id } = await namedRun(home, query);
  const about =
    text === undefined ? await readAbout(runFolder(home, id)) : await changeAbout(home, id, { note: text });
  output.result({ home, run: id, note: about.note }, [
    about.note === '' ? `The run ${id} has no note.` : `${id}: ${about.note}`,
  ]);
  return 0;
}

async function prune(output: Output, options: PruneOptions, query = ''): Promise<number> {
  const home = libraryHome(options.home);
  const { last, every, best, dryRun = false } = options;
  const { id } = await namedRun(home, query);
  const rule = { last, every, best };
  const pruned = dryRun ? await planPrune(home, id, rule) : await pruneRun(home, id, rule);
  const { keep, remove: gone, before, after } = pruned;
  const steps = (all: readonly { step: number }[]): string => listOf(all.map(({ step }) => String(step)));
  output.result({ home, run: id, dryRun, ...pruned, frees: before - after }, [
    gone.length === 0
      ? `Nothing of ${id} is to be removed; it takes ${formatBytes(before)}.`
      : `${dryRun ? 'Would remove' : 'Removed'} ${countOf(gone.length, 'checkpoint')} of ${id} (${gone.length === 1 ? 'step' : 'steps'} ${steps(gone)}): ` +
        `${formatBytes(before)} before, ${formatBytes(after)} after.`,
    `Kept ${keep.length === 1 ? 'that of step' : 'those of steps'} ${steps(keep)}.`,
  ]);
  return 0;
}

async function remove(output: Output, options: CommonOptions, ...queries: string[]): Promise<number> {
  const home = libraryHome(options.home);
  // All are found before the first one goes.
  const ids = [...new Set(await Promise.all(queries.map(async (query) => (await namedRun(home, query)).id)))];
  const removed: { run: string; token: string }[] = [];
  for (const id of ids) removed.push({ run: id, token: await removeRun(home, id) });
  output.result({ home, removed }, [
    `${listOf(ids)} ${ids.length === 1 ? 'is' : 'are'} in the trash; covae runs trash --restore ${shellWord(ids[0] ?? '')} brings ${ids.length === 1 ? 'it' : 'the first'} back.`,
  ]);
  return 0;
}

async function trash(output: Output, { home: asked, restore, empty }: TrashOptions): Promise<number> {
  const home = libraryHome(asked);
  if (restore !== undefined && empty === true) {
    throw new UserError('Give either --restore or --empty.', { code: 'usage' });
  }
  if (empty === true) {
    const removed = await emptyRunTrash(home);
    output.result({ home, removed }, [`Removed ${countOf(removed, 'run')} for good.`]);
    return 0;
  }
  const runs = await listTrashedRuns(home);
  if (restore !== undefined) {
    const found = runs.find(({ id }) => id === restore) ?? runs.find(({ id }) => id.startsWith(restore));
    if (found === undefined) {
      throw new UserError(`There is no run "${restore}" in the trash of ${home}.`, { code: 'not-found' });
    }
    const run = await restoreRun(home, found.token);
    output.result({ home, run }, [`The run ${run} is back.`]);
    return 0;
  }
  const rows = runs.map(({ id, bytes, removedAt }) => [
    id,
    formatBytes(bytes),
    `removed ${removedAt.slice(0, 16).replace('T', ' ')}`,
  ]);
  output.result({ home, runs }, rows.length === 0 ? [`The trash of ${home} holds no runs.`] : table(rows));
  return 0;
}
