/** Where the library is: one folder with all data sets and runs, shared by the command line and the application. */
import os from 'node:os';
import path from 'node:path';
import { randomInt } from 'node:crypto';
import { UserError } from './errors.ts';
import { FreeNameSchema, NameSchema, plainName } from './names.ts';
import { checkValue } from './json-file.ts';
import { expandTilde } from './files.ts';

interface HomeContext {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  userHome: string;
}

/**
 * The library folder: the one asked for, else `COVAE_HOME`, else the system's place for application data. A `~` at the
 * beginning of either stands for the user's home: no shell has seen it in `--home=~/x` or in a settings file.
 *
 * @returns an absolute path; the folder need not exist yet
 * @throws UserError when it would be in the user's home and there is none: `HOME` is empty
 */
export function libraryHome(
  asked?: string,
  { env, platform, userHome }: HomeContext = {
    env: process.env,
    platform: process.platform,
    userHome: os.homedir(),
  },
): string {
  const chosen = asked ?? env['COVAE_HOME'];
  if (chosen !== undefined && chosen !== '') return path.resolve(expandTilde(chosen, userHome));
  const name = 'covae-studio';
  const base = dataFolder(env, platform, userHome);
  if (path.isAbsolute(base)) return path.join(base, name);
  throw new UserError(
    'There is no place for the library, since the environment variable HOME is empty; set it, or name a folder with --home or COVAE_HOME.',
    { code: 'not-found' },
  );
}

/** The system's place for application data. */
function dataFolder(env: HomeContext['env'], platform: NodeJS.Platform, userHome: string): string {
  if (platform === 'win32') return env['APPDATA'] ?? path.join(userHome, 'AppData', 'Roaming');
  if (platform === 'darwin') return path.join(userHome, 'Library', 'Application Support');
  const data = env['XDG_DATA_HOME'];
  // The XDG specification says to ignore relative paths.
  return data !== undefined && path.isAbsolute(data) ? data : path.join(userHome, '.local', 'share');
}

export function datasetsFolder(home: string): string {
  return path.join(home, 'datasets');
}

/** @throws UserError when `name` cannot be the name of a data set */
export function datasetFolder(home: string, name: string): string {
  return path.join(datasetsFolder(home), checkValue(NameSchema, name, `Data set "${name}"`));
}

export function runsFolder(home: string): string {
  return path.join(home, 'runs');
}

/** @throws UserError when `id` cannot be the id of a run */
export function runFolder(home: string, id: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._ -]{0,80}$/.test(id)) {
    throw new UserError(`"${id}" is not the id of a run.`);
  }
  return path.join(runsFolder(home), id);
}

/** `<name in plain letters>-<six random letters and digits>` @throws UserError for what cannot be a name */
export function newRunId(name: string): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
  const tail = Array.from({ length: 6 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
  return `${plainName(checkValue(FreeNameSchema, name, `Run "${name}"`))}-${tail}`;
}
