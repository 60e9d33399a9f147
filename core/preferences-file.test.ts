import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { preferencesFile, readPreferences, writePreferences } from './preferences-file.ts';
import { DEFAULT_PREFERENCES } from './preferences.ts';

let folder: string;
let file: string;
beforeAll(async () => (folder = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-preferences-'))));
beforeEach(async () => {
  file = preferencesFile(path.join(await fs.mkdtemp(path.join(folder, 'user-')), 'data'));
});
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

async function put(text: string): Promise<void> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  await fs.writeFile(file, text);
}

const HEAD = { format: 'covae-preferences', version: 1 };

describe('readPreferences', () => {
  it('gives the usual ones where there is no file', async () => {
    expect(await readPreferences(file)).toEqual({ preferences: DEFAULT_PREFERENCES, problem: null });
  });

  it('reads what was written', async () => {
    const chosen = { ...DEFAULT_PREFERENCES, whenClosing: 'background', language: 'de' } as const;
    await writePreferences(file, chosen);
    expect(await readPreferences(file)).toEqual({ preferences: chosen, problem: null });
  });

  it('takes the usual value for each that is wrong or missing, and says which is wrong', async () => {
    await put(JSON.stringify({ ...HEAD, theme: 'pink', keepAwake: false }));
    const { preferences, problem } = await readPreferences(file);
    expect(preferences).toEqual({ ...DEFAULT_PREFERENCES, keepAwake: false });
    expect(problem).toContain('key "theme" must be "system" or "light" or "dark", not "pink"');
    expect(problem).not.toContain('keepAwake');
  });

  it.each([
    ['{"format": "covae-pref', 'is not valid JSON'],
    ['[]', 'format'],
    [JSON.stringify({ ...HEAD, version: 2 }), 'version 2 is newer than this program can read'],
  ])('starts with the usual ones for %s, and says why', async (text, why) => {
    await put(text);
    const { preferences, problem } = await readPreferences(file);
    expect(preferences).toEqual(DEFAULT_PREFERENCES);
    expect(problem).toContain('the window starts with the usual ones');
    expect(problem).toContain(why);
  });
});

describe('writePreferences', () => {
  it('keeps a file that it cannot use beside the new one', async () => {
    await put('not JSON');
    await writePreferences(file, DEFAULT_PREFERENCES);
    expect(await fs.readFile(`${file}.unused`, 'utf8')).toBe('not JSON');
    expect((await readPreferences(file)).problem).toBeNull();
  });

  it('keeps what it does not know', async () => {
    await put(JSON.stringify({ ...HEAD, font: 'large' }));
    await writePreferences(file, { ...DEFAULT_PREFERENCES, theme: 'dark' });
    expect(JSON.parse(await fs.readFile(file, 'utf8'))).toMatchObject({ font: 'large', theme: 'dark' });
  });

  it('refuses what is not allowed and leaves the file alone', async () => {
    await writePreferences(file, DEFAULT_PREFERENCES);
    const before = await fs.readFile(file, 'utf8');
    const wrong = { ...DEFAULT_PREFERENCES, theme: 'pink' as 'dark' };
    await expect(writePreferences(file, wrong)).rejects.toThrow('key "theme"');
    expect(await fs.readFile(file, 'utf8')).toBe(before);
  });
});
