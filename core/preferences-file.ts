/** The preferences on disk: `preferences.json` in the folder for user data. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { sentenceOf } from './errors.ts';
import { exists, makeFolder, writeFileAtomic } from './files.ts';
import { checkValue, describeIssue, parseJsonFile } from './json-file.ts';
import { DEFAULT_PREFERENCES, PREFERENCES, type Preferences, PreferencesSchema } from './preferences.ts';

const HEAD = { format: v.literal('covae-preferences'), version: v.literal(1) };
/** Each entry is judged by itself, so that one wrong value costs no other. */
const FileSchema = v.looseObject(HEAD);

export interface ReadPreferences {
  preferences: Preferences;
  /** What could not be used, in a sentence; null when all is well. */
  problem: string | null;
}

/** Where the preferences lie in a folder for user data. */
export function preferencesFile(userData: string): string {
  return path.join(userData, 'preferences.json');
}

/** Reads them; what is missing or cannot be used is as usual. Never throws. */
export async function readPreferences(file: string): Promise<ReadPreferences> {
  let found: Record<string, unknown>;
  try {
    if (!(await exists(file))) return { preferences: DEFAULT_PREFERENCES, problem: null };
    found = await parseJsonFile(FileSchema, file);
  } catch (error) {
    const problem = `The settings could not be used, so the window starts with the usual ones. ${sentenceOf(error)}`;
    return { preferences: DEFAULT_PREFERENCES, problem };
  }
  const preferences: Record<string, unknown> = { ...DEFAULT_PREFERENCES };
  const wrong: string[] = [];
  for (const [key, schema] of Object.entries(PREFERENCES)) {
    if (!(key in found)) continue;
    const result = v.safeParse(v.object({ [key]: schema }), found);
    if (result.success) preferences[key] = found[key];
    else wrong.push(describeIssue(result.issues[0]));
  }
  return {
    preferences: v.parse(PreferencesSchema, preferences),
    problem:
      wrong.length === 0 ? null : `In ${file}, ${wrong.join(', and ')}; the usual value is taken instead.`,
  };
}

/**
 * Writes them. A file that is no preferences of this version is kept beside as `preferences.json.unused`.
 *
 * @throws UserError when a value is not allowed or the file cannot be written
 */
export async function writePreferences(file: string, preferences: Preferences): Promise<void> {
  const checked = checkValue(PreferencesSchema, preferences, 'The settings', { code: 'invalid' });
  await makeFolder(path.dirname(file));
  const before = (await exists(file)) ? await parseJsonFile(FileSchema, file).catch(() => null) : {};
  if (before === null) await fs.copyFile(file, `${file}.unused`);
  // What is not known here may be of another release, and stays.
  const whole = { ...before, format: 'covae-preferences', version: 1, ...checked };
  await writeFileAtomic(file, `${JSON.stringify(whole, null, 2)}\n`, 'settings');
}
