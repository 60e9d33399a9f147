import os from 'node:os';
import path from 'node:path';

/** The user's cache folder for this application, the same as set-up's (scripts/setup/paths.mjs). It need not exist yet. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const chosen = env['COVAE_CACHE'];
  if (chosen !== undefined && chosen !== '') return path.resolve(chosen);
  const base = env['XDG_CACHE_HOME'];
  return path.join(
    base !== undefined && base !== '' ? base : path.join(os.homedir(), '.cache'),
    'covae-studio',
  );
}
