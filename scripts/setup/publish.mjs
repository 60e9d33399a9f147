/** All or nothing in the cache: a folder is there whole, or not at all. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const MARK = '.partial-';

/** Removes what interrupted runs left beside `target`. Call it only while holding the target's lock. */
export async function clearPartial(target) {
  const folder = dirname(target);
  const entries = await readdir(folder).catch(() => []);
  for (const entry of entries) {
    if (entry.startsWith(basename(target) + MARK))
      await rm(join(folder, entry), { recursive: true, force: true });
  }
}

/**
 * Makes the folder `target` by filling a temporary folder beside it and renaming that. When it is there already,
 * or another process was quicker, that one is kept. Returns whether this call made it.
 */
export async function publishFolder(target, fill) {
  if (existsSync(target)) return false;
  const partial = target + MARK + process.pid + '-' + randomBytes(4).toString('hex');
  await mkdir(partial, { recursive: true });
  try {
    await fill(partial);
    // A rename can reach the disk before the files do; after a power cut that would be a whole-looking, empty folder.
    if (process.platform === 'linux')
      await promisify(execFile)('sync', ['-f', partial]).catch(() => undefined);
    await rename(partial, target);
    return true;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (existsSync(target) && ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) return false;
    throw error;
  }
}
