/** A tar archive of images, plain or compressed by gzip. */
import { UserError } from '../../errors.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { nameProblem, readEntry } from './archive-entry.ts';
import { type ByteStream, type FileBytes, streamOf, unpack } from './bytes.ts';
import { MAX_FILES, MAX_SCAN_BYTES } from './caps.ts';
import { type ClassFolders, findClassFolders, guessClassFolders } from './class-folders.ts';
import { indexedSource } from './indexed.ts';
import type { ImageSource, SkippedItem, SourceItem } from './source.ts';
import { spread } from './spread.ts';
import { type TarMember, tarMembers } from './tar-headers.ts';
import { countOf, imagesOf, isClutter } from './words.ts';

/** What is known of an archive before its images are read. */
export interface TarScan {
  /** Files and links that are no clutter. */
  members: readonly TarMember[];
  /** False when only the beginning was looked through. */
  complete: boolean;
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
  const stream = tarStream(file, gzip);
  const members: TarMember[] = [];
  try {
    for await (const member of tarMembers(stream)) {
      signal?.throwIfAborted();
      if (member.kind !== 'other' && !isClutter(member.name)) members.push(member);
      if (members.length > MAX_FILES) {
        throw new UserError(
          `${file.name} has more than ${countOf(MAX_FILES, 'file')}, too many to list; unpack it and import its folders one by one.`,
        );
      }
      // Only compressed archives have to be unpacked for it, at a few hundred MB a second.
      if (gzip && file.size > MAX_SCAN_BYTES && member.offset > MAX_SCAN_BYTES) {
        return { members, complete: false };
      }
    }
    return { members, complete: true };
  } finally {
    await stream.close();
  }
}

/**
 * The images of a tar archive in its order; folders inside become classes as those of a folder do. A compressed archive
 * is read from its start each time.
 *
 * @param file taken over: closed with the source, and when opening fails
 * @throws UserError when it is damaged or without files
 */
export async function openTar(file: FileBytes, gzip: boolean, scan: TarScan): Promise<ImageSource> {
  const { members, complete } = scan;
  if (members.length === 0) {
    await file.close();
    throw new UserError(`${file.name} holds no files; choose another archive.`);
  }
  const names = members.map((member) => member.name);
  const check = memberCheck();
  const problems = members.map(check);
  const read = ({ name, size, offset }: TarMember): Promise<Uint8Array> =>
    readEntry(name, size, (length) => file.read(offset, length));
  // Of a compressed archive nothing is read before its turn.
  const classes = gzip
    ? guessClassFolders(names)
    : await findClassFolders(names, async (name) => {
        const member = members.find((some, index) => some.name === name && problems[index] === null);
        if (member === undefined) throw new UnusableImage('left out');
        return read(member);
      });
  const found = imagesOf(names, classes.names?.length ?? 0, classes.unlabelled);
  const common = {
    kind: 'tar',
    description: `A ${gzip ? 'compressed ' : ''}tar archive with ${complete ? '' : 'more than '}${found}.`,
    classNames: complete ? classes.names : null,
    unlabelled: complete ? classes.unlabelled : null,
    shape: null,
    close: () => file.close(),
  } as const;
  if (!gzip) {
    return indexedSource({
      ...common,
      total: members.length,
      item(index) {
        const member = members[index]!;
        const reason = problems[index] ?? null;
        if (reason !== null) return { skipped: { file: member.name, reason } };
        return {
          file: member.name,
          className: classes.classOf(member.name),
          content: { kind: 'encoded', read: () => read(member) },
        };
      },
    });
  }
  return {
    ...common,
    total: complete ? members.length : null,
    items: (signal) => streamedItems(file, classes, signal),
    async preview(count, signal) {
      const wanted = spread(members.length, count);
      const items: (SourceItem | { skipped: SkippedItem })[] = [];
      let index = 0;
      for await (const item of streamedItems(file, classes, signal, (i) => wanted.includes(i))) {
        if (wanted.includes(index)) items.push(item);
        if (++index > (wanted.at(-1) ?? 0)) break;
      }
      return items;
    },
  };
}

/** Members of a compressed archive, each read while it goes by. Those that are not `wanted` come without their bytes. */
async function* streamedItems(
  file: FileBytes,
  classes: ClassFolders,
  signal?: AbortSignal,
  wanted: (index: number) => boolean = () => true,
): AsyncGenerator<SourceItem | { skipped: SkippedItem }> {
  const stream = tarStream(file, true);
  const check = memberCheck();
  let consumed = 0;
  let index = 0;
  try {
    for await (const member of tarMembers(stream, () => consumed)) {
      signal?.throwIfAborted();
      consumed = 0;
      if (member.kind === 'other' || isClutter(member.name)) continue;
      const { name, size } = member;
      const reason = check(member);
      if (reason !== null) {
        yield { skipped: { file: name, reason } };
      } else if (wanted(index)) {
        // The first bytes may be asked for before the whole.
        let have: Uint8Array = new Uint8Array();
        const read = async (length: number): Promise<Uint8Array> => {
          const more = await stream.read(length - have.length);
          consumed += more.length;
          have = have.length === 0 ? more : new Uint8Array(Buffer.concat([have, more]));
          return have;
        };
        let bytes: Uint8Array | UnusableImage;
        try {
          bytes = await readEntry(name, size, read);
        } catch (error) {
          if (!(error instanceof UnusableImage)) throw error;
          bytes = error;
        }
        if (bytes instanceof UnusableImage) yield { skipped: { file: name, reason: bytes.message } };
        else {
          const whole = bytes;
          yield {
            file: name,
            className: classes.classOf(name),
            content: { kind: 'encoded', read: async () => whole },
          };
        }
      } else {
        yield { skipped: { file: name, reason: 'not asked for' } };
      }
      index++;
    }
  } finally {
    await stream.close();
  }
}

/** A check for members in their order: why one is left out, or null. */
function memberCheck(): (member: TarMember) => string | null {
  const seen = new Set<string>();
  return ({ name, kind }) => {
    const reason =
      nameProblem(name) ??
      (kind === 'link' ? 'a link' : null) ??
      (seen.has(name) ? 'an earlier entry has the same name' : null);
    seen.add(name);
    return reason;
  };
}
