/** IDX files, the form MNIST comes in, plain or compressed by gzip. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { elementCount } from '../../shape.ts';
import { UserError } from '../../errors.ts';
import { exists } from '../../files.ts';
import { heldOutRemarks, testFilesAmong } from './benchmark-split.ts';
import { arraySource, describeArrays, type ImageArray } from './array-images.ts';
import { type ByteStream, type FileBytes, openFileBytes, streamOf, stretchOf, unpack } from './bytes.ts';
import { MAX_ROWS } from './caps.ts';
import { type Labels, makeLabels, namesOf, unlabelledIn } from './labels.ts';
import { layoutOf } from './layout.ts';
import { numberImages } from './number-array.ts';
import { type NumberType, readNumbers } from './numbers.ts';
import type { ImageSource, SourceRequest } from './source.ts';
import { guessRanges, type LaidOutArray } from './value-range.ts';
import { countOf, listOf } from './words.ts';

/** The third byte of an IDX file. All numbers are big-endian. */
const TYPES: Readonly<Partial<Record<number, NumberType>>> = {
  0x08: { kind: 'u', size: 1, littleEndian: false },
  0x09: { kind: 'i', size: 1, littleEndian: false },
  0x0b: { kind: 'i', size: 2, littleEndian: false },
  0x0c: { kind: 'i', size: 4, littleEndian: false },
  0x0d: { kind: 'f', size: 4, littleEndian: false },
  0x0e: { kind: 'f', size: 8, littleEndian: false },
};

/** Bytes of the largest header: 255 axes. */
export const IDX_HEAD_BYTES = 4 + 4 * 255;

export interface IdxHeader {
  type: NumberType;
  shape: number[];
  headerBytes: number;
}

/** What an IDX file's first bytes say; null when they are not those of one. */
export function readIdxHeader(head: Uint8Array): IdxHeader | null {
  const type = TYPES[head[2] ?? -1];
  const axes = head[3] ?? 0;
  const headerBytes = 4 + 4 * axes;
  if (head[0] !== 0 || head[1] !== 0 || type === undefined || axes === 0 || axes > 8) return null;
  if (head.length < headerBytes) return null;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return { type, shape: Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i)), headerBytes };
}

interface OpenIdx extends IdxHeader {
  file: FileBytes;
  gzip: boolean;
}

function streamFrom({ file, gzip }: { file: FileBytes; gzip: boolean }): ByteStream {
  return gzip ? unpack(file, 'gzip') : streamOf(file);
}

/** @throws UserError when it cannot be read, is none or has another size than its header says */
async function openIdxFile(name: string): Promise<OpenIdx> {
  const file = await openFileBytes(name);
  try {
    const magic = await file.read(0, 2);
    const gzip = magic[0] === 0x1f && magic[1] === 0x8b;
    const stream = streamFrom({ file, gzip });
    let header: IdxHeader | null;
    try {
      header = readIdxHeader(await stream.read(IDX_HEAD_BYTES));
    } finally {
      await stream.close();
    }
    if (header === null)
      throw new UserError(
        `${file.name} is not an IDX file, or ends within its header; choose one such as train-images-idx3-ubyte.`,
        { code: 'unreadable', file: file.name },
      );
    const size = header.type.size * elementCount(header.shape) + header.headerBytes;
    if (!Number.isSafeInteger(size)) {
      throw new UserError(
        `${file.name} is damaged: its header says the shape ${header.shape.join(' × ')}; copy or download it again.`,
        { code: 'unreadable', file: file.name },
      );
    }
    if (!gzip && file.size !== size) {
      const told = `its header says ${countOf(size, 'byte')}, but it has ${countOf(file.size, 'byte')}`;
      throw new UserError(
        file.size < size
          ? `${file.name} is cut off: ${told}; copy or download it again.`
          : `${file.name} is damaged: ${told}; copy or download it again.`,
      );
    }
    return { ...header, file, gzip };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * IDX files of images, each with the file of labels that lies beside it (`train-images-idx3-ubyte` and
 * `train-labels-idx1-ubyte`), one after another.
 *
 * @param files of images
 * @param request `labelsPath` for a single file, `layout`
 * @throws UserError in one sentence
 */
export async function openIdx(
  files: readonly string[],
  request: Pick<SourceRequest, 'labelsPath' | 'layout'>,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const opened: OpenIdx[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(({ file }) => file.close()));
  };
  try {
    const found: LaidOutArray[] = [];
    const labels: (Labels | null)[] = [];
    const labelFiles: string[] = [];
    for (const name of files) {
      const idx = await openIdxFile(name);
      opened.push(idx);
      const told = idx.file.name;
      if (idx.shape.length === 1) {
        throw new UserError(`${told} holds labels, not images; choose the file of images beside it.`);
      }
      const layout = layoutOf(idx.shape, request.layout, told);
      const labelFile = request.labelsPath === undefined ? await labelsBeside(told) : request.labelsPath;
      const some = labelFile === null ? null : await readIdxLabels(labelFile, layout.count, told);
      if (labelFile !== null) labelFiles.push(path.basename(labelFile));
      labels.push(some);
      const array = {
        data: {
          name: told,
          shortName: shortNameOf(told),
          random: idx.gzip ? null : stretchOf(idx.file, idx.headerBytes, idx.file.size),
          mayHoldMore: idx.gzip,
          open: async () => {
            const stream = streamFrom(idx);
            await stream.skip(idx.headerBytes);
            return stream;
          },
        },
        type: idx.type,
        shape: idx.shape,
        fortran: false,
      };
      found.push({ array, layout });
    }
    const ranges = await guessRanges(found, signal);
    const test = testFilesAmong(files);
    const arrays = found.map(({ array, layout }, i): ImageArray =>
      Object.assign(numberImages(array, layout, ranges[i]!, labels[i]!), { heldOut: test.has(files[i]!) }),
    );
    const classNames = namesOf(labels);
    const unlabelled = unlabelledIn(
      labels,
      arrays.map(({ count }) => count),
    );
    const from = labelFiles.length === 0 ? '' : ` from ${listOf(labelFiles)}`;
    const what = files.length === 1 ? 'An IDX file' : `${files.length} IDX files`;
    const about = {
      ...({ kind: 'idx', classNames, unlabelled } as const),
      get description() {
        const words = ranges.map(({ scale }) => (scale.words === null ? '' : `, read as ${scale.words}`));
        return `${what} with ${describeArrays(arrays, classNames, unlabelled, from)}${[...new Set(words)].join('')}.`;
      },
    };
    const heldOut = arrays.filter((array) => array.heldOut === true);
    const remarks = [
      ...(files.some((file) => /emnist/i.test(path.basename(file))) ? [EMNIST_LIES] : []),
      ...heldOutRemarks(
        [...test].map(shortNameOf),
        heldOut.reduce((sum, { count }) => sum + count, 0),
      ),
    ];
    return Object.assign(arraySource(about, arrays, close), { remarks: () => remarks });
  } catch (error) {
    await close();
    throw error;
  }
}

const EMNIST_LIES =
  'EMNIST keeps its letters and digits with rows and columns exchanged; to have them upright, exchange these first, as with images.transpose(0, 2, 1) in NumPy.';

/** `/data/train-images-idx3-ubyte.gz` → `train-images-idx3-ubyte` */
function shortNameOf(file: string): string {
  return path.basename(file).replace(/\.gz$/i, '');
}

/** The file of labels beside a file of images; null when there is none. */
async function labelsBeside(file: string): Promise<string | null> {
  const name = shortNameOf(file)
    .replace(/images?/i, (word) => (word.startsWith('I') ? 'Labels' : 'labels'))
    .replace(/idx[34]/i, 'idx1');
  if (name === shortNameOf(file)) return null;
  for (const candidate of [name, `${name}.gz`]) {
    const beside = path.join(path.dirname(file), candidate);
    if (await exists(beside)) return beside;
  }
  return null;
}

/** @throws UserError when they are none, or not as many as there are images */
async function readIdxLabels(file: string, count: number, images: string): Promise<Labels> {
  const idx = await openIdxFile(file);
  try {
    const { name } = idx.file;
    const [labelCount = 0] = idx.shape;
    if (idx.shape.length !== 1 || labelCount > MAX_ROWS) {
      throw new UserError(
        `${name} holds no labels: it has the shape ${idx.shape.join(' × ')}; choose another file of labels.`,
        { code: 'unreadable', file: name },
      );
    }
    if (labelCount !== count) {
      throw new UserError(
        `${name} has ${countOf(labelCount, 'label')} for the ${countOf(count, 'image')} of ${images}; they do not belong together; choose the labels of these images.`,
        { code: 'unreadable', file: name },
      );
    }
    const stream = streamFrom(idx);
    try {
      await stream.skip(idx.headerBytes);
      const bytes = await stream.read(count * idx.type.size);
      if (bytes.length < count * idx.type.size) {
        throw new UserError(`${name} is cut off: it ends before its last label; copy or download it again.`, {
          code: 'unreadable',
          file: name,
        });
      }
      return makeLabels(readNumbers(bytes, idx.type), name);
    } finally {
      await stream.close();
    }
  } finally {
    await idx.file.close();
  }
}

/**
 * Files of images in IDX form among files of a folder, training images first; of a plain file and the same compressed,
 * the plain one.
 *
 * @param files paths, absolute
 */
export async function idxImagesAmong(files: readonly string[]): Promise<string[]> {
  const candidates = files.filter((file) => /idx|ubyte/i.test(path.basename(file)));
  const images: string[] = [];
  for (const file of candidates) {
    if (/\.gz$/i.test(file) && candidates.includes(file.slice(0, -3))) continue;
    if (await hasImages(file)) images.push(file);
  }
  const order = (file: string): number => (/train/i.test(path.basename(file)) ? 0 : 1);
  return images.sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
}

/** True for an IDX file with more than one axis. A damaged one counts, so that it is told of. */
async function hasImages(file: string): Promise<boolean> {
  if (/labels/i.test(path.basename(file)) || (await fs.stat(file)).size === 0) return false;
  try {
    const idx = await openIdxFile(file);
    await idx.file.close();
    return idx.shape.length > 1;
  } catch (error) {
    return error instanceof UserError && /images/i.test(path.basename(file));
  }
}
