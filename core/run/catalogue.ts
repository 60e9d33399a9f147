/** What is in the library: its data sets and runs as lists show them, the damaged ones too. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { sentenceOf, UserError } from '../errors.ts';
import { type DatasetRecord, DatasetRecordSchema } from '../data/dataset.ts';
import { listCheckpoints } from './checkpoint.ts';
import { errorCode, readProblem } from './files.ts';
import { parseJsonFile } from './json-file.ts';
import { datasetFolder, datasetsFolder, runsFolder } from './library.ts';
import type { RunManifest, RunSummary } from './manifest.ts';
import { readLastMetrics, readRunManifest } from './run-folder.ts';

/** A data set as lists show it; `record` is null and `problem` a sentence when it cannot be used. */
export interface DatasetEntry {
  name: string;
  record: DatasetRecord | null;
  problem: string | null;
}

/** All data sets of the library by name, damaged ones too. A library that does not exist yet has none. */
export async function listDatasets(home: string): Promise<DatasetEntry[]> {
  const names = await subfolders(datasetsFolder(home));
  return Promise.all(
    names.map(async (name): Promise<DatasetEntry> => {
      try {
        return { name, record: await readDatasetRecord(home, name), problem: null };
      } catch (error) {
        return { name, record: null, problem: sentenceOf(error) };
      }
    }),
  );
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
    throw new UserError(`There is no data set "${name}" in ${home}; import one first.`);
  }
  const file = path.join(folder, 'dataset.json');
  const record = await parseJsonFile(DatasetRecordSchema, file);
  if (record.name !== name) {
    throw new UserError(`${file}: key "name" says "${record.name}" but the folder is called "${name}".`);
  }
  const perImage = record.height * record.width * record.channels;
  await checkSize(path.join(folder, 'pixels.u8'), record.count * perImage, name);
  if (record.classes !== undefined) await checkSize(path.join(folder, 'labels.u8'), record.count, name);
  return record;
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
      `${file} has ${size} bytes where dataset.json says ${expected}; remove data set "${dataset}" and import it again.`,
    );
  }
}

/** All runs of the library, newest first, damaged ones too (with `problem`). */
export async function listRuns(home: string): Promise<RunSummary[]> {
  const ids = await subfolders(runsFolder(home));
  const summaries = await Promise.all(ids.map((id) => summarizeRun(home, id)));
  return summaries.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id));
}

/**
 * A run as lists show it. Never throws for a damaged one. Checkpoints are judged by their manifest and the
 * sizes of their files, since a list must be quick; their hashes are checked when one is opened.
 */
export async function summarizeRun(home: string, id: string): Promise<RunSummary> {
  const folder = path.join(runsFolder(home), id);
  let manifest: RunManifest;
  try {
    manifest = await readRunManifest(folder);
  } catch (error) {
    return {
      id,
      name: id,
      createdAt: await modificationTime(folder),
      preset: null,
      dataset: '',
      seed: 0,
      steps: 0,
      step: 0,
      lastLoss: null,
      imageSize: 0,
      channels: 1,
      parameters: null,
      problem: sentenceOf(error),
    };
  }
  let problem: string | null = null;
  let step = 0;
  let lastLoss: number | null = null;
  try {
    const checkpoints = await listCheckpoints(folder);
    const newest = checkpoints.findLast((checkpoint) => checkpoint.problem === null);
    if (newest !== undefined) {
      step = newest.step;
    } else {
      problem = checkpoints.at(-1)?.problem ?? null;
    }
    lastLoss = (await readLastMetrics(folder))?.loss ?? null;
  } catch (error) {
    problem = sentenceOf(error);
  }
  const { config, dataset, name, createdAt, preset, seed, parameters } = manifest;
  return {
    id,
    name,
    createdAt,
    preset,
    dataset: dataset.name,
    seed,
    steps: config.training.steps,
    step,
    lastLoss,
    imageSize: config.network.imageSize,
    channels: config.network.channels,
    parameters,
    problem,
  };
}

async function modificationTime(folder: string): Promise<string> {
  try {
    return (await fs.stat(folder)).mtime.toISOString();
  } catch {
    return new Date(0).toISOString();
  }
}

/** Names of the folders in a folder, sorted; temporary ones are left out; none when there is no such folder. */
async function subfolders(folder: string): Promise<string[]> {
  try {
    const entries = await fs.readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readProblem(error, folder);
  }
}
