/** The run folder but for its checkpoints: `run.json` and `metrics.jsonl`. */
import fsp from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { exists, makeFolder, makeWhole, syncFolder, writeFileAtomic, writeNewFile } from '../files.ts';
import { lockRunRecord } from '../library-locks.ts';
import { whileLocked } from '../lock.ts';
import { checkValue, parseJsonFile } from '../json-file.ts';
import { runFolder } from '../library.ts';
import { type LineLog, openLineLog, readLastLine, readLines } from './line-log.ts';
import { thin } from '../thin.ts';
import { type MetricsLine, MetricsLineSchema, type RunManifest, RunManifestSchema } from './manifest.ts';

/**
 * Creates `runs/<id>` with its `run.json`; the folder appears whole or not at all.
 *
 * @param fill adds what the run begins with, in the folder under its temporary name
 * @returns the folder
 * @throws UserError when the id is taken or the library cannot be written
 */
export async function createRunFolder(
  home: string,
  manifest: RunManifest,
  fill: (temporary: string) => Promise<unknown> = async () => undefined,
): Promise<string> {
  const folder = runFolder(home, manifest.id);
  checkValue(RunManifestSchema, manifest, `Run "${manifest.id}"`);
  if (await exists(folder))
    throw new UserError(`There is already a run "${manifest.id}" in ${home}; choose another name.`, {
      code: 'exists',
    });
  await makeWhole(folder, 'run', async (temporary) => {
    await makeFolder(temporary);
    await writeNewFile(path.join(temporary, 'run.json'), JSON.stringify(manifest, null, 2) + '\n');
    await fsp.mkdir(path.join(temporary, 'checkpoints'));
    await fsp.mkdir(path.join(temporary, 'samples'));
    await fill(temporary);
    await syncFolder(temporary);
  });
  return folder;
}

/**
 * Reads and checks `run.json`.
 *
 * @throws UserError with one sentence naming file and key
 */
export async function readRunManifest(runDir: string): Promise<RunManifest> {
  const file = path.join(runDir, 'run.json');
  const manifest = await parseJsonFile(RunManifestSchema, file);
  if (manifest.id !== path.basename(path.resolve(runDir))) {
    throw new UserError(
      `${file}: key "id" says "${manifest.id}" but the folder is called "${path.basename(path.resolve(runDir))}"; ` +
        'give the folder that name again, or the key the name of the folder.',
      { code: 'unreadable', key: 'id', file },
    );
  }
  return manifest;
}

/**
 * Changes `run.json`, also of a run that is being trained, which goes by what it read when it began.
 *
 * @throws UserError when it is missing or damaged, or cannot be written; (`busy`) while another process changes it
 */
export async function changeManifest(
  home: string,
  id: string,
  change: (manifest: RunManifest) => RunManifest,
): Promise<RunManifest> {
  const folder = runFolder(home, id);
  return whileLocked(lockRunRecord(home, id), async () => {
    const changed = checkValue(RunManifestSchema, change(await readRunManifest(folder)), `Run "${id}"`);
    await writeFileAtomic(path.join(folder, 'run.json'), JSON.stringify(changed, null, 2) + '\n', 'run');
    return changed;
  });
}

export const METRICS_FILE = 'metrics.jsonl';

function metricsFile(runDir: string): string {
  return path.join(runDir, METRICS_FILE);
}

/** Appends to `metrics.jsonl`. One writer at a time. */
export type MetricsLog = LineLog<MetricsLine>;

/**
 * Opens `metrics.jsonl` for appending, without the lines of steps after `lastStep`.
 *
 * @see openLineLog
 */
export function openMetricsLog(runDir: string, lastStep: number): MetricsLog {
  return openLineLog(metricsFile(runDir), MetricsLineSchema, lastStep, 'log of the training');
}

/**
 * The logged lines, thinned to at most `limit` evenly spaced ones with the first and the last among them.
 * A run that has logged nothing yet has none.
 *
 * @throws UserError naming the line that is damaged; a torn last line is left out without a word
 */
export async function readMetrics(runDir: string, limit = Infinity): Promise<MetricsLine[]> {
  return thin(await readLines(metricsFile(runDir), MetricsLineSchema), limit);
}

/** The last whole line, read from the end of the file; null when there is none. */
export function readLastMetrics(runDir: string): Promise<MetricsLine | null> {
  return readLastLine(metricsFile(runDir), MetricsLineSchema);
}
