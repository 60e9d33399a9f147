/** The two ways in which PyTorch lays a file out: since 1.6 a zip archive, before it pickles followed by storages. */
import type { FileBytes } from '../../data/readers/bytes.ts';
import { UnusableImage } from '../../data/decode/unusable-image.ts';
import { readZipEntry } from '../../data/readers/zip.ts';
import { readZipDirectory, type ZipEntry } from '../../data/readers/zip-directory.ts';
import { PickleError } from './pickle-bytes.ts';
import { readPickle } from './pickle.ts';
import { PyDict, PyList, type PyValue } from './python-values.ts';
import { elementBytes } from './storage-dtypes.ts';
import { TorchNames } from './torch-names.ts';

/** What stands in a file, its numbers not read yet. */
export interface LaidOut {
  layout: 'zip' | 'older';
  root: PyValue;
  names: TorchNames;
  bigEndian: boolean;
  /** All bytes of a storage, the caller's own. @throws PickleError when they are damaged */
  storage(key: string): Promise<Uint8Array>;
}

/** More than the structure of any known network takes; numbers lie outside. */
const MAX_PICKLE_BYTES = 64 * 1024 * 1024;
/** First value of a file in the older layout: `MAGIC_NUMBER` of torch/serialization.py. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

const ZIP_START = 0x04034b50;
const TAR_MARK = Buffer.from('ustar');

/**
 * Finds out what a file holds.
 *
 * @throws PickleError completing a sentence that begins with the file's name; UserError for a damaged archive
 */
export async function layOut(file: FileBytes): Promise<LaidOut> {
  const head = Buffer.from(await file.read(0, 512));
  if (head.length < 4) throw new PickleError('is too short for a file of PyTorch');
  if (head.readUInt32LE(0) === ZIP_START) return zipLayout(file);
  if (head.subarray(257, 262).equals(TAR_MARK)) {
    throw new PickleError('is of a PyTorch before 0.1.10; save it anew with one since');
  }
  if (head[0] !== 0x80) throw new PickleError('is no file of PyTorch');
  return olderLayout(file);
}

async function zipLayout(file: FileBytes): Promise<LaidOut> {
  const { entries } = await readZipDirectory(file);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const main = entries.find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (main === undefined) throw new PickleError('is a zip archive, but not one of PyTorch');
  const folder = main.name.slice(0, -'data.pkl'.length);
  if (byName.has(`${folder}constants.pkl`)) {
    throw new PickleError('is a TorchScript program; save its state_dict by torch.save');
  }
  if (main.size > MAX_PICKLE_BYTES) throw new PickleError('has a structure that is too large');
  const order = byName.get(`${folder}byteorder`);
  const names = new TorchNames();
  const { value: root } = readPickle(await whole(file, main), names);
  return {
    layout: 'zip',
    root,
    names,
    bigEndian:
      order !== undefined && order.size < 16 && Buffer.from(await whole(file, order)).toString() === 'big',
    async storage(key) {
      const entry = byName.get(`${folder}data/${key}`);
      if (entry === undefined)
        throw new PickleError(`lacks the numbers of storage ${JSON.stringify(key.slice(0, 40))}`);
      return whole(file, entry);
    },
  };
}

async function whole(file: FileBytes, entry: ZipEntry): Promise<Uint8Array> {
  if (entry.encrypted) throw new PickleError('is encrypted');
  if (entry.size > file.size * MAX_INFLATED) throw new PickleError('unpacks to far more than it is');
  try {
    return await readZipEntry(file, entry, entry.size);
  } catch (error) {
    if (!(error instanceof UnusableImage)) throw error;
    throw new PickleError(`is damaged: ${entry.name.slice(-40)} is ${error.message}`);
  }
}

/** PyTorch stores without compression; who packs again gains little. */
const MAX_INFLATED = 20;

async function olderLayout(file: FileBytes): Promise<LaidOut> {
  const bytes = await file.read(0, Math.min(file.size, MAX_PICKLE_BYTES));
  const names = new TorchNames();
  const magic = readPickle(bytes, names);
  if (magic.value !== MAGIC) throw new PickleError('is a pickle, but not one of PyTorch');
  const protocol = readPickle(bytes, names, magic.end);
  if (protocol.value !== PROTOCOL) throw new PickleError('is of a version of PyTorch that is not known');
  const system = readPickle(bytes, names, protocol.end);
  const root = readPickle(bytes, names, system.end);
  const keys = readPickle(bytes, names, root.end);
  if (!(keys.value instanceof PyList)) throw new PickleError('has no list of its storages');
  const bigEndian = system.value instanceof PyDict && system.value.entries.get('little_endian') === false;
  const places = new Map<string, { start: number; bytes: number }>();
  let at = keys.end;
  for (const key of keys.value.items) {
    const dtype = typeof key === 'string' ? names.storages.get(key) : undefined;
    if (typeof key !== 'string' || dtype === undefined || places.has(key)) {
      throw new PickleError('has a storage that no tensor looks at');
    }
    const head = Buffer.from(await file.read(at, 8, true));
    if (head.length < 8) throw new PickleError('is cut off');
    const length = bigEndian ? head.readBigInt64BE() : head.readBigInt64LE();
    const size = length * BigInt(elementBytes(dtype));
    if (length < 0n || size > BigInt(file.size - at - 8)) throw new PickleError('is cut off');
    places.set(key, { start: at + 8, bytes: Number(size) });
    at += 8 + Number(size);
  }
  return {
    layout: 'older',
    root: root.value,
    names,
    bigEndian,
    async storage(key) {
      const place = places.get(key);
      if (place === undefined)
        throw new PickleError(`lacks the numbers of storage ${JSON.stringify(key.slice(0, 40))}`);
      return file.read(place.start, place.bytes, true);
    },
  };
}
