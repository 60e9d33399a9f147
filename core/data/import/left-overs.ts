/** What imports that were killed have left behind, and how it is told from what an import is writing now. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { errorCode, isTemporaryName } from '../../files.ts';
import { OWNER_FILE } from '../layout.ts';

/** Longer than any import that still writes, should its process's number have gone to another one. */
const LEFT_OVER_AGE_MS = 24 * 60 * 60 * 1000;

const OwnerSchema = v.object({ pid: v.number(), host: v.string() });

/** The owner of a temporary folder, as its `owner.json` says: this process. */
export function thisOwner(): string {
  return JSON.stringify({ pid: process.pid, host: os.hostname() }) + '\n';
}

/**
 * Removes temporary folders of imports whose process is gone, so that after a crash the next import starts clean.
 *
 * @param folder with all data sets
 */
export async function removeLeftOvers(folder: string): Promise<void> {
  const names = await fs.readdir(folder).catch(() => []);
  for (const name of names.filter(isTemporaryName)) {
    const left = path.join(folder, name);
    if (await isLeftOver(left)) await fs.rm(left, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function isLeftOver(folder: string): Promise<boolean> {
  const stat = await fs.stat(folder).catch(() => null);
  if (stat === null) return false;
  if (Date.now() - stat.mtimeMs > LEFT_OVER_AGE_MS) return true;
  try {
    const text = await fs.readFile(path.join(folder, OWNER_FILE), 'utf8');
    const { pid, host } = v.parse(OwnerSchema, JSON.parse(text));
    // Of another computer that shares the disk nothing is known.
    return host === os.hostname() && !isRunning(pid);
  } catch {
    // Just begun, or of another kind.
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
