/** `covae runs …`: the runs of the library. */
import type { Command } from 'commander';
import { libraryHome, runFolder } from '../../../core/library.ts';
import { lockRun } from '../../../core/library-locks.ts';
import { whileLocked } from '../../../core/lock.ts';
import { measuresOfRuns } from '../../../core/evaluate/run-measures.ts';
import { listRuns } from '../../../core/run/catalogue.ts';
import { bringBack } from '../../../core/run/going-back.ts';
import { type Outcome, outcomeText } from '../../../core/run/outcome.ts';
import type { RunSummary } from '../../../core/run/manifest.ts';
import { listStarters } from '../../../core/run/starters.ts';
import type { VerifiedRun } from '../../../core/run/verify.ts';
import { countOf, listOf } from '../../../core/words.ts';
import type { Bind } from '../bind.ts';
import { table } from '../format.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import { type CommonOptions, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { namedRun, STARTER_PREFIX } from '../runs.ts';
import { addCompareRunsCommand } from './compare-runs.ts';
import { addAverageCommand } from './average-run.ts';
import { addForkCommand } from './fork-run.ts';
import { addKeepingCommands } from './keep-runs.ts';
import { addRunFileCommands } from './run-files.ts';
import { addCurvesCommand } from './run-curves.ts';
import { addTensorboardCommand } from './run-tensorboard.ts';
import { showRun } from './show-run.ts';

export function addRunCommands(program: Command, bind: Bind): void {
  const runs = program
    .command('runs')
    .description(
      'list runs, show them and their curves, compare, fork, name, tag, prune and remove them, verify them, undo going back, report, ' +
        'export and import them',
    )
    .helpCommand(false);
  withCommonOptions(runs.command('list').description('List the runs of the library.')).action(bind(list));
  withCommonOptions(
    runs
      .command('show')
      .description(
        'Show one run: its checkpoints and what they take on the disk, which is the best and by what, its evaluations and ' +
          'alarms.',
      )
      .argument('[run]', 'id or name of the run, or the beginning of its id (default: the newest)'),
  ).action(bind(showRun));
  addCurvesCommand(runs, bind);
  withCommonOptions(
    runs
      .command('verify')
      .description(
        'Hold every checkpoint of a run to its hashes, and the logs to what was written. Ends with 1 when something is ' +
          'damaged.',
      )
      .argument('[run]', 'id or name of the run, or the beginning of its id (default: all runs)'),
  ).action(bind(verify));
  withCommonOptions(
    runs
      .command('bring-back')
      .description(
        'Bring back the checkpoints that covae resume --from has set aside, and what was logged up to them. What ' +
          'was learned since is given up. Possible until the run has saved again.',
      )
      .argument('<run>', 'id or name of the run, or the beginning of its id'),
  ).action(bind(bringBackCommand));
  addCompareRunsCommand(runs, bind);
  addForkCommand(runs, bind);
  addAverageCommand(runs, bind);
  addTensorboardCommand(runs, bind);
  addKeepingCommands(runs, bind);
  addRunFileCommands(runs, bind);
}

async function list(output: Output, options: CommonOptions): Promise<number> {
  const home = libraryHome(options.home);
  const runs = await listRuns(home);
  const starters = (await listStarters()).map(({ name, title }) => ({
    name: `${STARTER_PREFIX}${name}`,
    title,
  }));
  const others = `Starting points that come with the program: ${listOf(starters.map(({ name }) => name))}.`;
  // The table has no column for them.
  const ids = output.json ? runs.filter(({ problem }) => problem === null).map(({ id }) => id) : [];
  const measured = await measuresOfRuns(home, ids);
  const ofRuns = new Map(measured.runs.map(({ runId, measures }) => [runId, measures]));
  const titles = new Map(measured.columns.map((column) => [column.key, column]));
  /** What stored evaluations say: of each measure the best and the last value. */
  const measuresOf = (id: string) =>
    (ofRuns.get(id) ?? []).map(({ key, best, last }) => {
      const { title = key, about = '', better = 'lower' } = titles.get(key) ?? {};
      return { title, about, better, best, last };
    });
  output.result({ home, runs: runs.map((run) => ({ ...run, measures: measuresOf(run.id) })), starters }, [
    ...(runs.length === 0 ? [`No runs in ${home}; start one with covae train.`] : table(runs.map(row))),
    ...(starters.length > 0 ? [others] : []),
  ]);
  for (const { id, damage } of runs) if (damage !== null) output.warn(`${id}: ${damage}`);
  return 0;
}

function row({
  id,
  name,
  dataset,
  step,
  steps,
  problem,
  best,
  createdAt,
  outcome,
  tags,
}: RunSummary): string[] {
  if (problem !== null) return [id, `damaged: ${problem}`];
  const date = createdAt.slice(0, 16).replace('T', ' ');
  const better = best === null ? '' : `best at step ${best.step}`;
  // Where it was given another name since.
  const called = id.startsWith(`${name}-`) ? '' : `“${name}”`;
  const words = [called, better, tags.length === 0 ? '' : `[${tags.join(', ')}]`].filter(Boolean).join(' ');
  return [id, `step ${step} of ${steps}`, stateOf(outcome), dataset ?? 'no data set', date, words];
}

/** The number of the step has a column of its own. */
function stateOf(outcome: Outcome): string {
  return outcomeText(outcome, 0).replace(' at step 0', '').toLowerCase();
}

async function verify(output: Output, options: CommonOptions, query?: string): Promise<number> {
  const home = libraryHome(options.home);
  const { verifyRun } = await import('../../../core/run/verify.ts');
  const ids =
    query === undefined ? (await listRuns(home)).map(({ id }) => id) : [(await namedRun(home, query)).id];
  const runs = await unlessInterrupted(
    async (signal) => {
      const verified: VerifiedRun[] = [];
      for (const id of ids) {
        const onProgress = ({ done, total }: { done: number; total: number }): void =>
          output.progress(`${id}: ${done} of ${countOf(total, 'checkpoint')}`, { run: id, done, total });
        verified.push(await verifyRun(home, id, { signal, onProgress }));
      }
      return verified;
    },
    () => output.warn('Stopping; nothing was changed.'),
  );
  if (runs === null) return stoppedWithNothing(output);
  const damaged = runs.filter(({ problems }) => problems.length > 0);
  for (const { id, problems } of damaged) for (const problem of problems) output.warn(`${id}: ${problem}`);
  const lines = runs.map(({ id, checkpoints, problems }) => [
    id,
    countOf(checkpoints.length, 'checkpoint'),
    problems.length === 0 ? 'whole' : 'damaged',
  ]);
  output.result({ home, runs }, lines.length === 0 ? [`No runs in ${home}.`] : table(lines));
  return damaged.length === 0 ? 0 : 1;
}

async function bringBackCommand(output: Output, options: CommonOptions, query = ''): Promise<number> {
  const home = libraryHome(options.home);
  const { id } = await namedRun(home, query);
  const lock = lockRun(home, id, 'is being brought back to where it was');
  const { step, checkpoints } = await whileLocked(lock, () => bringBack(runFolder(home, id)));
  const which = checkpoints.length === 1 ? 'checkpoint of step' : 'checkpoints of steps';
  output.result({ run: id, step, checkpoints, home }, [
    `Brought back the ${which} ${listOf(checkpoints.map(String))} of ${id}.`,
  ]);
  return 0;
}
