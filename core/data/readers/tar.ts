/** A tar archive of images, plain or compressed by gzip. */
import { UserError } from '../../errors.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { nameProblem, readEntry } from './archive-entry.ts';
import { type ByteStream, type FileBytes, streamOf, unpack } from './bytes.ts';
import { MAX_FILES, MAX_SCAN_BYTES } from './caps.ts';
import { type ArchiveClutter, findClutter } from './clutter.ts';
import { indexedSource } from './indexed.ts';
import { keptText, mayHoldLabels } from './label-files.ts';
import type { Labelling } from './labelling.ts';
import { decodeName, type NameEncoding } from './name-encoding.ts';
import { guessEncoding } from './name-guess.ts';
import type { ImageSource, SkippedItem, SourceItem } from './source.ts';
import { spread } from './spread.ts';
import { type TarEnd, type TarMember, tarMembers } from './tar-headers.ts';
import { LinkResolver, MAX_HELD_BYTES } from './tar-links.ts';
import { remarksOf } from './tar-remarks.ts';
import { storedFor, withHoles } from './tar-sparse.ts';
import { countOf } from './words.ts';

type Entry = SourceItem | { skipped: SkippedItem };

/** What is known of an archive before its images are read. */
export interface TarScan {
  /** All but folders and clutter. */
  members: readonly TarMember[];
  /** The file that each one's bytes are those of; null for a link to none. */
  files: readonly (TarMember | null)[];
  /** Contents of those that may hold labels. */
  texts: ReadonlyMap<string, Uint8Array>;
  /** Null when only the beginning was looked through. */
  end: TarEnd | null;
  clutter: ArchiveClutter;
  /** Of names that are no UTF-8; null when all are. */
  encoding: NameEncoding | null;
}

/** The archive's bytes from its start, unpacked. */
export function tarStream(file: FileBytes, gzip: boolean): ByteStream {
  return gzip ? unpack(file, 'gzip') : streamOf(file);
}

/**
 * Lists an archive's members: all of a plain one, of a compressed one those in its first 256 MB.
 *
 * @throws UserError when it is damaged; the signal's reason when aborted
 */
export async function scanTar(file: FileBytes, gzip: boolean, signal?: AbortSignal): Promise<TarScan> {
  const raws: Uint8Array[] = [];
  const decode = (raw: Uint8Array): string => {
    raws.push(raw);
    return Buffer.from(raw).toString('latin1');
  };
  let { all, end, texts } = await listMembers(file, gzip, decode, signal);
  let encoding: NameEncoding | null = null;
  if (raws.length > 0) {
    const guessed = guessEncoding(raws, 'cp1252');
    encoding = guessed;
    ({ all, end, texts } = await listMembers(file, gzip, (raw) => inEncoding(raw, guessed), signal));
  }
  const clutter = findClutter(all.map(({ name }) => name));
  const links = new LinkResolver();
  const files = all.map((member) => links.fileOf(member));
  const isKept = all.map(({ name }) => !clutter.has(name));
  return {
    members: all.filter((_, i) => isKept[i]),
    files: files.filter((_, i) => isKept[i]),
    ...{ texts, end, clutter, encoding },
  };
}

function inEncoding(raw: Uint8Array, encoding: NameEncoding): string {
  return decodeName(raw, encoding) ?? decodeName(raw, 'cp437')!;
}

async function listMembers(
  file: FileBytes,
  gzip: boolean,
  decode: (raw: Uint8Array) => string,
  signal: AbortSignal | undefined,
): Promise<{ all: TarMember[]; end: TarEnd | null; texts: Map<string, Uint8Array> }> {
  const stream = tarStream(file, gzip);
  const all: TarMember[] = [];
  const texts = new Map<string, Uint8Array>();
  let end: TarEnd | null = null;
  let consumed = 0;
  const reading = { decode, onEnd: (told: TarEnd) => (end = told), consumed: () => consumed };
  try {
    for await (const member of tarMembers(stream, reading)) {
      signal?.throwIfAborted();
      consumed = 0;
      const { name, kind, size, runs } = member;
      if (kind === 'file' && runs === null && mayHoldLabels(name, size) && !texts.has(name)) {
        const bytes = await stream.read(size);
        consumed = bytes.length;
        texts.set(name, keptText(name, bytes));
      }
      if (member.kind !== 'folder') all.push(member);
      if (all.length > MAX_FILES) {
        throw new UserError(
          `${file.name} has more than ${countOf(MAX_FILES, 'file')}, too many to list; unpack it and import its folders one by one.`,
          { code: 'unreadable', file: file.name },
        );
      }
      // Only compressed archives have to be unpacked for it, at a few hundred MB a second.
      if (gzip && file.size > MAX_SCAN_BYTES && member.offset > MAX_SCAN_BYTES) break;
    }
    return { all, end, texts };
  } finally {
    await stream.close();
  }
}

/** Reads an image of an archive by its name; of a compressed one from its start. Rejects with `UnusableImage`. */
export function tarReader(
  file: FileBytes,
  gzip: boolean,
  scan: TarScan,
): (name: string) => Promise<Uint8Array> {
  const problems = problemsOf(scan);
  return async (name) => {
    const index = scan.members.findIndex((some, i) => some.name === name && problems[i] === null);
    const found = scan.files[index];
    if (found == null) throw new UnusableImage('left out');
    return gzip ? new PassingTar(file, scan).readAgain(found) : readMember(file, name, found);
  };
}

function problemsOf({ members, files }: TarScan): (string | null)[] {
  const check = memberCheck();
  return members.map((member, i) => check(member, files[i] ?? null));
}

function readMember(file: FileBytes, name: string, { size, offset, runs }: TarMember): Promise<Uint8Array> {
  return readEntry(name, size, async (length) =>
    runs === null
      ? file.read(offset, length)
      : withHoles(runs, await file.read(offset, storedFor(runs, length)), length),
  );
}

/**
 * The images of one tar archive in its order. A compressed archive is read from its start each time.
 *
 * @param file taken over: closed with the source
 * @param labels classes of its members; files of labels are not among its `files`
 */
export function tarSource(file: FileBytes, gzip: boolean, scan: TarScan, labels: Labelling): ImageSource {
  const wantedNames = new Set(labels.files);
  const isItem = scan.members.map(({ name }) => wantedNames.has(name));
  const members = scan.members.filter((_, i) => isItem[i]);
  const files = scan.files.filter((_, i) => isItem[i]);
  const problems = problemsOf(scan).filter((_, i) => isItem[i]);
  // Behind what was looked through nothing is known to be one of labels.
  const passed = new Set(scan.members.flatMap(({ name }) => (wantedNames.has(name) ? [] : [name])));
  const passing = new PassingTar(file, scan, passed);
  const common = {
    kind: 'tar',
    description: `A ${gzip ? 'compressed ' : ''}tar archive with ${scan.end === null ? 'more than ' : ''}${labels.words}.`,
    classNames: scan.end === null ? null : labels.names,
    unlabelled: scan.end === null ? null : labels.unlabelled,
    shape: null,
    close: () => file.close(),
  } as const;
  if (!gzip) {
    return indexedSource({
      ...common,
      total: members.length,
      remarks: remarksOf(scan, scan.end),
      item(index) {
        const member = members[index]!;
        const found = files[index];
        const reason = problems[index] ?? null;
        if (reason !== null || found == null) {
          return { skipped: { file: member.name, reason: reason ?? 'a link' } };
        }
        return {
          file: member.name,
          className: labels.classOf(member.name),
          content: { kind: 'encoded', read: () => readMember(file, member.name, found) },
        };
      },
    });
  }
  return {
    ...common,
    total: scan.end === null ? null : members.length,
    items: (signal) => passing.items(labels, signal),
    remarks: () => remarksOf(scan, passing.end),
    async preview(count, signal) {
      const wanted = spread(members.length, count);
      const items: Entry[] = [];
      let index = 0;
      for await (const item of passing.items(labels, signal, (i) => wanted.includes(i))) {
        if (wanted.includes(index)) items.push(item);
        if (++index > (wanted.at(-1) ?? 0)) break;
      }
      return items;
    },
  };
}

/** A compressed archive, each member read while it goes by. */
class PassingTar {
  /** What was found at its end; null when nobody has been there yet. */
  end: TarEnd | null;
  readonly #file: FileBytes;
  readonly #scan: TarScan;
  /** Places of files that links follow to, as far as that is known. */
  readonly #linked: ReadonlySet<number>;

  /** Members that are no items. */
  readonly #passed: ReadonlySet<string>;

  constructor(file: FileBytes, scan: TarScan, passed: ReadonlySet<string> = new Set()) {
    this.#passed = passed;
    this.#file = file;
    this.#scan = scan;
    this.end = scan.end;
    this.#linked = new Set(
      scan.members.flatMap(({ kind }, i) => (kind === 'hard link' ? [scan.files[i]?.offset ?? -1] : [])),
    );
  }

  /** All images. Those that are not `wanted` come without their bytes. */
  async *items(
    classes: Pick<Labelling, 'classOf'>,
    signal?: AbortSignal,
    wanted: (index: number) => boolean = () => true,
  ): AsyncGenerator<Entry> {
    const check = memberCheck();
    const links = new LinkResolver();
    const held = new Map<number, Uint8Array>();
    let heldBytes = 0;
    let index = 0;
    for await (const { member, read } of this.#members()) {
      signal?.throwIfAborted();
      const found = links.fileOf(member);
      const isLinked = this.#linked.has(member.offset) && member.kind === 'file' && member.problem === null;
      if (isLinked && heldBytes + member.size <= MAX_HELD_BYTES) {
        held.set(member.offset, await read(member.size));
        heldBytes += member.size;
      }
      if (this.#scan.clutter.has(member.name) || this.#passed.has(member.name)) continue;
      const { name: file } = member;
      const reason = check(member, found);
      if (reason !== null || found === null) {
        yield { skipped: { file, reason: reason ?? 'a link' } };
      } else if (wanted(index)) {
        const bytes = await orReason(async () => {
          const known = held.get(found.offset);
          if (known !== undefined)
            return readEntry(file, found.size, async (length) => known.subarray(0, length));
          if (found !== member) return this.readAgain(found);
          return readEntry(file, member.size, read);
        });
        yield typeof bytes === 'string'
          ? { skipped: { file, reason: bytes } }
          : {
              file,
              className: classes.classOf(file),
              content: { kind: 'encoded', read: async () => bytes },
            };
      } else {
        yield { skipped: { file, reason: 'not asked for' } };
      }
      index++;
    }
  }

  /** The bytes of a file that has gone by. @throws UnusableImage when it is no image of bounded size */
  async readAgain({ offset }: TarMember): Promise<Uint8Array> {
    for await (const { member, read } of this.#members()) {
      if (member.offset === offset && member.kind === 'file')
        return readEntry(member.name, member.size, read);
    }
    throw new UnusableImage('it is not there any more');
  }

  /** Files and links, each with its first bytes, which may be asked for before the whole. */
  async *#members(): AsyncGenerator<{ member: TarMember; read: (length: number) => Promise<Uint8Array> }> {
    const stream = tarStream(this.#file, true);
    const { encoding } = this.#scan;
    let consumed = 0;
    const reading = {
      consumed: () => consumed,
      decode: (raw: Uint8Array) => inEncoding(raw, encoding ?? 'cp1252'),
      onEnd: (end: TarEnd) => (this.end = end),
    };
    try {
      for await (const member of tarMembers(stream, reading)) {
        consumed = 0;
        if (member.kind === 'folder') continue;
        const { runs } = member;
        let have: Uint8Array = new Uint8Array();
        const read = async (length: number): Promise<Uint8Array> => {
          const stored = runs === null ? length : storedFor(runs, length);
          if (stored > have.length) {
            const more = await stream.read(stored - have.length);
            consumed += more.length;
            have = have.length === 0 ? more : new Uint8Array(Buffer.concat([have, more]));
          }
          return runs === null ? have.subarray(0, length) : withHoles(runs, have, length);
        };
        yield { member, read };
      }
    } finally {
      await stream.close();
    }
  }
}

/** What a promise gives, or the reason for leaving an image out. */
async function orReason(read: () => Promise<Uint8Array>): Promise<Uint8Array | string> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnusableImage) return error.message;
    throw error;
  }
}

/** A check for members in their order: why one is left out, or null. */
function memberCheck(): (member: TarMember, file: TarMember | null) => string | null {
  const seen = new Set<string>();
  return ({ name, kind, target, problem }, file) => {
    const reason =
      nameProblem(name) ??
      (name.endsWith('/') ? 'its name is that of a folder' : null) ??
      (kind === 'symbolic link' ? 'a symbolic link' : null) ??
      (kind === 'special' ? 'a device, a pipe or a part of a file' : null) ??
      (file === null ? `a link to ${target}, which the archive does not hold before it` : null) ??
      (seen.has(name) ? 'an earlier entry has the same name' : null) ??
      problem ??
      file?.problem ??
      null;
    seen.add(name);
    return reason;
  };
}
