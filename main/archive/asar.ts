/**
 * Is an ASAR archive as it was packaged? Its header holds the SHA-256 of each of its files; the header's own hash, the
 * seal, is written beside the archive when it is packaged. This finds damage and changes made in passing. It is no
 * protection from someone who may write to the program's folder: they can change the seal, or the program, as well.
 */
import { createHash } from 'node:crypto';
import type nodeFs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';

/** As much of `node:fs` as is needed; in Electron it must be `original-fs`, which sees an archive as a file. */
export type PlainFiles = Pick<typeof nodeFs, 'openSync' | 'readSync' | 'closeSync' | 'readFileSync'>;

/** What is written beside the archive: `app.asar.seal.json`. */
export const SealSchema = v.object({
  algorithm: v.literal('SHA256'),
  /** Of the archive's header, in hexadecimal digits. */
  header: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

export function sealFile(archive: string): string {
  return `${archive}.seal.json`;
}

const HashSchema = v.object({ algorithm: v.literal('SHA256'), hash: v.string() });
const FileSchema = v.object({
  size: v.number(),
  offset: v.optional(v.string()),
  unpacked: v.optional(v.boolean()),
  integrity: HashSchema,
});
interface Folder {
  files: Record<string, unknown>;
}
const FolderSchema = v.object({ files: v.record(v.string(), v.unknown()) });

/** Its licence, the LGPL, wants that it can be replaced by another build. */
const REPLACEABLE = /^node_modules\/@img\/sharp-libvips-/;

/** Two pickles: one with the length of the other, which holds the header as a string of a length of its own. */
const PREFIX = 16;
const PIECE = 1 << 20;
const MAX_HEADER = 1 << 26;

/**
 * Looks at every file of an archive, also at those that lie beside it because the system must find them
 * (`app.asar.unpacked`).
 *
 * @param archive path of `app.asar`
 * @returns what is not as it was packaged, to be told: `dist/main.cjs`; null when all is
 */
export function findDamage(archive: string, fs: PlainFiles): string | null {
  let seal: v.InferOutput<typeof SealSchema>;
  try {
    seal = v.parse(SealSchema, JSON.parse(fs.readFileSync(sealFile(archive), 'utf8')));
  } catch {
    return path.basename(sealFile(archive));
  }
  let file: number;
  try {
    file = fs.openSync(archive, 'r');
  } catch {
    return path.basename(archive);
  }
  try {
    const prefix = Buffer.alloc(PREFIX);
    if (fs.readSync(file, prefix, 0, PREFIX, 0) !== PREFIX) return path.basename(archive);
    const length = prefix.readUInt32LE(12);
    if (length > MAX_HEADER) return path.basename(archive);
    const header = Buffer.alloc(length);
    if (fs.readSync(file, header, 0, length, PREFIX) !== length) return path.basename(archive);
    if (createHash('sha256').update(header).digest('hex') !== seal.header) return path.basename(archive);
    const base = 8 + prefix.readUInt32LE(4);
    return damageIn(v.parse(FolderSchema, JSON.parse(header.toString('utf8'))), '', (name, entry) => {
      if (entry.unpacked !== true)
        return hashOf(fs, file, base + Number(entry.offset), entry.size) === entry.integrity.hash;
      if (REPLACEABLE.test(name)) return true;
      const beside = fs.openSync(path.join(`${archive}.unpacked`, name), 'r');
      try {
        // One byte more than it should have would show that it has grown.
        return hashOf(fs, beside, 0, entry.size + 1) === entry.integrity.hash;
      } finally {
        fs.closeSync(beside);
      }
    });
  } finally {
    fs.closeSync(file);
  }
}

/** The first file below a folder of the header that `isWhole` denies. */
function damageIn(
  folder: Folder,
  below: string,
  isWhole: (name: string, entry: v.InferOutput<typeof FileSchema>) => boolean,
): string | null {
  for (const [name, value] of Object.entries(folder.files)) {
    const at = below === '' ? name : `${below}/${name}`;
    if (v.is(FolderSchema, value)) {
      const found = damageIn(value, at, isWhole);
      if (found !== null) return found;
    } else if (v.is(FileSchema, value)) {
      let whole = false;
      try {
        whole = isWhole(at, value);
      } catch {
        // gone, or not to be read
      }
      if (!whole) return at;
    }
  }
  return null;
}

/** SHA-256 of at most `size` bytes from `start`. */
function hashOf(fs: PlainFiles, file: number, start: number, size: number): string {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(Math.min(PIECE, size));
  for (let at = 0; at < size;) {
    const read = fs.readSync(file, piece, 0, Math.min(piece.length, size - at), start + at);
    if (read === 0) break;
    hash.update(piece.subarray(0, read));
    at += read;
  }
  return hash.digest('hex');
}
