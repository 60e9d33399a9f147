import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { errorCode, readProblem } from '../../files.ts';
import { MAX_FILES } from './caps.ts';
import { ClutterCount, clutterLabel, isMasters } from './clutter.ts';
import { cannotBeRead } from './image-file.ts';
import { decodeName, NAME_ENCODING_TITLES } from './name-encoding.ts';
import { guessEncoding } from './name-guess.ts';
import type { SkippedItem } from './source.ts';
import { countOf } from './words.ts';

export interface FolderListing {
  /** Paths relative to the folder with `/` between their parts, in the order of their code units. */
  files: string[];
  /** The whole paths of those whose names are not UTF-8 on the disk. */
  rawPaths: ReadonlyMap<string, Uint8Array>;
  /** Sub-folders that cannot be entered, and why. */
  unreadable: SkippedItem[];
  /** What else one should know, one sentence each. */
  remarks: string[];
}

/** A name or path on the disk: bytes where it is not UTF-8. */
type RawName = string | Buffer;

/**
 * All files below a folder. What other programs left there is passed over; links are followed, but no folder is entered
 * twice.
 *
 * @throws UserError when the folder cannot be read or has too many files; the signal's reason when it is aborted
 */
export async function listFiles(root: string, signal?: AbortSignal): Promise<FolderListing> {
  const files: string[] = [];
  const raws: Buffer[] = [];
  const unreadable: { file: RawName; reason: string }[] = [];
  const entered = new Set<string>();
  const clutter = new ClutterCount();
  const whole = (relative: RawName): RawName =>
    typeof relative === 'string'
      ? path.join(root, relative)
      : Buffer.concat([Buffer.from(root + path.sep), relative]);

  async function enter(relative: RawName, name: string): Promise<void> {
    signal?.throwIfAborted();
    const folder = whole(relative);
    let entries: { name: RawName; kind: Kind }[];
    try {
      const real = (await fs.realpath(folder, 'buffer')).toString('latin1');
      if (entered.has(real)) return;
      entered.add(real);
      entries = await entriesOf(folder);
    } catch (error) {
      const code = errorCode(error);
      // Only the folder itself must be readable.
      if (code === null || relative === '') throw readProblem(error, root);
      unreadable.push({ file: joined(relative, ''), reason: cannotBeRead(code) });
      return;
    }
    const hasMasters = entries.some((entry) => isMasters(asText(entry.name)));
    for (const entry of entries) {
      const label = clutterLabel(asText(entry.name), name, hasMasters);
      if (label !== null) {
        clutter.add(label);
        continue;
      }
      const below = joined(relative, entry.name);
      const kind = entry.kind.isSymbolicLink() ? await targetOf(below) : entry.kind;
      if (kind?.isDirectory() === true) await enter(below, asText(entry.name));
      else if (kind?.isFile() === true) {
        if (typeof below === 'string') files.push(below);
        else raws.push(below);
      }
    }
    if (files.length + raws.length > MAX_FILES) {
      throw new UserError(
        `${root} has more than ${countOf(MAX_FILES, 'file')}, too many to list; import its sub-folders one by one.`,
        { code: 'unreadable', file: root },
      );
    }
  }

  /** What a link leads to; null when it leads nowhere. */
  async function targetOf(link: RawName): Promise<Kind | null> {
    try {
      return await fs.stat(whole(link));
    } catch (error) {
      const code = errorCode(error);
      if (code !== null && code !== 'ENOENT' && code !== 'ELOOP') {
        unreadable.push({ file: link, reason: cannotBeRead(code) });
      }
      return null;
    }
  }

  await enter('', path.basename(root));
  const read = readerOf([
    ...raws,
    ...unreadable.flatMap(({ file }) => (Buffer.isBuffer(file) ? [file] : [])),
  ]);
  const rawPaths = new Map<string, Uint8Array>();
  const taken = new Set(files);
  for (const raw of raws) {
    const likely = read.text(raw);
    const name = taken.has(likely) ? withEscapes(raw) : likely;
    taken.add(name);
    // A buffer of its own, so that it can go to a worker.
    rawPaths.set(name, Uint8Array.from(whole(raw) as Buffer));
    files.push(name);
  }
  return {
    files: files.sort(),
    rawPaths,
    unreadable: unreadable.map(({ file, reason }) => ({ file: read.text(file), reason })),
    remarks: [...read.remarks, ...clutter.remarks()],
  };
}

interface Kind {
  isDirectory(): boolean;
  isFile(): boolean;
  isSymbolicLink(): boolean;
}

async function entriesOf(folder: RawName): Promise<{ name: RawName; kind: Kind }[]> {
  if (typeof folder === 'string') {
    const entries = await fs.readdir(folder, { withFileTypes: true });
    if (!entries.some(({ name }) => name.includes('\ufffd'))) {
      return entries.map((kind) => ({ name: kind.name, kind }));
    }
  }
  const entries = await fs.readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  return entries.map((kind) => {
    const raw = kind.name as unknown as Buffer;
    return { name: decodeName(raw, 'utf-8') ?? raw, kind };
  });
}

function joined(folder: RawName, name: RawName): RawName {
  if (folder === '') return name;
  if (typeof folder === 'string' && typeof name === 'string') return `${folder}/${name}`;
  return Buffer.concat([Buffer.from(folder as string), Buffer.from('/'), Buffer.from(name as string)]);
}

const asText = (name: RawName): string => (typeof name === 'string' ? name : name.toString('latin1'));

/** How to read paths of which some parts are not UTF-8: a guess over all of them. */
function readerOf(raws: readonly Buffer[]): { text(name: RawName): string; remarks: string[] } {
  if (raws.length === 0) return { text: asText, remarks: [] };
  const parts = (raw: Buffer): string[] => raw.toString('latin1').split('/');
  const bytes = (part: string): Buffer => Buffer.from(part, 'latin1');
  const odd = new Set(raws.flatMap(parts).filter((part) => decodeName(bytes(part), 'utf-8') === null));
  const encoding = guessEncoding([...odd].map(bytes), 'cp1252');
  const read = (raw: Buffer): string => decodeName(raw, encoding) ?? decodeName(raw, 'cp437')!;
  return {
    text: (name) =>
      typeof name === 'string'
        ? name
        : parts(name)
            .map((part) => decodeName(bytes(part), 'utf-8') ?? read(bytes(part)))
            .join('/'),
    remarks: [
      `${countOf(odd.size, 'name')} in the folder ${odd.size === 1 ? 'is' : 'are'} not UTF-8, and read as ${NAME_ENCODING_TITLES[encoding]}.`,
    ],
  };
}

/** `Gr\xf6\xdfe.png` */
function withEscapes(raw: Buffer): string {
  return raw.toString('latin1').replace(/[\x80-\xff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
}
