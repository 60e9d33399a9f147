/** Parquet files with a column of image files, as the Hugging Face hub stores data sets. */
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { type FileBytes, openFileBytes } from './bytes.ts';
import { inMegabytes, MAX_IMAGE_BYTES } from './caps.ts';
import { hiveValue, isLabelFolder } from './class-folders.ts';
import { MAX_CLASSES } from './labels.ts';
import { columnValues, type ParquetFile, readParquetFile } from './parquet-column.ts';
import { findColumns, type ParquetColumns } from './parquet-schema.ts';
import type { ImageSource, SkippedItem, SourceItem, SourceRequest } from './source.ts';
import { spread } from './spread.ts';
import { countOf, labelWords, notLabels } from './words.ts';

type Entry = SourceItem | { skipped: SkippedItem };

/** One file of a data set; it is open only while it is read, as there may be thousands. */
interface Shard {
  path: string;
  columns: ParquetColumns;
  rows: number;
  /** Class of all its rows, told by a folder such as `label=cat`; undefined when there is none. */
  folder: string | null | undefined;
}

/**
 * The images of one or several Parquet files of one data set, in the order given.
 *
 * @param request `imagesKey`, `labelsKey`; `labelsPath` null for no labels
 * @throws UserError in one sentence
 */
export async function openParquet(
  files: readonly string[],
  request: Pick<SourceRequest, 'imagesKey' | 'labelsKey' | 'labelsPath'>,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const shards: Shard[] = [];
  const labels = new Set<string>();
  let unlabelled = 0;
  const unfit: NonNullable<ParquetColumns['unfit']>[] = [];
  for (const file of files) {
    signal?.throwIfAborted();
    await withFile(file, async (parquet) => {
      const columns = findColumns(parquet, request);
      const folder = columns.label === null && request.labelsPath !== null ? classByFolder(file) : undefined;
      shards.push({ path: file, columns, rows: parquet.rows, folder });
      if (columns.unfit !== null) unfit.push(columns.unfit);
      const { label } = columns;
      if (label === null || unfit.length > 0) {
        if (typeof folder === 'string') labels.add(folder);
        else unlabelled += parquet.rows;
        return;
      }
      const found = await labelsOf(parquet, label, signal);
      if (typeof found !== 'number') {
        for (const name of label.names ?? found.names) labels.add(name);
        unlabelled += found.unlabelled;
      } else if (request.labelsKey === undefined)
        unfit.push({ name: label.name, reason: `it holds the number ${found}` });
      else {
        throw new UserError(
          `${parquet.bytes.name} holds the number ${found} in its column "${label.name}", but labels are whole numbers; leave them out or round them.`,
          { code: 'unreadable', file: parquet.bytes.name },
        );
      }
    });
  }
  // Labels of a part of the images would mislead.
  if (unfit.length > 0) {
    labels.clear();
    for (const shard of shards)
      Object.assign(shard, { columns: { ...shard.columns, label: null }, folder: undefined });
  }
  const total = shards.reduce((sum, { rows }) => sum + rows, 0);
  const first = shards[0]!;
  if (total === 0)
    throw new UserError(`${path.resolve(first.path)} has no rows; choose another file.`, {
      code: 'unreadable',
      file: path.resolve(first.path),
    });
  const withLabels = shards.find(({ columns }) => columns.label !== null) ?? first;
  const classNames = labels.size === 0 ? null : orderOf(labels, withLabels.columns.label?.names ?? null);
  if (classNames === null) unlabelled = 0;
  const where = files.length === 1 ? 'A Parquet file' : countOf(files.length, 'Parquet file');
  const { image, label } = withLabels.columns;
  const told =
    classNames === null
      ? `no labels${unfitWords(unfit[0])}`
      : label === null
        ? labelWords(classNames.length, unlabelled, ' from the names of folders')
        : labelWords(classNames.length, unlabelled, ` in the column "${label.name}"`);
  return {
    kind: 'parquet',
    description: `${where} with ${countOf(total, 'image')} in the column "${image.name}", ${told}.`,
    total,
    classNames,
    unlabelled,
    shape: null,
    async *items(abort) {
      for (const shard of shards) yield* shardItems(shard, abort);
    },
    async preview(count, abort) {
      const entries: Entry[] = [];
      let before = 0;
      const places = spread(total, count);
      for (const shard of shards) {
        const share = places.filter((place) => place >= before && place < before + shard.rows).length;
        before += shard.rows;
        if (share > 0) entries.push(...(await previewShard(shard, share, abort)));
      }
      return entries;
    },
    close: async () => undefined,
  };
}

/** The class that one of the folders above a file tells: `…/label=cat/part-0.parquet`. */
function classByFolder(file: string): string | null | undefined {
  const folder = path.resolve(file).split(path.sep).slice(0, -1).findLast(isLabelFolder);
  return folder === undefined ? undefined : hiveValue(folder);
}

async function withFile<T>(file: string, use: (parquet: ParquetFile) => Promise<T>): Promise<T> {
  const bytes: FileBytes = await openFileBytes(file);
  try {
    return await use(await readParquetFile(bytes));
  } finally {
    await bytes.close();
  }
}

/** What is said of a column that was thought to be one of labels. */
function unfitWords(unfit: ParquetColumns['unfit'] | undefined): string {
  return unfit == null ? '' : notLabels('column', unfit.name, unfit.reason);
}

/** Class names in the file's own order, else numbers by value and texts by their code units. */
function orderOf(names: ReadonlySet<string>, told: readonly string[] | null): readonly string[] {
  const all = [...names];
  if (told !== null) return [...told, ...all.filter((name) => !told.includes(name))];
  const numeric = all.every((name) => /^\d+$/.test(name));
  return all.sort((a, b) => (numeric ? Number(a) - Number(b) : a < b ? -1 : 1));
}

/** The classes of a column, and how many rows have none; a number of it that is not whole when there is one. */
async function labelsOf(
  file: ParquetFile,
  { path: column, names: known }: NonNullable<ParquetColumns['label']>,
  signal?: AbortSignal,
): Promise<{ names: Set<string>; unlabelled: number } | number> {
  const names = new Set<string>();
  let unlabelled = 0;
  for (let group = 0; group < file.metadata.row_groups.length; group++) {
    signal?.throwIfAborted();
    for await (const value of columnValues(file, group, column)) {
      if (typeof value === 'number' && !Number.isInteger(value) && !Number.isNaN(value)) return value;
      const name = labelName(value, known);
      if (name === null) unlabelled++;
      else names.add(name);
      if (names.size > MAX_CLASSES) {
        throw new UserError(
          `${file.bytes.name} holds more than ${MAX_CLASSES} different labels in its column "${column.join('.')}"; leave the labels out.`,
          { code: 'unreadable', file: file.bytes.name },
        );
      }
    }
  }
  return { names, unlabelled };
}

/**
 * A class's name; null when there is none (null, a negative number, an empty text, or NaN, which pandas makes of a
 * missing one).
 */
function labelName(value: unknown, names: readonly string[] | null): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (value instanceof Uint8Array) return value.length === 0 ? null : Buffer.from(value).toString('utf8');
  if (typeof value === 'boolean') return names?.[Number(value)] ?? String(value);
  if (typeof value !== 'number' && typeof value !== 'bigint') return null;
  const number = Number(value);
  return number < 0 || Number.isNaN(number) ? null : (names?.[number] ?? String(number));
}

async function* shardItems(shard: Shard, signal?: AbortSignal): AsyncGenerator<Entry> {
  const bytes = await openFileBytes(shard.path);
  try {
    const file = await readParquetFile(bytes);
    let row = 0;
    for (let group = 0; group < file.metadata.row_groups.length; group++) {
      for await (const entry of groupItems(file, shard, group, row)) {
        signal?.throwIfAborted();
        yield entry;
        row++;
      }
    }
  } finally {
    await bytes.close();
  }
}

/**
 * @param firstRow number of the group's first row in the file
 * @param from first row of the group that is wanted
 */
async function* groupItems(
  file: ParquetFile,
  shard: Shard,
  group: number,
  firstRow: number,
  from = 0,
): AsyncGenerator<Entry> {
  const { image, label } = shard.columns;
  const images = columnValues(file, group, image.bytes, from);
  const paths = image.path === null ? null : columnValues(file, group, image.path, from);
  const labels = label === null ? null : columnValues(file, group, label.path, from);
  const shortName = path.basename(shard.path);
  let row = firstRow + from;
  for await (const value of images) {
    const told: unknown = (await paths?.next())?.value ?? null;
    const labelValue: unknown = (await labels?.next())?.value ?? null;
    const entry = toEntry(value, told, labelValue, `${shortName}[${row++}]`, label?.names ?? null);
    const named = !('skipped' in entry) && shard.folder !== undefined;
    yield named ? { ...entry, className: shard.folder ?? null } : entry;
  }
}

function toEntry(
  value: unknown,
  told: unknown,
  label: unknown,
  place: string,
  names: readonly string[] | null,
): Entry {
  const name = told instanceof Uint8Array ? Buffer.from(told).toString('utf8') : told;
  const file = typeof name === 'string' && name !== '' ? `${place} ${name}` : place;
  if (!(value instanceof Uint8Array)) {
    const reason =
      file === place ? 'the row has no image' : 'the row has the path of an image, but not the image';
    return { skipped: { file, reason } };
  }
  if (value.length > MAX_IMAGE_BYTES) {
    return {
      skipped: {
        file,
        reason: `${inMegabytes(value.length)}, more than the ${inMegabytes(MAX_IMAGE_BYTES)} allowed`,
      },
    };
  }
  if (names !== null && typeof label !== 'string' && Number(label ?? -1) >= names.length) {
    return {
      skipped: {
        file,
        reason: `a label of ${String(label)} where there are ${countOf(names.length, 'class', 'classes')}`,
      },
    };
  }
  // A copy: the value lies in its page, which would be kept and sent along.
  return {
    file,
    className: labelName(label, names),
    content: { kind: 'encoded', read: async () => value.slice() },
  };
}

/** Rows spread over a file; of the pages between them nothing but their headers is read. */
async function previewShard(shard: Shard, count: number, signal?: AbortSignal): Promise<Entry[]> {
  return withFile(shard.path, async (file) => {
    const entries: Entry[] = [];
    const wanted = spread(shard.rows, count);
    let firstRow = 0;
    for (const [group, { num_rows: rows }] of file.metadata.row_groups.entries()) {
      const end = firstRow + Number(rows);
      while (wanted[0] !== undefined && wanted[0] < end) {
        signal?.throwIfAborted();
        const from = wanted.shift()! - firstRow;
        for await (const entry of groupItems(file, shard, group, firstRow, from)) {
          entries.push(entry);
          break;
        }
      }
      firstRow = end;
    }
    return entries;
  });
}
