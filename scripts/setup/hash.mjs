/** Hashes that say whether something must be done again. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Short hash of values, for names of folders and stamps. */
export function keyOf(...values) {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16);
}

/** Hash over names and contents of the files under `paths` (files or folders) for which `wanted(path)` is true. */
export function hashFiles(base, paths, wanted = () => true) {
  const hash = createHash('sha256');
  const visit = (path) => {
    let entries;
    try {
      entries = readdirSync(join(base, path), { withFileTypes: true });
    } catch (error) {
      if (error.code === 'ENOENT') return;
      if (error.code !== 'ENOTDIR') throw error;
      if (!wanted(path)) return;
      hash
        .update(`${path}\0`)
        .update(readFileSync(join(base, path)))
        .update('\0');
      return;
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) visit(`${path}/${entry.name}`);
  };
  for (const path of paths) visit(path);
  return hash.digest('hex');
}

/** `sha512-<base64>` of a file, as package lock files write it. */
export async function integrityOf(file) {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return `sha512-${hash.digest('base64')}`;
}
