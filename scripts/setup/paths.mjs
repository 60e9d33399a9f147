/** Where things are: the project folder, and the cache that outlives `node_modules`. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root folder. */
export const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** Folder inside `node_modules` for what set-up notes about this clone; it goes when `node_modules` goes. */
export const notesFolder = join(root, 'node_modules', '.covae');

/** Folder for downloads and builds, shared by all clones of one user. */
export function cacheFolder(env = process.env) {
  if (env.COVAE_CACHE) return resolve(env.COVAE_CACHE);
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'covae-studio');
}
