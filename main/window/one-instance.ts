/** Of one folder of user data there is one window. Who starts a second one is brought to the first, or told why not. */
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';

const LibrarySchema = v.object({ home: v.string() });

/** Handed to the first window by Electron. */
export type SecondStart = v.InferOutput<typeof LibrarySchema>;

/**
 * Notes which library the window shows, for a second start to read.
 *
 * @returns whether there was a window with this user data before
 */
export function noteLibrary(userData: string, home: string): boolean {
  const file = noteFile(userData);
  const before = fs.existsSync(file);
  try {
    fs.mkdirSync(userData, { recursive: true });
    fs.writeFileSync(file, JSON.stringify({ home }));
  } catch {
    // A second start then says less.
  }
  return before;
}

/**
 * What a second start tells its terminal.
 *
 * @returns null when the first window shows what was asked for
 */
export function refusalOfSecond(userData: string, home: string): string | null {
  const open = readNote(userData);
  return open === null || open === home ? null : refusal(home, open);
}

/** What the first window tells of a second start; null when it asked for the same library. */
export function noticeOfSecond(told: unknown, open: string): string | null {
  const start = v.safeParse(LibrarySchema, told);
  return !start.success || start.output.home === open ? null : refusal(start.output.home, open);
}

function refusal(asked: string, open: string): string {
  return (
    `The library ${asked} was not opened, since the window shows ${open}; ` +
    'close that first, or start with another --user-data-dir.'
  );
}

function readNote(userData: string): string | null {
  try {
    const note: unknown = JSON.parse(fs.readFileSync(noteFile(userData), 'utf8'));
    return v.parse(LibrarySchema, note).home;
  } catch {
    return null;
  }
}

function noteFile(userData: string): string {
  return path.join(userData, 'library.json');
}
