/** Finding the run a person means. */
import { UserError } from '../../core/errors.ts';
import { listRuns } from '../../core/run/catalogue.ts';
import type { RunSummary } from '../../core/run/manifest.ts';

/** Before the name of a starting point, wherever a run can be named. */
export const STARTER_PREFIX = 'starter:';

/**
 * The run with this id, else the newest of this name, else the only one whose id begins so; without a query the
 * newest run that can be used. `starter:NAME` is a starting point that comes with the program, made a run of the library
 * when it is first used.
 *
 * @param accept which runs come into question when none is named
 * @throws UserError when there is none, the query is ambiguous, or the run is damaged
 */
export async function findRun(
  home: string,
  query: string | undefined,
  accept: (run: RunSummary) => boolean = () => true,
): Promise<RunSummary> {
  if (query === '')
    throw new UserError('The name of the run is empty; give its id, or leave it out for the newest.');
  const runs = await listRuns(home);
  if (query?.startsWith(STARTER_PREFIX) === true) {
    const { addStarter } = await import('../../core/train/start/add-starter.ts');
    const id = await addStarter(home, query.slice(STARTER_PREFIX.length));
    return named(await listRuns(home), home, id);
  }
  const run = query === undefined ? newest(runs, home, accept) : named(runs, home, query);
  if (run.problem !== null) throw new UserError(`Run ${run.id} cannot be used: ${run.problem}`);
  return run;
}

/** The run of this id or name, or whose id begins so, also a damaged one. @throws UserError when there is none */
export async function namedRun(home: string, query: string): Promise<RunSummary> {
  return named(await listRuns(home), home, query);
}

function newest(runs: readonly RunSummary[], home: string, accept: (run: RunSummary) => boolean): RunSummary {
  const run = runs.find((candidate) => candidate.problem === null && accept(candidate));
  if (run !== undefined) return run;
  throw new UserError(
    runs.length === 0
      ? `There is no run in ${home}; start one with covae train, or name another folder with --home.`
      : `No run in ${home} can be used for this; name one of ${runs.map(({ id }) => id).join(', ')}.`,
    { code: 'not-found' },
  );
}

function named(runs: readonly RunSummary[], home: string, query: string): RunSummary {
  const exact = runs.find(({ id }) => id === query) ?? runs.find(({ name }) => name === query);
  if (exact !== undefined) return exact;
  const beginning = runs.filter(({ id }) => id.startsWith(query));
  const [only, ...others] = beginning;
  if (only === undefined) {
    const known =
      runs.length === 0 ? 'there are none yet' : `there are ${runs.map(({ id }) => id).join(', ')}`;
    throw new UserError(`There is no run "${query}" in ${home}; ${known}.`, { code: 'not-found' });
  }
  if (others.length > 0) {
    throw new UserError(
      `"${query}" fits several runs (${beginning.map(({ id }) => id).join(', ')}); give more of it.`,
    );
  }
  return only;
}
