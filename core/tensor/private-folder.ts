import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { toErrorData } from '../error-data.ts';
import { UserError } from '../errors.ts';
import { errorCode, makeFolderSync, writeProblem } from '../files.ts';
import { isOfDead, ownerTag } from '../owner.ts';
import { listOf } from '../words.ts';

const PREFIX = 'covae-graph-';

const swept = new Set<string>();

/** Where such folders are made: the system's folder for temporary files, and where that is full or missing the cache. */
function usualBases(): string[] {
  return [os.tmpdir(), cacheFolder()].filter((base) => base !== null);
}

/**
 * Runs `use` with a new folder that only this user can look into, removed afterwards; those of processes that were
 * killed meanwhile are removed at the next start.
 * @param use is called again, with another folder, when the file system refuses
 * @param bases where such folders are made, tried in this order
 * @throws UserError when the file system refuses everywhere
 */
export function inPrivateFolder<T>(use: (folder: string) => T, bases: readonly string[] = usualBases()): T {
  let refusal: unknown;
  for (const base of bases) {
    try {
      return inOneOf(base, use);
    } catch (error) {
      if (errorCode(error) === null) throw error;
      refusal ??= error;
    }
  }
  const [first = '', ...others] = bases;
  const { message, ...facts } = toErrorData(writeProblem(refusal, 'compiled network', first));
  const nor = others.length > 0 ? `, nor to ${listOf(others)}` : '';
  throw new UserError(
    `${message.replace(/\.$/, '')}${nor}; the environment variable TMPDIR chooses another folder.`,
    { ...facts, cause: refusal },
  );
}

function inOneOf<T>(base: string, use: (folder: string) => T): T {
  makeFolderSync(base, 0o700);
  if (!swept.has(base)) sweep(base);
  swept.add(base);
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
