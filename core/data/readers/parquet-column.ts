/**
 * Columns of a Parquet file, page by page. Parsing is hyparquet's; it would hold a whole row group, which is often the
 * whole file, where this holds one page.
 */
import zlib from 'node:zlib';
import type { Compressors, DecodedArray, FileMetaData, PageHeader, SchemaTree } from 'hyparquet';
import { parquetMetadataAsync, parquetSchema } from 'hyparquet';
import { decompressLz4, decompressLz4Raw, decompressSnappy, decompressZstd } from 'hyparquet-compressors';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { getTreePath } from 'hyparquet/src/schema.js';
import { UserError } from '../../errors.ts';
import type { RandomBytes } from './bytes.ts';
import { inMegabytes, MAX_PAGE_BYTES, MAX_PARQUET_FOOTER_BYTES, MAX_ROWS } from './caps.ts';

export interface ParquetFile {
  bytes: RandomBytes;
  metadata: FileMetaData;
  schema: SchemaTree;
  rows: number;
}

const MAGIC = 'PAR1';
/** Headers of pages are small, but may hold the least and the greatest value of the page. */
const HEADER_BYTES = [4096, 4 * 2 ** 20];

/**
 * Reads a file's table of contents.
 *
 * @throws UserError when it is damaged, encrypted or too large
 */
export async function readParquetFile(bytes: RandomBytes): Promise<ParquetFile> {
  const { name, size } = bytes;
  const end = Buffer.from(await bytes.read(Math.max(0, size - 8), 8));
  const magic = end.subarray(4).toString('latin1');
  if (magic === 'PARE')
    throw new UserError(`${name} is encrypted; save it without encryption.`, {
      code: 'unreadable',
      file: name,
    });
  if (magic !== MAGIC || size < 12) {
    throw new UserError(
      `${name} is cut off: the end of the Parquet file is missing; copy or download it again.`,
      { code: 'unreadable', file: name },
    );
  }
  const length = end.readUInt32LE(0);
  if (length > MAX_PARQUET_FOOTER_BYTES || length > size - 12) throw damagedFooter(name);
  try {
    const metadata = await parquetMetadataAsync(
      {
        byteLength: size,
        slice: async (from, to = size) => bufferOf(await bytes.read(from, to - from)),
      },
      { geoparquet: false },
    );
    const rows = Number(metadata.num_rows);
    const counted = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
    if (rows !== counted || rows < 0 || rows > MAX_ROWS) throw new Error('wrong number of rows');
    return { bytes, metadata, schema: parquetSchema(metadata), rows };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw damagedFooter(name);
  }
}

function damagedFooter(name: string): UserError {
  return new UserError(
    `${name} is damaged: the table of contents of the Parquet file cannot be read; copy or download it again.`,
    { code: 'unreadable', file: name },
  );
}

/** The buffer of bytes that are the only ones in it. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength
    ? buffer
    : new Uint8Array(bytes).buffer;
}

/**
 * The values of one column in one row group, null where there is none. Byte arrays that are not marked as text come as
 * bytes.
 *
 * @param path of the column, `['image', 'bytes']` for instance; nothing on it may be repeated
 * @param from first row of the group that is wanted; pages before it are not read
 * @throws UserError when the file is damaged or uses a compression that is not read
 */
export async function* columnValues(
  file: ParquetFile,
  group: number,
  path: readonly string[],
  from = 0,
): AsyncGenerator {
  const { name } = file.bytes;
  const rowGroup = file.metadata.row_groups[group]!;
  const told = rowGroup.columns.find(
    (column) => column.meta_data?.path_in_schema.join('\0') === path.join('\0'),
  );
  const meta = told?.meta_data;
  if (meta === undefined) throw damagedColumn(name, path);
  const schemaPath = getTreePath(file.schema, [...path]);
  const decoder: Parameters<typeof readPage>[2] = {
    pathInSchema: [...path],
    type: meta.type,
    element: schemaPath.at(-1)!.element,
    schemaPath,
    codec: meta.codec,
    parsers: DEFAULT_PARSERS,
    compressors: COMPRESSORS,
    utf8: false,
  };
  const rows = Number(rowGroup.num_rows);
  let at = Number(meta.dictionary_page_offset ?? meta.data_page_offset);
  if (meta.dictionary_page_offset !== undefined) at = Math.min(at, Number(meta.data_page_offset));
  if (!Number.isSafeInteger(at) || at < 0) throw damagedColumn(name, path);
  let dictionary: DecodedArray | undefined;
  let row = 0;
  while (row < rows) {
    const page = await pageAt(file.bytes, at, rows, path);
    at = page.end;
    const isDictionary = page.header.type === 'DICTIONARY_PAGE';
    if (!isDictionary && row + page.values <= from) {
      if (page.values === 0) throw damagedColumn(name, path);
      row += page.values;
      continue;
    }
    const data = await page.read();
    let values: DecodedArray | undefined;
    try {
      const reader = { view: new DataView(data.buffer, data.byteOffset, data.byteLength), offset: 0 };
      values = readPage(reader, page.header, decoder, dictionary, undefined, 0).data;
      if (isDictionary && values !== undefined) {
        dictionary = convert(values, decoder);
        continue;
      }
    } catch (error) {
      throw problemOf(error, name, path);
    }
    if (values === undefined || values.length === 0 || row + values.length > rows) {
      throw damagedColumn(name, path);
    }
    for (const value of values as Iterable<unknown>) if (row++ >= from) yield unwrapped(value);
  }
}

/** A value in an optional structure comes in a list, which is empty where the structure is missing. */
function unwrapped(value: unknown): unknown {
  const inner: unknown = Array.isArray(value) ? value[0] : value;
  return Array.isArray(inner) ? unwrapped(inner) : (inner ?? null);
}

interface Page {
  header: PageHeader;
  /** Number of values, also of rows. */
  values: number;
  /** @throws UserError when the file ends within the page */
  read(): Promise<Uint8Array>;
  /** Where the next page begins. */
  end: number;
}

async function pageAt(bytes: RandomBytes, at: number, rows: number, path: readonly string[]): Promise<Page> {
  const { name } = bytes;
  for (const length of HEADER_BYTES) {
    const start = await bytes.read(at, length);
    const reader = { view: new DataView(start.buffer, start.byteOffset, start.byteLength), offset: 0 };
    let header: PageHeader;
    try {
      header = parquetHeader(reader);
    } catch {
      continue;
    }
    const { compressed_page_size: size, uncompressed_page_size: unpacked } = header;
    const values =
      header.data_page_header?.num_values ??
      header.data_page_header_v2?.num_values ??
      header.dictionary_page_header?.num_values;
    // Whatever a damaged header holds, nothing is taken on trust.
    const sizes: unknown[] = [size, unpacked, values];
    if (!sizes.every((value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0))
      break;
    if (values === undefined || values > rows) break;
    if (size > MAX_PAGE_BYTES || unpacked > MAX_PAGE_BYTES) {
      throw new UserError(
        `${name} has a page of ${inMegabytes(Math.max(size, unpacked))} in its column "${path.join('.')}", more than the ${inMegabytes(MAX_PAGE_BYTES)} allowed; write it with smaller pages.`,
        { code: 'unreadable', file: name },
      );
    }
    const from = at + reader.offset;
    const read = async (): Promise<Uint8Array> => {
      const data = await bytes.read(from, size);
      if (data.length === size) return data;
      throw new UserError(
        `${name} is cut off: a page of its column "${path.join('.')}" is missing; copy or download it again.`,
        { code: 'unreadable', file: name },
      );
    };
    return { header, values, read, end: from + size };
  }
  throw damagedColumn(name, path);
}

function damagedColumn(name: string, path: readonly string[]): UserError {
  return new UserError(
    `${name} is damaged: its column "${path.join('.')}" cannot be read; copy or download it again.`,
    { code: 'unreadable', file: name },
  );
}

function problemOf(error: unknown, name: string, path: readonly string[]): UserError {
  const text = error instanceof Error ? error.message : '';
  if (/unsupported compression codec|unsupported encoding/.test(text)) {
    return new UserError(
      `${name} is compressed or encoded in a way that is not read; write it with Snappy, gzip or zstd.`,
      { code: 'unreadable', file: name },
    );
  }
  return damagedColumn(name, path);
}

/** Each gives exactly as many bytes as the page's header says, or throws. */
const COMPRESSORS: Compressors = {
  SNAPPY: exact(decompressSnappy),
  GZIP: exact((input, length) => zlib.gunzipSync(input, { maxOutputLength: length })),
  BROTLI: exact((input, length) => zlib.brotliDecompressSync(input, { maxOutputLength: length })),
  ZSTD: exact((input) => decompressZstd(input)),
  LZ4: exact(decompressLz4),
  LZ4_RAW: exact(decompressLz4Raw),
};

function exact(
  decompress: (input: Uint8Array, length: number) => Uint8Array,
): (input: Uint8Array, length: number) => Uint8Array {
  return (input, length) => {
    if (length === 0) return new Uint8Array();
    const output = decompress(input, length);
    if (output.length !== length) throw new Error('wrong length of a page');
    return output;
  };
}
