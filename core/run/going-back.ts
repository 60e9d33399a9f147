/** Going back to an earlier step: what came after it is set aside, and can be brought back until the run saves again. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { sentenceOf, UserError } from '../errors.ts';
import { errorCode, exists, makeFolder, readProblem, syncFolder, writeFileAtomic } from '../files.ts';
import { readBytes } from '../read-file.ts';
import { listOf } from '../words.ts';
import { checkpointsFolder, checkpointsIn } from './checkpoint-files.ts';
import { bytesUpTo } from './line-log.ts';
import { HISTORY_FILE } from './history.ts';
import { gridOfName } from './grid-files.ts';
import { METRICS_FILE } from './run-folder.ts';
import { ALARMS_FILE, EVALUATIONS_FILE } from './lines.ts';
import { DIAGNOSTICS_FILE } from './run-log.ts';
import {
  discardSetAside,
  readSetAside,
  type SetAside,
  setAsideFile,
  type SetAsideRecord,
  trashFolder,
} from './set-aside-files.ts';

/** The logs of a run, whose lines have a step each. */
export const LOGS = [METRICS_FILE, ALARMS_FILE, DIAGNOSTICS_FILE, EVALUATIONS_FILE, HISTORY_FILE];

/**
 * Sets aside all that came after a step: checkpoints, lines of the logs (which stay in them too, until the training goes
 * on), grids of samples. Whoever calls has opened the checkpoint of that step: nothing is checked here.
 *
 * @returns what can be brought back now; null when there was nothing after the step
 * @throws UserError when something cannot be moved; all is as it was then
 */
export async function setAsideAfter(runDir: string, step: number): Promise<SetAside | null> {
  const later = (await checkpointsIn(checkpointsFolder(runDir))).filter((entry) => entry.step > step);
  const before = await readSetAside(runDir);
  if (later.length === 0) return plain(before);
  // What is there is of a run that has saved since: its time is over.
  if (before === null) await discardSetAside(runDir);
  const trash = trashFolder(runDir);
  const moved: Move[] = [];
  try {
    await makeFolder(path.join(trash, 'checkpoints'));
    await makeFolder(path.join(trash, 'samples'));
    for (const name of LOGS) await keepTail(runDir, name, step, before?.step ?? null);
    // Those of steps that are set aside already belong to a training that was never saved.
    const grids = await gridsAfter(runDir, step);
    const own = grids.filter((file) => before === null || stepOfGrid(file) <= before.step);
    const record: SetAsideRecord = {
      format: 'covae-run-trash',
      version: 1,
      step,
      createdAt: new Date().toISOString(),
      checkpoints: [
        ...(before?.record.checkpoints ?? []),
        ...later.map(({ folder }) => path.basename(folder)),
      ],
      samples: [...(before?.record.samples ?? []), ...own.map((file) => path.basename(file))],
    };
    await writeFileAtomic(setAsideFile(runDir), `${JSON.stringify(record)}\n`, 'note of what is set aside');
    // The newest first: those that are left are in order at any time.
    for (const { folder } of [...later].reverse()) await move(folder, inTrash(runDir, 'checkpoints', folder));
    for (const file of own) await move(file, inTrash(runDir, 'samples', file));
    for (const file of grids) if (!own.includes(file)) await fs.rm(file);
  } catch (error) {
    for (const { from, to } of moved.reverse()) await fs.rename(to, from).catch(() => undefined);
    if (before === null) await discardSetAside(runDir).catch(() => undefined);
    else
      await writeFileAtomic(setAsideFile(runDir), `${JSON.stringify(before.record)}\n`).catch(
        () => undefined,
      );
    throw new UserError(
      `What came after step ${step} could not be moved aside (${sentenceOf(error).replace(/\.$/, '')}); nothing has changed.`,
      { code: 'unwritable', file: trash, cause: error },
    );
  }
  await syncFolder(checkpointsFolder(runDir)).catch(() => undefined);
  return plain(await readSetAside(runDir));

  async function move(from: string, to: string): Promise<void> {
    await fs.rename(from, to);
    moved.push({ from, to });
  }
}

function plain(aside: SetAside | null): SetAside | null {
  return aside && { step: aside.step, checkpoints: aside.checkpoints };
}

interface Move {
  from: string;
  to: string;
}

/**
 * Brings back what was set aside: the run is as it was before it went back.
 *
 * @returns what was brought back
 * @throws UserError when there is nothing, also when the run has saved again since
 */
export async function bringBack(runDir: string): Promise<SetAside> {
  const aside = await readSetAside(runDir);
  if (aside === null) {
    throw new UserError(
      `There is nothing to bring back in ${runDir}: the run did not go back, or it has saved a checkpoint since.`,
      { code: 'not-found', file: runDir },
    );
  }
  const trash = trashFolder(runDir);
  const { step, checkpoints } = aside;
  try {
    // Each may be done twice: whatever is cut short here is done by the same call again. Checkpoints go last.
    for (const name of LOGS) await restoreTail(runDir, name, step);
    const samples = path.join(runDir, 'samples');
    // Those of the training that is given up.
    for (const file of await gridsAfter(runDir, step)) {
      if (!aside.record.samples.includes(path.basename(file))) await fs.rm(file);
    }
    for (const name of await namesIn(path.join(trash, 'samples'))) {
      await fs.rename(path.join(trash, 'samples', name), path.join(samples, name));
    }
    await makeFolder(checkpointsFolder(runDir));
    for (const { folder } of await checkpointsIn(path.join(trash, 'checkpoints'))) {
      await fs.rename(folder, path.join(checkpointsFolder(runDir), path.basename(folder)));
    }
    await syncFolder(checkpointsFolder(runDir));
  } catch (error) {
    throw new UserError(
      `What was set aside in ${trash} could not be brought back whole (${sentenceOf(error).replace(/\.$/, '')}); nothing is lost, try again.`,
      { code: 'unwritable', file: trash, cause: error },
    );
  }
  await discardSetAside(runDir).catch(() => undefined);
  return { step, checkpoints };
}

/** `Went back to step 20; the later checkpoints, of steps 30 and 40, are kept until the run saves again` */
export function wentBackClause({ step, checkpoints }: SetAside): string {
  const which =
    checkpoints.length === 1
      ? `the later checkpoint, of step ${checkpoints[0]}, is`
      : `the later checkpoints, of steps ${listOf(checkpoints.map(String))}, are`;
  return `Went back to ${step === 0 ? 'the start' : `step ${step}`}; ${which} kept until the run saves again`;
}

function inTrash(runDir: string, kind: string, file: string): string {
  return path.join(trashFolder(runDir), kind, path.basename(file));
}

/** @param beforeStep step that the run had gone back to already; its log's later lines are in the trash */
async function keepTail(
  runDir: string,
  name: string,
  step: number,
  beforeStep: number | null,
): Promise<void> {
  const log = await content(path.join(runDir, name));
  const tailFile = path.join(trashFolder(runDir), name);
  const until = beforeStep === null ? log.lastIndexOf(0x0a) + 1 : bytesUpTo(log, beforeStep);
  const own = log.subarray(bytesUpTo(log, step), until);
  const tail = beforeStep === null ? own : Buffer.concat([own, await content(tailFile)]);
  await writeFileAtomic(tailFile, tail, 'later part of a log');
}

async function restoreTail(runDir: string, name: string, step: number): Promise<void> {
  const file = path.join(runDir, name);
  const log = await content(file);
  const tail = await content(path.join(trashFolder(runDir), name));
  const whole = Buffer.concat([log.subarray(0, bytesUpTo(log, step)), tail.subarray(bytesUpTo(tail, step))]);
  if (whole.length > 0 || log.length > 0) await writeFileAtomic(file, whole, 'log');
}

async function content(file: string): Promise<Buffer> {
  try {
    return await readBytes(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw readProblem(error, file);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await exists(folder)) ? fs.readdir(folder) : [];
}

async function gridsAfter(runDir: string, step: number): Promise<string[]> {
  const folder = path.join(runDir, 'samples');
  return (await namesIn(folder))
    .filter((name) => stepOfGrid(name) > step)
    .map((name) => path.join(folder, name));
}

/** -1 for any other file. */
function stepOfGrid(file: string): number {
  return gridOfName(path.basename(file))?.step ?? -1;
}
