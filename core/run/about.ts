/** What people say of a run: its name, tags and a note. Nothing that is trained depends on it. */
import path from 'node:path';
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { exists, writeFileAtomic } from '../files.ts';
import { checkValue, parseJsonFile } from '../json-file.ts';
import { lockRunRecord } from '../library-locks.ts';
import { runFolder } from '../library.ts';
import { whileLocked } from '../lock.ts';
import { distinctName, FreeNameSchema } from '../names.ts';
import { changeManifest, readRunManifest } from './run-folder.ts';
import { runNames } from './run-names.ts';

export const ABOUT_FILE = 'about.json';

/** A tag: a few words without commas, which lists of them are written with. */
export const TagSchema = v.pipe(
  v.string(),
  v.trim(),
  v.check(
    (text) => text.length > 0 && text.length <= 40 && !/[,\p{Cc}]/u.test(text),
    'a tag has 1 to 40 signs and no comma',
  ),
);

const LONGEST_NOTE = 10_000;

/** `about.json`. */
const AboutSchema = v.strictObject({
  format: v.literal('covae-run-about'),
  version: v.literal(1),
  tags: v.pipe(v.array(v.string()), v.maxLength(100)),
  note: v.pipe(v.string(), v.maxLength(LONGEST_NOTE)),
});

export interface About {
  tags: readonly string[];
  note: string;
}

/** Tags and note of a run; none where nothing was said. @throws UserError when the file is damaged */
export async function readAbout(runDir: string): Promise<About> {
  const file = path.join(runDir, ABOUT_FILE);
  if (!(await exists(file))) return { tags: [], note: '' };
  const { tags, note } = await parseJsonFile(AboutSchema, file);
  return { tags, note };
}

export interface AboutChange {
  add?: readonly string[];
  remove?: readonly string[];
  /** Empty takes the note away. */
  note?: string;
}

/**
 * Changes tags and note of a run, also of one that is being trained.
 *
 * @returns what they are now
 * @throws UserError when there is no such run, a tag is none, the note is too long, or the disk refuses; (`busy`) while
 *   another process changes them
 */
export async function changeAbout(
  home: string,
  id: string,
  { add = [], remove = [], note }: AboutChange,
): Promise<About> {
  const folder = runFolder(home, id);
  await readRunManifest(folder);
  const tags = add.map((tag) => checkValue(TagSchema, tag, `Tag "${tag}"`));
  if (note !== undefined && note.length > LONGEST_NOTE) {
    throw new UserError(
      `A note has ${LONGEST_NOTE.toLocaleString('en-US')} signs at most, and this one ${note.length.toLocaleString('en-US')}.`,
      { code: 'invalid' },
    );
  }
  return whileLocked(lockRunRecord(home, id), async () => {
    const before = await readAbout(folder);
    const left = before.tags.filter((tag) => !remove.includes(tag));
    const changed = { tags: [...new Set([...left, ...tags])], note: note ?? before.note };
    const file = { format: 'covae-run-about', version: 1, ...changed };
    checkValue(AboutSchema, file, `Run "${id}"`);
    await writeFileAtomic(
      path.join(folder, ABOUT_FILE),
      `${JSON.stringify(file, null, 2)}\n`,
      'note on a run',
    );
    return changed;
  });
}

/**
 * Gives a run another name, with a number where another run has it; its id, which is the name of its folder, stays.
 *
 * @returns the name that it has now
 * @throws UserError when the name is none, or there is no such run
 */
export async function renameRun(home: string, id: string, name: string): Promise<string> {
  const checked = checkValue(FreeNameSchema, name, `Run "${id}"`);
  const { name: before } = await readRunManifest(runFolder(home, id));
  if (before === checked) return before;
  const distinct = distinctName(checked, await runNames(home));
  await changeManifest(home, id, (manifest) => ({ ...manifest, name: distinct }));
  return distinct;
}
