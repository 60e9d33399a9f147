/** What set-up found and made for this clone; start, tests and packaging read it. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { notesFolder } from './paths.mjs';

const file = join(notesFolder, 'setup.json');

/**
 * The notes:
 * `electron: { executable, dist, version, source }`, `tensorflow: { version, flavour, folder }`. Empty before set-up.
 */
export function readNotes() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

/** Adds to the notes, or takes an entry away with `undefined`. */
export function writeNotes(change) {
  const before = readNotes();
  const after = { ...before, ...change };
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  mkdirSync(notesFolder, { recursive: true });
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(after, null, 2)}\n`);
  renameSync(partial, file);
}

/** Path of the Electron executable that set-up chose. */
export function electronPath() {
  const executable = readNotes().electron?.executable;
  if (!executable || !existsSync(executable)) {
    throw new Error('Electron is not set up; run `npm run setup` first.');
  }
  return executable;
}
