/** What a folder holds: image files, or data in a format of its own, or several of these. */
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { cifarBatchesAmong, openCifarFiles, refusePickledCifar } from './cifar.ts';
import { openFolder } from './folder.ts';
import { idxImagesAmong, openIdx } from './idx.ts';
import { labelNamesFor } from './label-array.ts';
import { KIND_WORDS } from './kind-words.ts';
import { type FolderListing, listFiles } from './list-files.ts';
import { openParquet } from './parquet.ts';
import type { ImageSource, Rival, SourceKind, SourceRequest } from './source.ts';
import { countOf, formatByName, imagesOf, listOf } from './words.ts';

/** How what lies in a folder is opened; given from outside, as these open folders, too. */
export interface Openers {
  readonly openFile: (name: string, request: SourceRequest, signal?: AbortSignal) => Promise<ImageSource>;
  readonly openTarFiles: (
    names: readonly string[],
    request: SourceRequest,
    signal?: AbortSignal,
  ) => Promise<ImageSource>;
}

/** Data in a folder that is more than image files, not opened yet. */
interface Candidate {
  kind: SourceKind;
  open(): Promise<ImageSource>;
}

type Container = 'zip' | 'tar' | 'npz' | 'npy';
const CONTAINERS: Readonly<Record<Container, RegExp>> = {
  zip: /\.zip$/i,
  tar: /\.(?:tar|tgz|tar\.gz)$/i,
  npz: /\.npz$/i,
  npy: /\.npy$/i,
};

const ONE_OF_THEM = 'choose one of them.';

/** So many images beside others are strays: a cover, a banner, some samples. */
const STRAYS = 8;
/** And so is a share below this. */
const STRAY_SHARE = 1 / 20;
/** Files of an archive that are looked at to find out whether it holds images at all. */
const LOOKED_AT = 8;

/**
 * Opens what a folder holds. Without a kind, data in a format of its own (IDX, CIFAR, Parquet, archives, arrays) comes
 * before image files; where two kinds are of weight, the heavier one is opened and its `rivals` say so.
 *
 * @throws UserError in one sentence; the signal's reason when aborted
 */
export async function openDirectory(
  name: string,
  request: SourceRequest,
  openers: Openers,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const listing = await listFiles(name, signal);
  const source = await openListed(name, listing, request, openers, signal);
  if (source.kind === 'folder') return source;
  const own = source.remarks?.bind(source);
  const unread = listing.unreadable.map(({ file, reason }) => `${file} ${reason}.`);
  return Object.assign(source, { remarks: () => [...(own?.() ?? []), ...listing.remarks, ...unread] });
}

async function openListed(
  name: string,
  listing: FolderListing,
  request: SourceRequest,
  openers: Openers,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const { kind } = request;
  if (kind === 'folder') return openFolder(name, signal, listing, request);
  // Only images may have names that are not UTF-8.
  const files = listing.files.filter((file) => !listing.rawPaths.has(file));
  const candidates = await candidatesAmong(name, files, request, openers, signal);
  if (kind !== null) {
    const asked = candidates.find((candidate) => candidate.kind === kind);
    if (asked !== undefined) return asked.open();
    throw nothingOf(kind, name, files);
  }
  const imageFiles = listing.files.filter((file) => formatByName(file) !== null);
  if (imageFiles.length === 0) refusePickledCifar(files, name);
  if (candidates.length === 0) return openFolder(name, signal, listing, request);
  if (candidates.length === 1 && imageFiles.length === 0) return candidates[0]!.open();
  return openHeaviest(name, listing, imageFiles, candidates, request, signal);
}

async function candidatesAmong(
  name: string,
  files: readonly string[],
  request: SourceRequest,
  { openFile, openTarFiles }: Openers,
  signal?: AbortSignal,
): Promise<Candidate[]> {
  const whole = (file: string): string => path.join(name, file);
  const candidates: Candidate[] = [];
  const idx = await idxImagesAmong(files.map(whole));
  if (idx.length > 0) candidates.push({ kind: 'idx', open: () => openIdx(idx, request, signal) });
  const batches = cifarBatchesAmong(files);
  if (batches.length > 0) {
    candidates.push({ kind: 'cifar', open: () => openCifarFiles(batches.map(whole), request) });
  }
  const parquet = inSplitOrder(files.filter((file) => /\.parquet$/i.test(file)));
  if (parquet.length > 0) {
    candidates.push({ kind: 'parquet', open: () => openParquet(parquet.map(whole), request, signal) });
  }
  for (const kind of ['npz', 'npy', 'tar', 'zip'] as const) {
    const all = files.filter((file) => CONTAINERS[kind].test(file));
    const found = kind === 'npy' ? withoutLabels(all) : all;
    if (found.length === 0) continue;
    candidates.push({
      kind,
      open: async () => {
        if (found.length === 1) return openFile(whole(found[0]!), { ...request, kind: null }, signal);
        if (kind === 'tar') return openTarFiles(inSplitOrder(found).map(whole), request, signal);
        throw new UserError(
          `${name} holds ${countOf(found.length, kind === 'zip' ? 'zip archive' : `${kind} file`)} (${listOf(found.slice(0, 3))}${found.length > 3 ? ' …' : ''}); ${ONE_OF_THEM}`,
          { code: 'unreadable', file: name },
        );
      },
    });
  }
  const [archive] = candidates.filter((candidate) => candidate.kind === 'tar');
  // CIFAR comes in an archive.
  if (request.kind === 'cifar' && batches.length === 0 && archive !== undefined) {
    const found = files.filter((file) => CONTAINERS.tar.test(file));
    if (found.length === 1) {
      candidates.push({ kind: 'cifar', open: () => openFile(whole(found[0]!), request, signal) });
    }
  }
  return candidates;
}

/** Arrays but those that are called as the labels of another are. */
function withoutLabels(files: readonly string[]): string[] {
  const stem = (file: string): string => file.replace(CONTAINERS.npy, '');
  const labels = new Set(
    files.flatMap((file) =>
      labelNamesFor(path.posix.basename(stem(file))).map((name) =>
        path.posix.join(path.posix.dirname(file), name),
      ),
    ),
  );
  const others = files.filter((file) => !labels.has(stem(file)));
  return others.length === 0 ? [...files] : others;
}

function nothingOf(kind: SourceKind, name: string, files: readonly string[]): UserError {
  const none = (what: string): UserError =>
    new UserError(`${name} holds no ${what}; choose another folder.`, { code: 'unreadable', file: name });
  if (kind === 'idx') return none('IDX files of images');
  if (kind === 'parquet') return none('Parquet files');
  if (kind === 'cifar') {
    refusePickledCifar(files, name);
    return none('batches of CIFAR in binary form');
  }
  return new UserError(
    `${name} is a folder, not ${KIND_WORDS[kind === 'sample' ? 'folder' : kind]}; leave the kind out to have it guessed.`,
    { code: 'unreadable', file: name },
  );
}

/** Files of the training set first, those of the test set last; by path within each. */
export function inSplitOrder(files: readonly string[]): string[] {
  const order = (file: string): number => (/train/i.test(file) ? 0 : /test/i.test(file) ? 2 : 1);
  return [...files].sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
}

interface Contender extends Rival {
  weight: number;
  source: ImageSource | null;
}

/** Opens the candidates, and of these and the image files takes the one with most images. */
async function openHeaviest(
  name: string,
  listing: FolderListing,
  imageFiles: readonly string[],
  candidates: readonly Candidate[],
  request: SourceRequest,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const contenders: Contender[] = [];
  const problems: UserError[] = [];
  try {
    for (const candidate of candidates) {
      signal?.throwIfAborted();
      try {
        const source = await candidate.open();
        if (await holdsImages(source, signal)) {
          const { total } = source;
          contenders.push({ kind: candidate.kind, total, weight: total ?? Infinity, source });
        } else await source.close();
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        problems.push(error);
      }
    }
    const damage = problems.find(({ message }) =>
      /: (?:it )?(?:is )?damaged|is damaged|is cut off/.test(message),
    );
    const several = problems.find(({ message }) => message.endsWith(ONE_OF_THEM));
    const reason = damage ?? several;
    if (reason !== undefined && imageFiles.length <= STRAYS) throw reason;
    if (contenders.length === 0 && imageFiles.length === 0)
      throw problems[0] ?? nothingOf('folder', name, listing.files);
  } catch (error) {
    for (const { source } of contenders) await source?.close();
    throw error;
  }
  if (imageFiles.length > 0) {
    contenders.push({ kind: 'folder', total: imageFiles.length, weight: imageFiles.length, source: null });
  }
  // Stable, so that of equal ones the stronger format comes first.
  contenders.sort((a, b) => b.weight - a.weight || 0);
  const [winner] = contenders as [Contender, ...Contender[]];
  const isStray = ({ weight }: Contender): boolean =>
    weight < winner.weight && (weight <= STRAYS || weight < STRAY_SHARE * winner.weight);
  const rivals = contenders.filter((contender) => contender === winner || !isStray(contender));
  for (const { source } of contenders) if (source !== winner.source) await source?.close();
  const source = winner.source ?? (await openFolder(name, signal, listing, request));
  if (rivals.length > 1) {
    return remarked(
      source,
      '',
      rivals.map(({ kind, total }) => ({ kind, total })),
    );
  }
  const left = winner.kind === 'folder' ? 0 : imageFiles.length;
  const are = left === 1 ? 'is' : 'are';
  return left === 0
    ? source
    : remarked(source, ` (${imagesOf(imageFiles, 0)} in the folder ${are} not taken)`);
}

/** False for archives in which none of the files looked at is an image. */
async function holdsImages(source: ImageSource, signal?: AbortSignal): Promise<boolean> {
  if (source.kind !== 'zip' && source.kind !== 'tar') return true;
  for (const item of await source.preview(LOOKED_AT, signal)) {
    if ('skipped' in item) continue;
    if (item.content.kind === 'raw') return true;
    try {
      await item.content.read();
      return true;
    } catch (error) {
      if (!(error instanceof UnusableImage || error instanceof UserError)) throw error;
    }
  }
  return false;
}

/** The same source with more in its description, which may change while it is read. */
function remarked(source: ImageSource, remark: string, rivals?: readonly Rival[]): ImageSource {
  return {
    ...source,
    get description() {
      return source.description.replace(/\.$/, `${remark}.`);
    },
    ...(rivals !== undefined && { rivals }),
  };
}
