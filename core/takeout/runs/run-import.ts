/** A run from an archive or a folder into the library: held to its hashes, and never over a longer history. */
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../../errors.ts';
import { exists, makeFolder, replaceFolder, syncFolder, temporaryBeside, writeProblem } from '../../files.ts';
import { lockRun } from '../../library-locks.ts';
import { runFolder, runsFolder } from '../../library.ts';
import { whileLocked } from '../../lock.ts';
import type { RunManifest } from '../../run/manifest.ts';
import { findDataset, sameDataset } from '../../run/run-dataset.ts';
import { readMetrics, readRunManifest } from '../../run/run-folder.ts';
import { verifyRunFolder } from '../../run/verify.ts';
import { plannedSteps } from '../../schedule/continuation.ts';
import { readDatasetRecord } from '../../data/catalogue.ts';
import { openRunSource, type RunSource } from './archive-source.ts';
import type { ArchiveProgress } from './run-archive.ts';

export interface ImportRunOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: ArchiveProgress) => void) | undefined;
}

export interface ImportedRun {
  id: string;
  /** `there`: the library has the same already, or a longer history of it, and stays as it is. */
  outcome: 'new' | 'longer' | 'there';
  /** Name of the run's data set in this library; null when it is not here, or the run has none. */
  dataset: string | null;
  /** What a person should know, in one sentence. */
  remark: string | null;
}

/**
 * Imports a run. Where the library has it already, the one with the longer history stays; two that went different ways are
 * refused. The data set is found by its fingerprint, whatever its name.
 *
 * @throws UserError in one sentence: not there, no run, damaged, another run of that id, being trained, no room; the
 *   signal's reason when aborted. Nothing is left behind then
 */
export async function importRun(
  home: string,
  asked: string,
  { signal, onProgress }: ImportRunOptions = {},
): Promise<ImportedRun> {
  const source = await openRunSource(asked);
  try {
    const target = runFolder(home, source.id);
    await makeFolder(runsFolder(home)).catch((error: unknown) => {
      throw writeProblem(error, 'run', target);
    });
    return await whileLocked(lockRun(home, source.id, 'is being imported'), async () => {
      const temporary = temporaryBeside(target);
      // A run knows the name of its folder.
      const staged = path.join(temporary, source.id);
      try {
        await fs.mkdir(temporary);
        await copy(source, staged, target, { signal, onProgress });
        const manifest = await verified(staged, source, signal);
        const outcome = (await exists(target)) ? await compare(source, staged, target) : 'new';
        signal?.throwIfAborted();
        if (outcome !== 'there') await replaceFolder(staged, target);
        return { id: source.id, outcome, ...(await datasetHere(home, manifest)) };
      } catch (error) {
        throw writeProblem(error, 'run', target);
      } finally {
        await fs.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
      }
    });
  } finally {
    source.close();
  }
}

async function copy(
  source: RunSource,
  folder: string,
  target: string,
  { signal, onProgress }: ImportRunOptions,
): Promise<void> {
  const total = source.files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  await fs.mkdir(folder);
  for (const { name, sha256 } of source.files) {
    const file = path.join(folder, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    const handle = await fs.open(file, 'wx');
    const hash = createHash('sha256');
    try {
      for await (const piece of source.pieces(name)) {
        signal?.throwIfAborted();
        hash.update(piece);
        await handle.writeFile(piece);
        done += piece.length;
        onProgress?.({ done, total });
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (sha256 !== null && hash.digest('hex') !== sha256) {
      throw new UserError(
        `${source.file} is damaged: ${name} is not what was exported; nothing was imported to ${target}.`,
        { code: 'unreadable', file: source.file },
      );
    }
  }
  await syncFolder(folder);
}

/** Holds what was copied to the run's own hashes. */
async function verified(folder: string, source: RunSource, signal?: AbortSignal): Promise<RunManifest> {
  const { problems } = await verifyRunFolder(folder, source.id, { signal });
  const [first] = problems;
  if (first !== undefined) {
    throw new UserError(
      `The run in ${source.file} is damaged, so it was not imported: ${first.replaceAll(folder, source.file)}`,
      { code: 'unreadable', file: source.file },
    );
  }
  const manifest = await readRunManifest(folder);
  if (manifest.id === source.id) return manifest;
  throw new UserError(
    `${source.file} says that it is the run ${source.id}, but holds ${manifest.id}; it was not imported.`,
    { code: 'refused', file: source.file },
  );
}

/** Which of two runs of the same id has the longer history. @throws UserError when neither goes on from the other */
async function compare(source: RunSource, brought: string, here: string): Promise<'longer' | 'there'> {
  const [theirs, ours] = [await readRunManifest(brought), await readRunManifest(here)];
  const refused = new UserError(
    `The library has another run ${source.id} already, which went another way than that in ${source.file}; remove or rename it first.`,
    { code: 'exists', file: here },
  );
  if (!isDeepStrictEqual(origin(theirs), origin(ours)) || !oneGoesOn(theirs, ours)) throw refused;
  const [longer, shorter] = [await readMetrics(brought), await readMetrics(here)];
  const common = Math.min(longer.length, shorter.length);
  if (!isDeepStrictEqual(longer.slice(0, common), shorter.slice(0, common))) throw refused;
  return longer.length > shorter.length ? 'longer' : 'there';
}

/** What a run keeps from its beginning on, however long it goes on, and whatever it is called. */
function origin({ dataset: _, name: __, continued = [], ...manifest }: RunManifest): unknown {
  const { config } = manifest;
  const steps = plannedSteps(config.training.steps, continued);
  return { ...manifest, config: { ...config, training: { ...config.training, steps } } };
}

/** Whether one of two runs was given all the further steps that the other was. */
function oneGoesOn({ continued: theirs = [] }: RunManifest, { continued: ours = [] }: RunManifest): boolean {
  const common = Math.min(theirs.length, ours.length);
  return isDeepStrictEqual(theirs.slice(0, common), ours.slice(0, common));
}

async function datasetHere(
  home: string,
  manifest: RunManifest,
): Promise<Pick<ImportedRun, 'dataset' | 'remark'>> {
  if (manifest.dataset === null) return { dataset: null, remark: null };
  const { name } = await findDataset(home, manifest);
  const record = await readDatasetRecord(home, name).catch(() => null);
  if (record !== null && sameDataset(record, manifest.dataset)) return { dataset: name, remark: null };
  return {
    dataset: null,
    remark: `The data set "${manifest.dataset.name}" that the run ${manifest.id} was trained on is not here; it can draw samples, and goes on training once the same images are imported.`,
  };
}
