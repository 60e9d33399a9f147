import fs from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, temporaryBeside, writeNewFile, writeProblem } from '../files.ts';
import { lockDataset, lockRun, lockRunRecord } from '../library-locks.ts';
import { datasetFolder, runFolder } from '../library.ts';
import type { Lock } from '../lock.ts';
import { readDatasetRecord } from '../data/catalogue.ts';
import type { DatasetRecord } from '../data/dataset.ts';
import { checkFree } from '../data/free-name.ts';
import { RECORD_FILE } from '../data/layout.ts';
import { listRuns } from './catalogue.ts';
import { sameDataset } from './run-dataset.ts';
import { readRunManifest } from './run-folder.ts';

/**
 * Gives a data set another name, also in the runs that are trained on it. All files are written before the first name
 * changes, so that a full disk leaves everything as it was.
 *
 * @returns its record
 * @throws UserError when there is no such data set, it is damaged, the name is taken or is none, or the disk refuses;
 *   (`busy`) when it is in use, or a run that is trained on it is
 */
export async function renameDataset(home: string, name: string, newName: string): Promise<DatasetRecord> {
  const record = await readDatasetRecord(home, name);
  if (name === newName) return record;
  const locks: Lock[] = [];
  try {
    for (const one of [name, newName]) locks.push(lockDataset(home, one, 'is being renamed'));
    const runs = await runsOn(home, record);
    for (const id of runs) {
      locks.push(lockRun(home, id, 'is being told the new name of its data set'), lockRunRecord(home, id));
    }
    return await rename(home, record, newName, runs);
  } finally {
    for (const lock of locks) lock.release();
  }
}

/** Ids of the runs that are trained on a data set. */
async function runsOn(home: string, record: DatasetRecord): Promise<string[]> {
  const ids: string[] = [];
  for (const { id, dataset, problem } of await listRuns(home)) {
    if (dataset !== record.name || problem !== null) continue;
    const manifest = await readRunManifest(runFolder(home, id));
    if (manifest.dataset !== null && sameDataset(record, manifest.dataset)) ids.push(id);
  }
  return ids;
}

async function rename(
  home: string,
  record: DatasetRecord,
  newName: string,
  runs: readonly string[],
): Promise<DatasetRecord> {
  const folder = datasetFolder(home, record.name);
  const target = datasetFolder(home, newName);
  await checkFree(home, newName);
  const renamed = { ...record, name: newName };
  const written: { temporary: string; file: string }[] = [];
  const write = async (file: string, value: unknown): Promise<void> => {
    const temporary = temporaryBeside(file);
    written.push({ temporary, file });
    await writeNewFile(temporary, JSON.stringify(value, null, 2) + '\n');
  };
  try {
    await write(path.join(folder, RECORD_FILE), renamed);
    for (const id of runs) {
      const manifest = await readRunManifest(runFolder(home, id));
      if (manifest.dataset === null) continue;
      const changed = { ...manifest, dataset: { ...manifest.dataset, name: newName } };
      await write(path.join(runFolder(home, id), 'run.json'), changed);
    }
    await fs.rename(folder, target);
  } catch (error) {
    for (const { temporary } of written) await fs.rm(temporary, { force: true }).catch(() => undefined);
    throw writeProblem(error, 'renamed data set', target);
  }
  // From here on it is done: the folder's name is what counts, and runs find their images by the fingerprint.
  for (const { temporary, file } of written) {
    const moved = (name: string): string =>
      path.dirname(name) === folder ? path.join(target, path.basename(name)) : name;
    await fs
      .rename(moved(temporary), moved(file))
      .catch(() => fs.rm(moved(temporary), { force: true }).catch(() => undefined));
  }
  await syncFolder(path.dirname(target)).catch(() => undefined);
  return renamed;
}
