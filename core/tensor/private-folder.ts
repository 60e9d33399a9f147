import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isOfDead, ownerTag } from '../owner.ts';

const PREFIX = 'covae-graph-';

let swept = false;

/**
 * Runs `use` with a new folder that only this user can look into, removed afterwards; those of processes that were
 * killed meanwhile are removed at the next start.
 * @param base where such folders are made; default: the system's folder for temporary files
 */
export function inPrivateFolder<T>(use: (folder: string) => T, base = os.tmpdir()): T {
  if (!swept) sweep(base);
  swept = true;
  const folder = mkdtempSync(path.join(base, `${PREFIX}${ownerTag()}-`));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes what processes that are gone have left in `base`. */
export function sweep(base: string): void {
  for (const name of readdirSync(base)) {
    if (!name.startsWith(PREFIX) || !isOfDead(name)) continue;
    try {
      rmSync(path.join(base, name), { recursive: true, force: true });
    } catch {
      // Another user's, or gone by now.
    }
  }
}
