/** Data sets whose folder is not where it was. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { exists, readProblem, writeProblem } from '../files.ts';
import { lockDataset } from '../library-locks.ts';
import { datasetFolder, datasetsFolder } from '../library.ts';
import { whileLocked } from '../lock.ts';
import { missingTarget, readRecordIn } from './catalogue.ts';
import { RECORD_FILE } from './layout.ts';

/**
 * Takes a data set's folder, wherever it is now, into the library again: a folder that was only renamed inside the
 * library gets its name back, any other stays where it is and is linked to.
 *
 * @param folder the data set's folder, or the folder it lies in
 * @param fingerprint of the pixels as they are remembered; null when they are not
 * @throws UserError when the folder holds no data set, or another one; (`busy`) when something is made of that name
 */
export async function relocateDataset(
  home: string,
  name: string,
  folder: string,
  fingerprint: string | null,
): Promise<void> {
  const lock = lockDataset(home, name, 'is being found again');
  await whileLocked(lock, () => relocate(home, name, folder, fingerprint));
}

async function relocate(
  home: string,
  name: string,
  folder: string,
  fingerprint: string | null,
): Promise<void> {
  const target = datasetFolder(home, name);
  const stale = (await missingTarget(target)) !== null;
  if (!stale && (await exists(target))) {
    throw new UserError(`The data set "${name}" is in the library already; there is nothing to find.`);
  }
  const found = await datasetIn(path.resolve(folder), name);
  const record = await readRecordIn(found);
  if (record.name !== name || (fingerprint !== null && record.fingerprint !== fingerprint)) {
    const other = record.name === name ? 'other images than this one had' : `the data set "${record.name}"`;
    throw new UserError(`${found} holds ${other}; choose the folder of "${name}".`);
  }
  const staleLink = stale ? await fs.readlink(target) : null;
  try {
    await fs.mkdir(path.dirname(target), { recursive: true });
    const real = await fs.realpath(found);
    const inLibrary = path.dirname(real) === (await fs.realpath(datasetsFolder(home)));
    if (stale) await fs.unlink(target);
    if (inLibrary) await fs.rename(real, target);
    // A junction needs no rights of its own on Windows; elsewhere the word is ignored.
    else await fs.symlink(real, target, 'junction');
  } catch (error) {
    if (staleLink !== null) await fs.symlink(staleLink, target, 'junction').catch(() => undefined);
    throw writeProblem(error, 'link to the data set', target);
  }
}

/**
 * Takes away the link of a data set that lies elsewhere and is not there. Nothing else is ever removed.
 *
 * @throws UserError when there is a data set of that name; (`busy`) when it is in use
 */
export async function forgetDataset(home: string, name: string): Promise<void> {
  await whileLocked(lockDataset(home, name, 'is being forgotten'), () => forget(home, name));
}

async function forget(home: string, name: string): Promise<void> {
  const target = datasetFolder(home, name);
  if ((await missingTarget(target)) !== null) {
    await fs.unlink(target).catch((error: unknown) => {
      throw writeProblem(error, 'change of the library', target);
    });
  } else if (await exists(target)) {
    throw new UserError(`The data set "${name}" is there; delete it instead.`);
  }
}

/** The folder with a record: the one given, or the one of that name in it. */
async function datasetIn(folder: string, name: string): Promise<string> {
  for (const candidate of [folder, path.join(folder, name)]) {
    if (await exists(path.join(candidate, RECORD_FILE))) return candidate;
  }
  await fs.readdir(folder).catch((error: unknown) => {
    throw readProblem(error, folder);
  });
  throw new UserError(
    `${folder} holds no data set: it has no ${RECORD_FILE}; choose the folder of "${name}".`,
  );
}
