/** An npz file: several arrays in a zip archive, some of them images. */
import { elementCount } from '../../shape.ts';
import { crc32 } from '../../crc32.ts';
import { UserError } from '../../errors.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { arraySource, describeArrays, type ImageArray } from './array-images.ts';
import { type ByteStream, type FileBytes, stretchOf, streamOf, unpack } from './bytes.ts';
import { canBeLabels, labelNamesFor, readLabelArray } from './label-array.ts';
import { type Labels, namesOf, unlabelledIn } from './labels.ts';
import { guessLayout, layoutOf, refuseOneImage } from './layout.ts';
import { type NpyHeader, readNpyHeader } from './npy-header.ts';
import { numberType } from './npy.ts';
import { HELD_OUT_KEY, withClassNames, withHeldOut } from './npz-export.ts';
import { numberImages } from './number-array.ts';
import type { ImageSource, SourceRequest } from './source.ts';
import { Unreadable } from './unreadable.ts';
import { guessRanges, type LaidOutArray, readAs } from './value-range.ts';
import { countOf, listOf, notLabels } from './words.ts';
import { zipDataStart } from './zip.ts';
import { readZipDirectory, type ZipEntry } from './zip-directory.ts';

const STORED = 0;
const DEFLATED = 8;

/** An array of the file. */
interface Member {
  key: string;
  /** What sentences call it: `/data/set.npz: images`. */
  name: string;
  entry: ZipEntry;
  /** Where its compressed bytes begin. */
  start: number;
  /** Null when it cannot be read, with the sentence that says why. */
  header: NpyHeader | null;
  problem: UserError | null;
}

/** True for the entries of an npz file: npy files, none in a folder. */
export function isNpz(entries: readonly Pick<ZipEntry, 'name'>[]): boolean {
  return entries.length > 0 && entries.every(({ name }) => /^[^/]+\.npy$/.test(name));
}

/**
 * The images of an npz file. Which arrays are images and which their labels is guessed by names (`x_train` and `y_train`,
 * `images` and `labels`) and shapes; arrays whose names differ in `train`, `test` or `val` only are taken together.
 *
 * @param file taken over: closed with the source, and when opening fails
 * @param request `imagesKey`, `labelsKey`, `layout`; `labelsPath` null for no labels
 * @throws UserError in one sentence
 */
export async function openNpz(
  file: FileBytes,
  request: Pick<SourceRequest, 'imagesKey' | 'labelsKey' | 'layout' | 'labelsPath'>,
  signal?: AbortSignal,
): Promise<ImageSource> {
  try {
    const members: Member[] = [];
    const { entries, remarks } = await readZipDirectory(file, signal);
    for (const entry of entries) {
      if (entry.isFolder) continue;
      const member = await readMember(file, entry);
      if (members.some(({ key }) => key === member.key)) {
        throw new UserError(`${file.name} has two arrays called "${member.key}"; save it with numpy.savez.`, {
          code: 'unreadable',
          file: file.name,
        });
      }
      members.push(member);
    }
    const readable = members.map((member) => ({ ...member, open: () => openData(file, member) }));
    let classOrder: readonly string[] | null = null;
    const images = chooseImages(file.name, members, request);
    const found: LaidOutArray[] = [];
    const labels: (Labels | null)[] = [];
    const labelKeys: string[] = [];
    const unfit = new Map<string, string>();
    for (const member of images) {
      const header = headerOf(member);
      const layout = layoutOf(header.shape, request.layout, member.name);
      const itsLabels = await findLabels(file, member, layout.count, { members, images }, request, unfit);
      if (itsLabels !== null) labelKeys.push(itsLabels.key);
      else if (images.length === 1) refuseOneImage(header.shape, request.layout, member.name);
      const named = itsLabels && (await withClassNames(itsLabels.labels, readable));
      if (named) classOrder = named.names;
      labels.push(named?.labels ?? itsLabels?.labels ?? null);
      const { entry, start } = member;
      const random =
        entry.method === STORED ? stretchOf(file, start + header.headerBytes, start + entry.size) : null;
      const array = {
        data: {
          name: member.name,
          shortName: member.key,
          random,
          open: () => openData(file, member),
          mayHoldMore: random === null,
        },
        type: numberType(header, member.name),
        shape: header.shape,
        fortran: header.fortran,
      };
      checkSize(member, header);
      found.push({ array, layout });
    }
    const ranges = await guessRanges(found, signal);
    const numbered = found.map(({ array, layout }, i) => numberImages(array, layout, ranges[i]!, labels[i]!));
    const arrays: ImageArray[] =
      numbered.length === 1 ? [await withHeldOut(numbered[0]!, readable)] : numbered;
    const known = namesOf(labels);
    const classNames = known === null ? null : inOrder(known, classOrder);
    const unlabelled = unlabelledIn(
      labels,
      arrays.map(({ count }) => count),
    );
    const left = [...unfit].filter(([key]) => !labelKeys.includes(key));
    const from = labelKeys.length === 0 ? '' : ` from ${listOf(labelKeys)}`;
    const unfitWords = left.map(([key, reason]) => notLabels('array', key, reason)).join('');
    const keys = listOf(images.map((member) => member.key));
    const what = describeArrays(arrays, classNames, unlabelled, from).replace(
      ' pixels',
      ` pixels in ${keys}`,
    );
    const about = {
      ...({ kind: 'npz', classNames, unlabelled } as const),
      get description() {
        const words = new Set(found.map(({ layout }, i) => readAs(layout, ranges[i]!)));
        return `An npz file with ${what}${unfitWords}, read as ${[...words].join(' and ')}.`;
      },
    };
    return Object.assign(
      arraySource(about, arrays, () => file.close()),
      { remarks: () => remarks },
    );
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Names in the order that the file has for them. */
function inOrder(names: readonly string[], order: readonly string[] | null): readonly string[] {
  if (order === null) return names;
  const known = new Set(names);
  return [...order.filter((name) => known.has(name)), ...names.filter((name) => !order.includes(name))];
}

async function readMember(file: FileBytes, entry: ZipEntry): Promise<Member> {
  const key = entry.name.replace(/\.npy$/, '');
  const member: Member = { key, name: `${file.name}: ${key}`, entry, start: 0, header: null, problem: null };
  try {
    if (entry.encrypted)
      throw new Unreadable(member.name, 'is encrypted', 'save the array without a password');
    if (entry.method !== STORED && entry.method !== DEFLATED) {
      throw new Unreadable(
        member.name,
        `is compressed in a way that is not read (zip method ${entry.method})`,
        'save it with numpy.savez',
      );
    }
    member.start = await zipDataStart(file, entry);
    const stream = compressedStream(file, member);
    try {
      member.header = await readNpyHeader(stream, member.name);
    } finally {
      await stream.close();
    }
  } catch (error) {
    if (error instanceof UnusableImage) {
      member.problem = new Unreadable(member.name, `is ${error.message}`, 'copy or download the file again');
    } else if (error instanceof UserError) member.problem = error;
    else throw error;
  }
  return member;
}

function compressedStream(file: FileBytes, { entry, start, name }: Member): ByteStream {
  const named = { ...file, name };
  const end = start + entry.compressedSize;
  return entry.method === STORED ? streamOf(named, start, end) : unpack(named, 'deflate', start, end);
}

/** The data behind a member's header; at its end the checksum is compared. */
async function openData(file: FileBytes, member: Member): Promise<ByteStream> {
  const stream = compressedStream(file, member);
  let crc = 0;
  let have = 0;
  let whole = true;
  const read = async (length: number): Promise<Uint8Array> => {
    const bytes = await stream.read(length);
    have += bytes.length;
    if (whole) crc = crc32(bytes, crc);
    if (whole && have === member.entry.size && crc !== member.entry.crc32) {
      throw new Unreadable(
        member.name,
        'is damaged: its checksum is not what the file says',
        'copy or download it again',
      );
    }
    return bytes;
  };
  await read(headerOf(member).headerBytes);
  return {
    ...stream,
    read,
    async skip(length) {
      if (length > 0) whole = false;
      return stream.skip(length);
    },
  };
}

function headerOf(member: Member): NpyHeader {
  if (member.header === null) throw member.problem ?? new Error('no header');
  return member.header;
}

function checkSize({ name, entry }: Member, { shape, type, headerBytes }: NpyHeader): void {
  const wanted = type.size * elementCount(shape) + headerBytes;
  if (entry.size === wanted) return;
  const told = `its header says ${countOf(wanted, 'byte')}, but the file says ${entry.size.toLocaleString('en-US')}`;
  throw new Unreadable(name, `is damaged: ${told}`, 'copy or download the file again');
}

const SPLIT = /(^|[^a-z])(train(?:ing)?|valid(?:ation)?|val|dev|test(?:ing)?)(?=$|[^a-z])/i;
const STEMS = ['images', 'image', 'imgs', 'img', 'x', 'data', 'pixels', 'arr_0'];

/** `x_train` → `x`; arrays of one stem belong together. */
function stemOf(key: string): string {
  return key
    .toLowerCase()
    .replace(SPLIT, '$1')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/gi, '');
}

function splitOrder(key: string): number {
  const split = SPLIT.exec(key)?.[2]?.toLowerCase() ?? 'train';
  return split.startsWith('train') ? 0 : split.startsWith('test') ? 2 : 1;
}

function chooseImages(
  file: string,
  members: readonly Member[],
  request: Pick<SourceRequest, 'imagesKey' | 'layout'>,
): Member[] {
  const keys = listOf(members.map(({ key }) => key));
  if (request.imagesKey !== undefined) return [memberOf(file, members, request.imagesKey)];
  const statistics = frechetStatistics(members);
  const candidates = members.filter((member) => {
    const { header } = member;
    if (
      statistics.includes(member) ||
      header === null ||
      header.type.kind === 'S' ||
      header.type.kind === 'U'
    )
      return false;
    const layout = guessLayout(header.shape, request.layout);
    return layout !== null && (header.shape.length > 2 || !layout.single) && layout.count > 0;
  });
  const problem = members.find((member) => member.problem !== null)?.problem;
  if (candidates.length === 0) {
    if (statistics.length > 0) {
      throw new UserError(
        `${file} holds statistics of images for a Fréchet distance (mu and sigma), not images; choose the images that they were made of.`,
        { code: 'unreadable', file: file },
      );
    }
    const empty = members.find(({ header }) => header !== null && header.shape.includes(0));
    if (problem === undefined && empty !== undefined) {
      layoutOf(headerOf(empty).shape, request.layout, empty.name);
    }
    // An array that was refused may well be the one with the images.
    throw (
      problem ??
      new UserError(`${file} has no array of images among ${keys}; images need N×H×W, N×H×W×C or N×C×H×W.`, {
        code: 'unreadable',
        file: file,
      })
    );
  }
  const groups = new Map<string, Member[]>();
  for (const member of candidates) {
    const stem = stemOf(member.key);
    groups.set(stem, [...(groups.get(stem) ?? []), member]);
  }
  const rank = (stem: string): number => (STEMS.includes(stem) ? STEMS.indexOf(stem) : STEMS.length);
  const bytes = (group: readonly Member[]): number => group.reduce((sum, { entry }) => sum + entry.size, 0);
  const [best] = [...groups].sort(([a, one], [b, other]) => rank(a) - rank(b) || bytes(other) - bytes(one));
  return best![1].sort((a, b) => splitOrder(a.key) - splitOrder(b.key));
}

/** Mean and covariance of features, as tools that measure the FID keep them; none when these are not they. */
function frechetStatistics(members: readonly Member[]): readonly Member[] {
  const shapeOf = (key: string): readonly number[] =>
    members.find((member) => member.key === key)?.header?.shape ?? [];
  const [features, ...more] = shapeOf('mu');
  const isSquare = shapeOf('sigma').length === 2 && shapeOf('sigma').every((size) => size === features);
  if (features === undefined || more.length > 0 || !isSquare) return [];
  return members.filter(({ key }) => key === 'mu' || key === 'sigma');
}

function memberOf(file: string, members: readonly Member[], key: string): Member {
  const member = members.find((some) => some.key === key);
  if (member !== undefined) return member;
  throw new UserError(`${file} has no array "${key}"; it has ${listOf(members.map((some) => some.key))}.`, {
    code: 'unreadable',
    file: file,
  });
}

/** What labels are called where the name of the images says nothing. */
const LABEL_STEMS = ['labels', 'label', 'targets', 'target', 'classes', 'class', 'y'];

const UNREADABLE = 'it cannot be read';

/**
 * The labels of an array of images: those asked for, else those that its name leads to, else those of a usual name, else
 * the only list of whole numbers that fits.
 *
 * @param unfit gets the arrays that are called like labels but are none, with the reason
 * @throws UserError when those asked for, or those that its name leads to and that are called labels, do not fit
 */
async function findLabels(
  file: FileBytes,
  member: Member,
  count: number,
  { members, images }: { members: readonly Member[]; images: readonly Member[] },
  request: Pick<SourceRequest, 'labelsKey' | 'labelsPath'>,
  unfit: Map<string, string>,
): Promise<{ key: string; labels: Labels } | null> {
  const read = async (from: Member): Promise<{ key: string; labels: Labels }> => ({
    key: from.key,
    labels: await readLabels(file, from, count),
  });
  if (request.labelsKey !== undefined) return read(memberOf(file.name, members, request.labelsKey));
  if (request.labelsPath === null) return null;
  const fits = ({ header }: Member): boolean => header !== null && canBeLabels(header, count);
  const others = members.filter((other) => !images.includes(other) && other.key !== HELD_OUT_KEY);
  const named = labelNamesFor(member.key)
    .map((name) => others.find(({ key }) => key === name))
    .find((other) => other !== undefined);
  // Anything may be called `y`.
  const mustFit = named !== undefined && /label|target|class/i.test(named.key);
  const usual = others
    .filter(({ key }) => LABEL_STEMS.includes(stemOf(key)))
    .filter(({ key }) => images.length === 1 || splitOrder(key) === splitOrder(member.key))
    .sort((a, b) => LABEL_STEMS.indexOf(stemOf(a.key)) - LABEL_STEMS.indexOf(stemOf(b.key)));
  for (const candidate of new Set([...(named === undefined ? [] : [named]), ...usual])) {
    if (candidate === named && mustFit) return read(candidate);
    try {
      if (fits(candidate)) return await read(candidate);
      unfit.set(candidate.key, misfit(candidate, count));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unfit.set(candidate.key, error instanceof Unreadable ? `it ${error.reason}` : UNREADABLE);
    }
  }
  const whole = others.filter(
    (other) => fits(other) && other.header!.shape.length === 1 && other.header!.type.kind !== 'f',
  );
  return whole.length === 1 ? read(whole[0]!) : null;
}

function misfit({ header }: Member, count: number): string {
  if (header === null) return UNREADABLE;
  return `its shape is ${header.shape.join(' × ') || 'that of one number'}, but there are ${countOf(count, 'image')}`;
}

async function readLabels(file: FileBytes, member: Member, count: number): Promise<Labels> {
  const header = headerOf(member);
  const stream = await openData(file, member);
  try {
    return await readLabelArray(header, stream, count, member.name);
  } finally {
    await stream.close();
  }
}
