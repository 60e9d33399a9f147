/** What a person should know of a run as it lies on the disk: which checkpoint is used, and what is damaged. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { sentenceOf } from '../errors.ts';
import { damageSentence, findNewestCheckpoint } from './checkpoint.ts';
import { checkpointsFolder, checkpointsIn } from './checkpoint-files.ts';
import { logDamage } from './log-marks.ts';
import { readSetAside, type SetAside } from './set-aside-files.ts';

export interface RunHealth {
  /** Step of the newest checkpoint that verifies, which is used; null when there is none. */
  step: number | null;
  /** What is damaged, one sentence each. */
  remarks: string[];
  /** What going back to an earlier step has set aside and can be brought back; null for nothing. */
  setAside: SetAside | null;
}

/** Holds the newest checkpoints of a run to their hashes, until one verifies. Never throws for what is damaged. */
export async function runHealth(runDir: string): Promise<RunHealth> {
  const health: RunHealth = { step: null, remarks: [], setAside: null };
  try {
    const newest = await findNewestCheckpoint(runDir);
    if (newest !== null) {
      health.step = newest.step;
      const damage = damageSentence(newest.passedOver, newest.step);
      const logs = await logDamage(runDir, newest.manifest.logs ?? {}, newest.step);
      for (const remark of [damage, logs]) if (remark !== null) health.remarks.push(remark);
    }
  } catch (error) {
    health.remarks.push(sentenceOf(error));
  }
  try {
    health.setAside = await setAsideOf(runDir);
  } catch (error) {
    health.remarks.push(sentenceOf(error));
  }
  return health;
}

/** What can be brought back, in the form of {@link RunHealth}. @throws UserError when the run's trash is damaged */
export async function setAsideOf(runDir: string): Promise<SetAside | null> {
  const aside = await readSetAside(runDir);
  return aside && { step: aside.step, checkpoints: aside.checkpoints };
}

/** As {@link runHealth}, read once for as long as no file of the checkpoints changes. */
export class HealthCache {
  readonly #known = new Map<string, { state: string; health: RunHealth }>();

  async of(runDir: string): Promise<RunHealth> {
    const state = await stateOf(runDir);
    const known = this.#known.get(runDir);
    if (known?.state === state) return known.health;
    const health = await runHealth(runDir);
    this.#known.set(runDir, { state, health });
    return health;
  }
}

/** Changes whenever a file of a checkpoint does: names, sizes and times. */
async function stateOf(runDir: string): Promise<string> {
  const folders = await checkpointsIn(checkpointsFolder(runDir)).catch(() => []);
  const parts = [];
  for (const folder of [...folders.map((entry) => entry.folder), path.join(runDir, '.trash'), runDir]) {
    for (const name of await fs.readdir(folder).catch(() => ['unreadable'])) {
      const found = await fs.stat(path.join(folder, name)).catch(() => null);
      parts.push(
        path.basename(folder),
        name,
        found?.size ?? '-',
        found?.mtimeMs ?? '-',
        found?.ctimeMs ?? '-',
      );
    }
  }
  return parts.join('\0');
}
