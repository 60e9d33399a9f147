/** Files that are small and say or unpack to a lot; made where they are needed, as some have gigabytes of nothing. */
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { crc32 } from '../../crc32.ts';

const MB = 2 ** 20;
const BLOCK = 64 * MB;

/** Deflated zeros, `count` × 64 MB of them: compressed once, then repeated, which deflate allows at byte boundaries. */
function zeros(count: number): Buffer {
  const flush = { level: 9, finishFlush: zlib.constants.Z_FULL_FLUSH } as const;
  const block = zlib.deflateRawSync(Buffer.alloc(BLOCK), flush);
  return Buffer.concat([...Array.from({ length: count }, () => block), zlib.deflateRawSync(Buffer.alloc(0))]);
}

/** gzip of `head` and then zeros, its length and checksum wrong: no reader should get so far. */
function gzipBomb(head: Buffer, count: number): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  const first = zlib.deflateRawSync(head, { finishFlush: zlib.constants.Z_FULL_FLUSH });
  return Buffer.concat([header, first, zeros(count), Buffer.alloc(8)]);
}

function tarHeader(name: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('        0', 148);
  block.write('ustar\0' + '00', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

interface Entry {
  name: string;
  data: Buffer;
  size: number;
  /** Where its local header is, when it shares that of another. */
  offset?: number;
}

function zipOf(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, data, size, offset } of entries) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(size, 18);
    fields.writeUInt16LE(name.length, 22);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(20, 4);
    fields.copy(record, 6, 0, 24);
    record.writeUInt32LE(offset ?? at, 42);
    central.push(record, Buffer.from(name));
    if (offset !== undefined) continue;
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), data]);
    parts.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, directory, end]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** A black PNG of `side` × `side` RGBA pixels. */
function blackPng(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 6], 8);
  const data = zlib.deflateSync(Buffer.alloc(side * (side * 4 + 1)), { level: 1 });
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT', data), pngChunk('IEND', Buffer.alloc(0))]);
}

function npyHeader(shape: string): Buffer {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117) + '\n';
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), Buffer.from(text)]);
}

export interface Bomb {
  name: string;
  kind: 'files' | 'zip' | null;
  paths: string[];
  /** The message, with `<file>` for the path; or how many images come of it. */
  expected: string | number;
}

/** Writes the bombs into a folder. */
export function makeBombs(folder: string): Bomb[] {
  const bombs: Bomb[] = [];
  const add = (name: string, data: Buffer, expected: string | number, kind: Bomb['kind'] = null): string => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, data);
    bombs.push({ name, kind, paths: [file], expected });
    return file;
  };
  const ratio =
    '<file> unpacks to more than 200 times its size, which no collection of images does; it may be made to do harm.';
  const left = (file: string, files: string, reason: string): string =>
    `<file> has no image that can be used: ${files}, ${file}, is left out: ${reason}.`;
  const notAnImage = 'not an image (PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP, TIFF or PNM)';

  add('tar.tar.gz', gzipBomb(tarHeader('bomb.png', 64 * BLOCK), 64), ratio);
  add(
    'zeros.gz',
    gzipBomb(Buffer.alloc(0), 64),
    '<file> is compressed by gzip, but holds neither a tar archive nor IDX data; unpack it and choose what is in it.',
  );
  const idx = Buffer.alloc(16);
  idx.set([0, 0, 8, 3]);
  [4, 16, 16].forEach((axis, i) => idx.writeUInt32BE(axis, 4 + 4 * i));
  add(
    'images-idx3-ubyte.gz',
    gzipBomb(idx, 64),
    '<file> is damaged: it holds more data than its header says; copy or download it again.',
  );
  add(
    'entry.zip',
    zipOf([{ name: 'bomb.png', data: zeros(60), size: 60 * BLOCK }]),
    left('bomb.png', 'the only file', notAnImage),
  );
  const large = zeros(3);
  const many = Array.from({ length: 20 }, (_, i) => ({ name: `${i}.png`, data: large, size: 3 * BLOCK }));
  add('entries.zip', zipOf(many), left('0.png', 'the first of 20 files', notAnImage));
  const same = many.map((entry, i) => (i === 0 ? entry : { ...entry, offset: 0 }));
  add('overlapping.zip', zipOf(same), left('0.png', 'the first of 20 files', notAnImage));
  add(
    'lying.zip',
    zipOf([{ name: 'bomb.png', data: zeros(60), size: 1000 }]),
    left('bomb.png', 'the only file', 'damaged or truncated (it is larger than the zip archive says)'),
  );
  const header = npyHeader('4, 16, 16');
  const first = zlib.deflateRawSync(header, { finishFlush: zlib.constants.Z_FULL_FLUSH });
  add(
    'lying.npz',
    zipOf([{ name: 'images.npy', data: Buffer.concat([first, zeros(60)]), size: header.length + 1024 }]),
    '<file>: images is damaged: its checksum is not what the file says; copy or download it again.',
  );

  const sparse = add('sparse.npy', npyHeader('5, 9999, 4000'), 5);
  fs.truncateSync(sparse, 128 + 5 * 9_999 * 4_000);
  const hollow = add('hollow.png', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), '', 'files');
  fs.truncateSync(hollow, 8 * 2 ** 30);
  bombs.at(-1)!.expected = left('hollow.png', 'the only file', '8,192 MB, more than the 256 MB allowed');
  // A good one, which must not be refused: 100 MB of pixels in a few hundred kB.
  const png = path.join(folder, 'black.png');
  fs.writeFileSync(png, blackPng(5_000));
  bombs.push({ name: 'black.png', kind: 'files', paths: [png], expected: 1 });
  return bombs;
}
