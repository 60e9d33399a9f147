import { UserError } from '../../core/errors.ts';
import type { WhichCheckpoint } from '../../core/run/which-checkpoint.ts';
import { parseCheckpoint } from './options.ts';
import { namedRun } from './runs.ts';

/** `RUN`, `RUN@STEP`, `RUN@best`; a name with an @ in it is that name. */
export async function runAndCheckpoint(
  home: string,
  text: string,
): Promise<{ run: string; which: WhichCheckpoint }> {
  const [, query, which] = /^(.+)@([^@]+)$/.exec(text) ?? [];
  if (query === undefined || which === undefined) {
    return { run: (await namedRun(home, text)).id, which: 'newest' };
  }
  const { id } = await namedRun(home, query);
  try {
    return { run: id, which: parseCheckpoint(which) };
  } catch {
    throw new UserError(
      `${text}: what stands behind the @ must be newest, best, or the step of a checkpoint.`,
      {
        code: 'usage',
      },
    );
  }
}
