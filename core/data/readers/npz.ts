/** An npz file: several arrays in a zip archive, some of them images. */
import { crc32 } from '../../crc32.ts';
import { UserError } from '../../errors.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { arraySource, describeArrays, type ImageArray } from './array-images.ts';
import { type ByteStream, type FileBytes, stretchOf, streamOf, unpack } from './bytes.ts';
import { canBeLabels, labelNamesFor, readLabelArray } from './label-array.ts';
import { type Labels, namesOf } from './labels.ts';
import { guessLayout, layoutOf } from './layout.ts';
import { type NpyHeader, readNpyHeader } from './npy-header.ts';
import { numberType } from './npy.ts';
import { guessScale, numberImages } from './number-array.ts';
import type { ImageSource, SourceRequest } from './source.ts';
import { listOf } from './words.ts';
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
    for (const entry of await readZipDirectory(file, signal)) {
      if (entry.isFolder) continue;
      const member = await readMember(file, entry);
      if (members.some(({ key }) => key === member.key)) {
        throw new UserError(`${file.name} has two arrays called "${member.key}"; save it with numpy.savez.`);
      }
      members.push(member);
    }
    const images = chooseImages(file.name, members, request);
    const arrays: ImageArray[] = [];
    const labels: (Labels | null)[] = [];
    const labelKeys: string[] = [];
    const words = new Set<string>();
    for (const member of images) {
      const header = headerOf(member);
      const layout = layoutOf(header.shape, request.layout, member.name);
      const labelMember = findLabels(file.name, member, layout.count, members, request);
      let some: Labels | null = null;
      if (labelMember !== null) {
        const stream = await openData(file, labelMember);
        try {
          some = await readLabelArray(headerOf(labelMember), stream, layout.count, labelMember.name);
        } finally {
          await stream.close();
        }
        labelKeys.push(labelMember.key);
      }
      labels.push(some);
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
      const scale = await guessScale(array, layout, signal);
      words.add([layout.words, ...(scale.words === null ? [] : [scale.words])].join(', '));
      arrays.push(numberImages(array, layout, scale, some));
    }
    const classNames = namesOf(labels);
    const from = labelKeys.length === 0 ? '' : ` from ${listOf(labelKeys)}`;
    const keys = listOf(images.map((member) => member.key));
    const found = describeArrays(arrays, classNames).replace(' pixels', ` pixels in ${keys}`);
    const description = `An npz file with ${found}${from}, read as ${[...words].join(' and ')}.`;
    return arraySource({ kind: 'npz', description, classNames }, arrays, () => file.close());
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readMember(file: FileBytes, entry: ZipEntry): Promise<Member> {
  const key = entry.name.replace(/\.npy$/, '');
  const member: Member = { key, name: `${file.name}: ${key}`, entry, start: 0, header: null, problem: null };
  try {
    if (entry.encrypted)
      throw new UserError(`${member.name} is encrypted; save the array without a password.`);
    if (entry.method !== STORED && entry.method !== DEFLATED) {
      throw new UserError(
        `${member.name} is compressed in a way that is not read (zip method ${entry.method}); save it with numpy.savez.`,
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
      member.problem = new UserError(`${member.name} is ${error.message}; copy or download the file again.`);
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
      throw new UserError(
        `${member.name} is damaged: its checksum is not what the file says; copy or download it again.`,
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
  const wanted = shape.reduce((product, axis) => product * axis, type.size) + headerBytes;
  if (entry.size === wanted) return;
  const told = `its header says ${wanted.toLocaleString('en-US')} bytes, but the file says ${entry.size.toLocaleString('en-US')}`;
  throw new UserError(`${name} is damaged: ${told}; copy or download the file again.`);
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
  const candidates = members.filter(({ header }) => {
    if (header === null || header.type.kind === 'S' || header.type.kind === 'U') return false;
    const layout = guessLayout(header.shape, request.layout);
    return layout !== null && (header.shape.length > 2 || !layout.single) && layout.count > 0;
  });
  const problem = members.find((member) => member.problem !== null)?.problem;
  if (candidates.length === 0) {
    // An array that was refused may well be the one with the images.
    throw (
      problem ??
      new UserError(`${file} has no array of images among ${keys}; images need N×H×W, N×H×W×C or N×C×H×W.`)
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

function memberOf(file: string, members: readonly Member[], key: string): Member {
  const member = members.find((some) => some.key === key);
  if (member !== undefined) return member;
  throw new UserError(`${file} has no array "${key}"; it has ${listOf(members.map((some) => some.key))}.`);
}

function findLabels(
  file: string,
  images: Member,
  count: number,
  members: readonly Member[],
  request: Pick<SourceRequest, 'labelsKey' | 'labelsPath'>,
): Member | null {
  if (request.labelsKey !== undefined) return memberOf(file, members, request.labelsKey);
  if (request.labelsPath === null) return null;
  const fits = (member: Member): boolean => member.header !== null && canBeLabels(member.header, count);
  const names = labelNamesFor(images.key);
  const named = names
    .map((name) => members.find((member) => member.key === name))
    .find((member) => member !== undefined);
  // Labels by their name are told of when they do not fit; anything may be called `y`.
  if (named !== undefined && (fits(named) || /label|target|class/i.test(named.key))) return named;
  const whole = members.filter(
    (member) =>
      member !== images &&
      fits(member) &&
      member.header!.shape.length === 1 &&
      member.header!.type.kind !== 'f',
  );
  return whole.length === 1 ? whole[0]! : null;
}
