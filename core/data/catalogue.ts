/** The data sets of the library as lists show them, the damaged ones too. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { sentenceOf, UserError } from '../errors.ts';
import { errorCode, readProblem, visibleFolders } from '../files.ts';
import * as v from 'valibot';
import { checkValue, parseJsonFile } from '../json-file.ts';
import { datasetFolder, datasetsFolder } from '../library.ts';
import { type DatasetRecord, DatasetRecordSchema, DatasetRecordV1Schema, migrateRecord } from './dataset.ts';
import { labelsFile, PIXELS_FILE, RECORD_FILE, SPLIT_FILE } from './layout.ts';
import { countOf } from '../words.ts';

/** A data set as lists show it; `record` is null and `problem` a sentence when it cannot be used. */
export interface DatasetEntry {
  name: string;
  record: DatasetRecord | null;
  problem: string | null;
  /** Its folder is elsewhere, and not there now. */
  missing: boolean;
}

/**
 * All data sets of the library by name, damaged ones too, and those that lie elsewhere (see relocate.ts). A library
 * that does not exist yet has none.
 */
export async function listDatasets(home: string): Promise<DatasetEntry[]> {
  const names = await visibleFolders(datasetsFolder(home), { links: true });
  return Promise.all(
    names.map(async (name): Promise<DatasetEntry> => {
      const missing = (await missingTarget(path.join(datasetsFolder(home), name))) !== null;
      try {
        return { name, record: await readDatasetRecord(home, name), problem: null, missing };
      } catch (error) {
        return { name, record: null, problem: sentenceOf(error), missing };
      }
    }),
  );
}

/** Where a link leads when nothing is there; null for all else. */
export async function missingTarget(link: string): Promise<string | null> {
  try {
    await fs.stat(link);
    return null;
  } catch {
    return fs.readlink(link).catch(() => null);
  }
}

/**
 * Reads `dataset.json` and checks that the files beside it have the sizes it says.
 *
 * @throws UserError with one sentence
 */
export async function readDatasetRecord(home: string, name: string): Promise<DatasetRecord> {
  const folder = datasetFolder(home, name);
  try {
    await fs.stat(folder);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw readProblem(error, folder);
    const elsewhere = await missingTarget(folder);
    if (elsewhere !== null) {
      throw new UserError(
        `The images of data set "${name}" lie in ${elsewhere}, which is not there; connect its disk, or find the folder again in the window.`,
        { code: 'not-found', file: elsewhere },
      );
    }
    throw new UserError(`There is no data set "${name}" in ${home}; import one first.`, {
      code: 'not-found',
    });
  }
  // A folder that someone has renamed by hand is known by its new name.
  const record = { ...(await readRecordIn(folder)), name };
  const perImage = record.height * record.width * record.channels;
  await checkSize(path.join(folder, PIXELS_FILE), record.count * perImage, name);
  if (record.classes !== undefined) {
    const labels = labelsFile(record.classes.length, record.unlabelled);
    await checkSize(path.join(folder, labels.name), record.count * labels.bytes, name);
  }
  if (record.heldOut > 0) await checkSize(path.join(folder, SPLIT_FILE), record.count, name);
  return record;
}

/**
 * Reads the `dataset.json` in a folder; that of an earlier version is brought into today's form.
 *
 * @throws UserError with one sentence
 */
export async function readRecordIn(folder: string): Promise<DatasetRecord> {
  const file = path.join(folder, RECORD_FILE);
  const value = await parseJsonFile(v.looseObject({ version: v.number() }), file);
  if (value.version === 1) return migrateRecord(checkValue(DatasetRecordV1Schema, value, file));
  // Before all else: whatever a later version has changed, this is what matters.
  if (value.version > 2) {
    throw new UserError(`${file}: version ${value.version} is newer than this program can read (2).`);
  }
  return checkValue(DatasetRecordSchema, value, file, { code: 'unreadable', file });
}

async function checkSize(file: string, expected: number, dataset: string): Promise<void> {
  let size: number;
  try {
    ({ size } = await fs.stat(file));
  } catch (error) {
    throw readProblem(error, file);
  }
  if (size !== expected) {
    throw new UserError(
      `${file} has ${countOf(size, 'byte')} where dataset.json says ${expected}; remove data set "${dataset}" and import it again.`,
      { code: 'unreadable', file },
    );
  }
}
