/** A folder's files as bytes, to be compared and put back. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** Path in the folder → SHA-256 of the file's bytes; `dir` for a folder, `link` and where it leads for a link. */
export type Snapshot = ReadonlyMap<string, string>;

export function snapshotOf(folder: string): Snapshot {
  const found = new Map<string, string>();
  if (!fs.existsSync(folder)) return found;
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const file = path.join(entry.parentPath, entry.name);
    found.set(path.relative(folder, file), contentOf(file, entry));
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function contentOf(file: string, entry: fs.Dirent): string {
  if (entry.isDirectory()) return 'dir';
  if (entry.isSymbolicLink()) return `link ${fs.readlinkSync(file)}`;
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

/**
 * The same for two states that a next start need not tell apart: the same files, whatever is made up anew each time (ids,
 * times, names of temporary files), with as many lines; what is in them is compared elsewhere.
 */
export function stateKey(folder: string): string {
  const hash = createHash('sha256');
  for (const name of snapshotOf(folder).keys()) {
    const plain = name.replace(/-[a-z2-9]{6}(?=\/|-|$)/g, '-ID').replace(/-[0-9a-f]{8}\.tmp/g, '-TMP.tmp');
    hash.update(`${plain}\0${name.endsWith('.jsonl') ? linesIn(path.join(folder, name)) : ''}\0`);
  }
  return hash.digest('hex');
}

/** Whole lines, and whether one is torn. */
function linesIn(file: string): string {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  return `${lines.length - 1}${lines.at(-1) === '' ? '' : ' torn'}`;
}

/** What is no longer as it was in `before`, below the given path. */
export function lostOf(before: Snapshot, after: Snapshot, below: string): string[] {
  return [...before].flatMap(([name, content]) => {
    if (name !== below && !name.startsWith(`${below}/`)) return [];
    const now = after.get(name);
    if (now === content) return [];
    return [`${name} is ${now === undefined ? 'gone' : 'not what it was'}`];
  });
}

/** Copies a folder, with its files' times. */
export function copyFolder(from: string, to: string): void {
  fs.rmSync(to, { recursive: true, force: true });
  fs.cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}

/**
 * Files of writers that did not come to their end. A lock whose process is gone holds nobody up and is no such file: it
 * goes when the next one has had it (core/lock.ts).
 */
export function leftOversIn(folder: string): string[] {
  return [...snapshotOf(folder).keys()].filter((name) =>
    /(^|\/)\.[^/]*\.tmp$|\.(replaced|aside)$|\.lock\.[^/]*$|\.use\.[0-9a-f]{16}$|(^|\/)owner\.json$/.test(
      name,
    ),
  );
}

/** Locks that are there, whoever holds them. */
export function hasLocks(folder: string): boolean {
  return [...snapshotOf(folder).keys()].some((name) => /\.(lock|use)(\.[^/]*)?$/.test(name));
}
