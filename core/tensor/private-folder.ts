import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PREFIX = 'covae-graph-';
/** A process of the same number may be another one by then. */
const OLDEST_MS = 60 * 60 * 1000;

let swept = false;

/**
 * Runs `use` with a new folder that only this user can look into, removed afterwards; those of processes that were
 * killed meanwhile are removed at the next start.
 * @param base where such folders are made; default: the system's folder for temporary files
 */
export function inPrivateFolder<T>(use: (folder: string) => T, base = os.tmpdir()): T {
  if (!swept) sweep(base);
  swept = true;
  const folder = mkdtempSync(path.join(base, `${PREFIX}${process.pid}-`));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes what processes that are gone have left in `base`. */
export function sweep(base: string): void {
  for (const name of readdirSync(base)) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined) continue;
    const folder = path.join(base, name);
    try {
      if (isRunning(Number(owner)) && Date.now() - statSync(folder).mtimeMs < OLDEST_MS) continue;
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another user's, or gone by now.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
