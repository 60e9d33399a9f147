/** Labels in npy form, and by which name they are found. */
import type { ByteStream } from './bytes.ts';
import { MAX_ROWS } from './caps.ts';
import { type Labels, makeLabels, MAX_CLASSES } from './labels.ts';
import type { NpyHeader, NpyType } from './npy-header.ts';
import { readNumbers } from './numbers.ts';
import { Unreadable } from './unreadable.ts';
import { countOf } from './words.ts';

const MAX_TEXT_BYTES = 4 * 256;
const MAX_ONE_HOT = 1000;

/** True for the shapes that labels of `count` images can have: N, N×1, or N×K with a single 1 in each row. */
export function canBeLabels({ shape, type }: Pick<NpyHeader, 'shape' | 'type'>, count: number): boolean {
  const [rows = 0, columns = 1] = shape;
  if (rows !== count || shape.length > 2 || columns < 1 || columns > MAX_ONE_HOT) return false;
  return columns === 1 || (type.kind !== 'S' && type.kind !== 'U');
}

/**
 * The texts of a list.
 *
 * @param stream at the array's first value
 */
export async function readTexts(
  { shape: [rows = 0], type }: Pick<NpyHeader, 'shape' | 'type'>,
  stream: ByteStream,
): Promise<string[]> {
  const texts: string[] = [];
  if (rows > MAX_CLASSES || type.size > MAX_TEXT_BYTES) return texts;
  for (let row = 0; row < rows; row++) {
    const bytes = await stream.read(type.size);
    const text = bytes.length < type.size ? '' : valueOf(bytes, type);
    texts.push(String(text));
  }
  return texts;
}

/**
 * @param stream at the array's first value
 * @throws UserError when they are no labels of that many images
 */
export async function readLabelArray(
  header: Pick<NpyHeader, 'shape' | 'type' | 'fortran'>,
  stream: ByteStream,
  count: number,
  name: string,
): Promise<Labels> {
  const { shape, type, fortran } = header;
  const [rows = 0, columns = 1] = shape;
  if (
    !canBeLabels(header, rows) ||
    rows > MAX_ROWS ||
    type.size > MAX_TEXT_BYTES ||
    (columns > 1 && fortran)
  ) {
    throw new Unreadable(
      name,
      `holds no labels: it has the shape ${shape.join(' × ')}, but N is needed`,
      'choose another array',
    );
  }
  if (rows !== count) {
    throw new Unreadable(
      name,
      `has ${countOf(rows, 'label')} for ${countOf(count, 'image')}; they do not belong together`,
      'choose the labels of these images',
    );
  }
  const values: (number | string)[] = [];
  for (let row = 0; row < count; row++) {
    const bytes = await stream.read(columns * type.size);
    if (bytes.length < columns * type.size) {
      throw new Unreadable(name, 'is cut off: it ends before its last label', 'copy or download it again');
    }
    values.push(columns === 1 ? valueOf(bytes, type) : oneHot(bytes, type, name));
  }
  const texts = values.filter((value) => typeof value === 'string');
  return texts.length > 0 ? makeLabels(texts, name) : makeLabels(values as number[], name);
}

function valueOf(bytes: Uint8Array, type: NpyType): number | string {
  if (type.kind === 'S') return Buffer.from(bytes).toString('utf8').replace(/\0+$/, '');
  if (type.kind === 'U') {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let text = '';
    for (let at = 0; at + 4 <= bytes.length; at += 4) {
      const point = view.getUint32(at, type.littleEndian);
      if (point === 0) break;
      text += point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
    }
    return text;
  }
  return readNumbers(bytes, type)[0]!;
}

function oneHot(bytes: Uint8Array, type: NpyType, name: string): number {
  if (type.kind === 'S' || type.kind === 'U') throw new Error('texts are not one-hot');
  const row = readNumbers(bytes, type);
  const hot = row.indexOf(1);
  if (hot < 0 || row.some((value, i) => value !== (i === hot ? 1 : 0))) {
    throw new Unreadable(
      name,
      'holds no labels: not every row has a single 1 among zeros',
      'choose another array',
    );
  }
  return hot;
}

/** Names that labels may have, for the name that the images have: `x_train` → `y_train` and so on. */
export function labelNamesFor(images: string): string[] {
  const names = ['labels', 'label', 'targets', 'target', 'classes', 'y'].map((word) =>
    images.replace(/images?|imgs?|pixels|data/i, word),
  );
  names.push(...['y', 'Y'].map((y) => images.replace(/(^|[^A-Za-z])x(?![A-Za-z])/i, `$1${y}`)));
  names.push(images.replace(/arr_0$/, 'arr_1'));
  names.push(`${images}_labels`, `${images}-labels`);
  return [...new Set(names)].filter((name) => name !== images);
}
