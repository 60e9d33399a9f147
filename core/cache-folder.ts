import os from 'node:os';
import path from 'node:path';

/**
 * The user's cache folder for this application, the same as set-up's (scripts/setup/paths.mjs). It need not exist yet.
 *
 * @returns null when it would be in the user's home and there is none: `HOME` is empty
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  userHome = os.homedir(),
): string | null {
  const chosen = env['COVAE_CACHE'];
  if (chosen !== undefined && chosen !== '') return path.resolve(chosen);
  const base = env['XDG_CACHE_HOME'];
  if (base !== undefined && base !== '') return path.join(base, 'covae-studio');
  return userHome === '' ? null : path.join(userHome, '.cache', 'covae-studio');
}
