/** Tar archives of images: one, or several that are the parts of one data set, as WebDataset writes them. */
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { type FileBytes, openFileBytes } from './bytes.ts';
import { guessClassFolders } from './class-folders.ts';
import { findLabelling, type Listing } from './labelling.ts';
import type { ImageSource, SourceItem, SkippedItem, SourceRequest } from './source.ts';
import { spread } from './spread.ts';
import { tarReader, type TarScan, tarSource } from './tar.ts';
import { countOf } from './words.ts';

export interface TarShard {
  file: FileBytes;
  gzip: boolean;
  scan: TarScan;
}

/**
 * The images of tar archives, one after another; classes are found in all of them together as those of a folder are.
 *
 * @param shards their files are taken over: closed with the source, and when opening fails
 * @throws UserError when there are no files in them
 */
export async function openTars(
  shards: readonly TarShard[],
  request: Pick<SourceRequest, 'labelsKey'>,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const [first] = shards;
  if (first === undefined) throw new Error('no archive');
  const close = async (): Promise<void> => {
    for (const { file } of shards) await file.close();
  };
  try {
    const total = shards.reduce((sum, { scan }) => sum + scan.members.length, 0);
    if (total === 0)
      throw new UserError(`${first.file.name} holds no files; choose another archive.`, {
        code: 'unreadable',
        file: first.file.name,
      });
    const several = shards.length > 1;
    const nameIn = (shard: number, name: string): string => (several ? `${shard}/${name}` : name);
    const labelling = await findLabelling(listingOf(shards, nameIn), request, first.file.name, signal);
    const files = new Set(labelling.files);
    const sources = shards.map(({ file, gzip, scan }, shard) =>
      tarSource(file, gzip, scan, {
        ...labelling,
        files: scan.members.map(({ name }) => name).filter((name) => files.has(nameIn(shard, name))),
        classOf: (name) => labelling.classOf(nameIn(shard, name)),
      }),
    );
    return several ? joined(sources, shards, labelling.words, close) : sources[0]!;
  } catch (error) {
    await close();
    throw error;
  }
}

function listingOf(shards: readonly TarShard[], nameIn: (shard: number, name: string) => string): Listing {
  const names = shards.map(({ scan }) => scan.members.map(({ name }) => name));
  const files = names.flatMap((some, shard) => some.map((name) => nameIn(shard, name)));
  const texts = new Map(
    shards.flatMap(({ scan }, shard) => [...scan.texts].map(([name, text]) => [nameIn(shard, name), text])),
  );
  const { file, gzip, scan } = shards[0]!;
  const readImage = tarReader(file, gzip, scan);
  const read = async (name: string): Promise<Uint8Array> => {
    const text = texts.get(name);
    if (text !== undefined) return text;
    if (shards.length > 1) throw new UnusableImage('left out');
    return readImage(name);
  };
  // A compressed archive is not read from its start for more than a few images.
  if (shards.length === 1 && !(gzip && scan.end === null)) return { files, read };
  const guess = guessClassFolders(names.flat());
  const withoutShard = (some: string): string =>
    shards.length > 1 ? some.slice(some.indexOf('/') + 1) : some;
  return { files, read, folders: { ...guess, classOf: (some) => guess.classOf(withoutShard(some)) } };
}

/** A file that is open only between its first read and the next `close`, and opened anew when it is read again. */
export function openedWhenRead(name: string, size: number): FileBytes {
  let opened: Promise<FileBytes> | null = null;
  return {
    name,
    size,
    read: async (at, length, alone) => (await (opened ??= openFileBytes(name))).read(at, length, alone),
    async close() {
      const before = opened;
      opened = null;
      if (before !== null) await (await before).close();
    },
  };
}

type Entry = SourceItem | { skipped: SkippedItem };

function joined(
  sources: readonly ImageSource[],
  shards: readonly TarShard[],
  words: string,
  close: () => Promise<void>,
): ImageSource {
  const [first] = sources;
  const complete = sources.every(({ total }) => total !== null);
  const sizes = shards.map(({ scan }) => scan.members.length);
  const named = (entry: Entry, shard: number): Entry => {
    const from = ` (${path.basename(shards[shard]!.file.name)})`;
    if ('skipped' in entry) return { skipped: { ...entry.skipped, file: entry.skipped.file + from } };
    return { ...entry, file: entry.file + from };
  };
  return {
    kind: 'tar',
    description: `${countOf(shards.length, 'tar archive')} with ${complete ? '' : 'more than '}${words}.`,
    total: complete ? sources.reduce((sum, { total }) => sum + (total ?? 0), 0) : null,
    classNames: complete ? first!.classNames : null,
    unlabelled: complete ? first!.unlabelled : null,
    shape: null,
    remarks: () => [...new Set(sources.flatMap((source) => source.remarks?.() ?? []))],
    async *items(signal) {
      for (const [shard, source] of sources.entries()) {
        for await (const entry of source.items(signal)) yield named(entry, shard);
        // There may be thousands, and what was read of the one before last is done with.
        await sources[shard - 1]?.close();
      }
    },
    async preview(count, signal) {
      const entries: Entry[] = [];
      const places = spread(
        sizes.reduce((a, b) => a + b),
        count,
      );
      let before = 0;
      for (const [shard, source] of sources.entries()) {
        const share = places.filter((place) => place >= before && place < before + sizes[shard]!).length;
        before += sizes[shard]!;
        if (share === 0) continue;
        entries.push(...(await source.preview(share, signal)).map((entry) => named(entry, shard)));
      }
      return entries;
    },
    close,
  };
}
