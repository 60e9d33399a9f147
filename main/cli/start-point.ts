/** What a person means by `--from`: a run, a starting point that comes with the program, or a file. */
import path from 'node:path';
import { UserError } from '../../core/errors.ts';
import { listRuns } from '../../core/run/catalogue.ts';
import type { StartPoint } from '../../core/run/start-point.ts';
import { listStarters, starterNamed } from '../../core/run/starters.ts';
import { parseCheckpoint } from './options.ts';
import { findRun, STARTER_PREFIX } from './runs.ts';

export const FROM_HELP =
  'weights to start from: a run, RUN@STEP or RUN@best, a safetensors file, or starter:NAME for one that comes with the ' +
  'program (see covae runs list)';

/**
 * Finds what `--from` names. A starting point is also found by its name alone, where no run is called so.
 *
 * @throws UserError when there is no such run, checkpoint or starting point
 */
export async function findStart(home: string, text: string): Promise<StartPoint> {
  if (text.startsWith(STARTER_PREFIX)) {
    const { name } = await starterNamed(text.slice(STARTER_PREFIX.length));
    return { kind: 'starter', name };
  }
  if (/\.safetensors$/i.test(text) || /[\\/]/.test(text)) return { kind: 'file', file: path.resolve(text) };
  const [, query = text, which] = /^(.+)@([^@]+)$/.exec(text) ?? [];
  if (which === undefined) {
    const starter = (await listStarters()).find(({ name }) => name === text);
    const known = (await listRuns(home)).some(({ id, name }) => id.startsWith(text) || name === text);
    if (starter && !known) return { kind: 'starter', name: starter.name };
  }
  const { id } = await findRun(home, query);
  const checkpoint = which === undefined ? 'newest' : checkpointOf(which, text);
  return { kind: 'run', id, ...(checkpoint !== 'newest' && { checkpoint }) };
}

function checkpointOf(which: string, text: string): ReturnType<typeof parseCheckpoint> {
  try {
    return parseCheckpoint(which);
  } catch {
    throw new UserError(
      `--from ${text}: what stands behind the @ must be newest, best, or the step of a checkpoint.`,
      {
        code: 'usage',
      },
    );
  }
}
