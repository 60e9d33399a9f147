/** What the runs of a library are called. */
import path from 'node:path';
import { visibleFolders } from '../files.ts';
import { runsFolder } from '../library.ts';
import { readRunManifest } from './run-folder.ts';

/** Names of all runs; a damaged one goes by its id. */
export async function runNames(home: string): Promise<Set<string>> {
  const ids = await visibleFolders(runsFolder(home));
  const names = ids.map((id) =>
    readRunManifest(path.join(runsFolder(home), id)).then(
      ({ name }) => name,
      () => id,
    ),
  );
  return new Set(await Promise.all(names));
}
