/** A starting point as a run of the library, so that everything that a run can do it can do too. */
import { UserError } from '../../errors.ts';
import { exists } from '../../files.ts';
import { runFolder } from '../../library.ts';
import { starterNamed } from '../../run/starters.ts';
import { importWeights } from '../weights-import.ts';
import { stepInFile } from './config-of-start.ts';

/** Id of the run that a starting point becomes. */
export function starterRunId(name: string): string {
  return `starter-${name}`;
}

/**
 * Makes the run of a starting point, unless it is there.
 *
 * @returns its id
 * @throws UserError when there is no such starting point, or the library cannot be written
 */
export async function addStarter(home: string, name: string): Promise<string> {
  const { file } = await starterNamed(name);
  const id = starterRunId(name);
  const folder = runFolder(home, id);
  if (await exists(folder)) return id;
  try {
    await importWeights({ home, file, name: id, id, step: (await stepInFile(file)) ?? 0 });
  } catch (error) {
    // Another process was faster.
    if (!(error instanceof UserError && error.code === 'exists')) throw error;
  }
  return id;
}
