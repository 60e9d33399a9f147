import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { trials } from '../../test-trials.ts';
import { decodeImage } from '../decode/decode.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { openSource } from './open.ts';
import type { SourceRequest } from './source.ts';

const FOLDER = path.join(import.meta.dirname, 'testdata');
const read = (name: string): Buffer => fs.readFileSync(path.join(FOLDER, name));

let scratch: string;
beforeAll(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-hostile-'));
});
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

function put(name: string, bytes: Uint8Array | string): string {
  const file = path.join(scratch, name);
  fs.writeFileSync(file, bytes);
  return file;
}

/** Reads all of a source: how many images, and what was left out. */
async function readAll(request: SourceRequest): Promise<{ count: number; skipped: string[] }> {
  const source = await openSource(request);
  try {
    const skipped: string[] = [];
    let count = 0;
    for await (const item of source.items()) {
      if ('skipped' in item) {
        skipped.push(`${item.skipped.file}: ${item.skipped.reason}`);
        continue;
      }
      try {
        if (item.content.kind === 'encoded') await decodeImage(await item.content.read());
        count++;
      } catch (error) {
        if (!(error instanceof UnusableImage)) throw error;
        skipped.push(`${item.file}: ${error.message}`);
      }
    }
    return { count, skipped };
  } finally {
    await source.close();
  }
}

async function refusal(file: string, more: Partial<SourceRequest> = {}): Promise<string> {
  const error: unknown = await readAll({ kind: null, paths: [file], ...more }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UserError);
  const message = error instanceof Error ? error.message : '';
  expect(message).toMatch(/^[^\n]+\.$/);
  return message.replaceAll(`${scratch}${path.sep}`, '');
}

describe('random changes of proper files', () => {
  const names = fs
    .readdirSync(FOLDER)
    .filter((name) => /\.(?:npy|npz|zip|tar|gz|bin|parquet|idx)$/.test(name));

  it.each(names)('%s gives images or a sentence', async (name) => {
    const whole = read(name);
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
    const cut = fc.option(fc.nat(whole.length - 1), { nil: whole.length });
    await fc.assert(
      fc.asyncProperty(changes, cut, async (edits, length) => {
        const bytes = Buffer.from(whole.subarray(0, length));
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        try {
          const { skipped } = await readAll({ kind: null, paths: [put(name, bytes)] });
          for (const text of skipped) expect(text).toMatch(/^[^\n]+$/);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect(error instanceof Error ? error.message : '').toMatch(/^[^\n]+\.$/);
        }
      }),
      trials(40),
    );
  });

  it('and bytes behind any beginning do, too', async () => {
    const starts = [
      '',
      'PK\x03\x04',
      '\x1f\x8b\x08',
      '\x93NUMPY\x01\0',
      'PAR1',
      '\0\0\x08\x03',
      '\0\0\x0d\x01',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
        const file = put('random', Buffer.concat([Buffer.from(start, 'latin1'), rest]));
        try {
          await readAll({ kind: null, paths: [file] });
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      trials(200),
    );
  });
});

describe('files that are no source', () => {
  it.each([
    ['empty', '', 'empty is empty; choose another file.'],
    [
      'a.7z',
      '7z\xbc\xaf\x27\x1c',
      'a.7z is a 7-Zip archive, which is not read; unpack it and choose the folder.',
    ],
    [
      'a.h5',
      '\x89HDF\r\n\x1a\n',
      'a.h5 is an HDF5 file, which is not read; save its images with numpy.savez.',
    ],
    [
      'a.pkl',
      '\x80\x04\x95',
      'a.pkl is a Python pickle, which is never opened because it may run code; save its images with numpy.savez.',
    ],
    ['a.heic', '\0\0\0\x18ftypheic', 'a.heic is a HEIC image, which is not read; save it as PNG.'],
    [
      'a.txt',
      'hello',
      'a.txt is nothing that images can be read from; choose a folder, a zip or tar archive, an image, or an IDX, CIFAR, npy, npz or Parquet file.',
    ],
  ])('%s', async (name, content, message) => {
    expect(await refusal(put(name, Buffer.from(content, 'latin1')))).toBe(message);
  });

  it('a path to nothing, nothing at all, a kind that it is not', async () => {
    expect(await refusal(path.join(scratch, 'nowhere'))).toBe('nowhere does not exist; check the path.');
    await expect(openSource({ kind: null, paths: [] })).rejects.toThrow(
      'Nothing to import was named; give a folder or a file.',
    );
    expect(await refusal(put('one.npy', read('uint8.npy')), { kind: 'zip' })).toBe(
      'one.npy is an npy file, not a zip archive; leave the kind out to have it guessed.',
    );
    fs.mkdirSync(path.join(scratch, 'nothing'), { recursive: true });
    expect(await refusal(path.join(scratch, 'nothing'))).toBe(
      'nothing is empty; choose a folder with images.',
    );
  });
});

describe('npy files', () => {
  const npy = (
    descr: string,
    shape: string,
    data: Uint8Array = new Uint8Array(),
    fortran = 'False',
  ): Buffer => {
    const text = `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
    const head = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
    head.writeUInt16LE(text.length, 8);
    return Buffer.concat([head, Buffer.from(text), data]);
  };

  it.each([
    [
      'objects',
      npy("'|O'", '(3,)'),
      'a.npy holds Python objects, which are never opened because they may run code; save it as an array of numbers.',
    ],
    [
      'records',
      npy("[('a', '<f4')]", '(3,)'),
      'a.npy holds records of several fields; save the images alone as an array of numbers.',
    ],
    [
      'complex',
      npy("'<c8'", '(3, 8, 8)'),
      'a.npy holds complex numbers, which are no pixels; save the images as uint8 or float32.',
    ],
    [
      'shape',
      npy("'|u1'", '(3,)', Buffer.alloc(3)),
      'a.npy has the shape 3, but images need N×H×W, N×H×W×C or N×C×H×W with 1, 3 or 4 channels; reshape it first.',
    ],
    [
      'channels',
      npy("'|u1'", '(3, 8, 8, 5)', Buffer.alloc(960)),
      'a.npy has the shape 3 × 8 × 8 × 5, but images need N×H×W, N×H×W×C or N×C×H×W with 1, 3 or 4 channels; reshape it first.',
    ],
    ['none', npy("'|u1'", '(0, 8, 8)'), 'a.npy is empty: it has the shape 0 × 8 × 8; choose another file.'],
    [
      'huge',
      npy("'|u1'", '(60000, 100000, 100000)'),
      'a.npy has the shape 60000 × 100000 × 100000, more than the 50 million images of 100 million pixels that can be read; save it in parts.',
    ],
    [
      'short',
      npy("'|u1'", '(60000, 28, 28)', Buffer.alloc(100)),
      'a.npy is cut off: its header says 47,040,079 bytes, but it has 179 bytes; copy or download it again.',
    ],
    [
      'long',
      npy("'|u1'", '(1, 8, 8)', Buffer.alloc(100)),
      'a.npy is damaged: its header says 137 bytes, but it has 173 bytes; copy or download it again.',
    ],
    [
      'range',
      npy(
        "'<f4'",
        '(1, 8, 8)',
        new Uint8Array(Float32Array.from({ length: 64 }, (_, i) => i * 100 - 300).buffer),
      ),
      'a.npy holds float32 values from -300 to 6000; scale them to 0 to 1, -1 to 1 or 0 to 255 first.',
    ],
    [
      'header',
      Buffer.from('\x93NUMPY\x01\0\x05\0hello', 'latin1'),
      'a.npy is damaged: its header cannot be read; copy or download it again.',
    ],
    [
      'version',
      Buffer.from('\x93NUMPY\x09\0\x05\0hello', 'latin1'),
      'a.npy is an npy file of version 9.0, of which 1 to 3 can be read; save it with numpy.save.',
    ],
    [
      'header size',
      Buffer.from('\x93NUMPY\x02\0\xff\xff\xff\xffhello', 'latin1'),
      'a.npy is damaged: its header says that it is 4,294,967,295 bytes long; copy or download it again.',
    ],
  ])('%s', async (_what, bytes, message) => {
    expect(await refusal(put('a.npy', bytes))).toBe(message);
  });

  it('leave out images with a value that is no pixel', async () => {
    const values = Float32Array.from({ length: 256 }, (_, i) => (i % 64) / 63);
    values[70] = NaN;
    values[140] = 7;
    const file = put('nan.npy', npy("'<f4'", '(4, 8, 8)', new Uint8Array(values.buffer)));
    values[140] = Infinity;
    const other = put('inf.npy', npy("'<f4'", '(4, 8, 8)', new Uint8Array(values.buffer)));
    expect((await readAll({ kind: null, paths: [file] })).skipped).toEqual([
      'nan.npy[1]: a value that is not a number (NaN)',
    ]);
    expect((await readAll({ kind: null, paths: [other] })).skipped).toEqual([
      'inf.npy[1]: a value that is not a number (NaN)',
      'inf.npy[2]: a value of Infinity where others go from 0 to 1',
    ]);
  });
});

describe('zip archives', () => {
  interface Made {
    name: string;
    data?: Uint8Array;
    /** Overrides of what the table of contents says. */
    size?: number;
    flags?: number;
    mode?: number;
    method?: number;
    crc?: number;
  }

  /** Written by hand, so that it may lie. */
  function zip(entries: readonly Made[], count = entries.length): Buffer {
    const parts: Buffer[] = [];
    const directory: Buffer[] = [];
    let offset = 0;
    for (const { name, data = png, size, flags = 0x800, mode = 0, method = 8, crc } of entries) {
      const packed = method === 8 ? zlib.deflateRawSync(data) : Buffer.from(data);
      const raw = Buffer.from(name);
      const common = Buffer.alloc(26);
      common.writeUInt16LE(20, 0);
      common.writeUInt16LE(flags, 2);
      common.writeUInt16LE(method, 4);
      common.writeUInt32LE(crc ?? zlib.crc32(data), 10);
      common.writeUInt32LE(packed.length, 14);
      common.writeUInt32LE(size ?? data.length, 18);
      common.writeUInt16LE(raw.length, 22);
      const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, raw, packed]);
      const tail = Buffer.alloc(14);
      tail.writeUInt32LE(mode * 65536, 6);
      tail.writeUInt32LE(offset, 10);
      directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), common, tail, raw]));
      parts.push(local);
      offset += local.length;
    }
    const all = Buffer.concat(directory);
    const end = Buffer.alloc(22);
    end.write('PK\x05\x06', 'latin1');
    end.writeUInt16LE(count, 8);
    end.writeUInt16LE(count, 10);
    end.writeUInt32LE(all.length, 12);
    end.writeUInt32LE(offset, 16);
    return Buffer.concat([...parts, all, end]);
  }

  const png = fs.readFileSync(path.join(FOLDER, '..', '..', 'decode', 'testdata', 'png-rgb-8.png'));

  it('leave out entries that mean harm or are damaged, and keep the rest', async () => {
    const long = `${'é'.repeat(120)}/${'名'.repeat(80)}.png`;
    const bomb = Buffer.alloc(2_000_000);
    const file = put(
      'mixed.zip',
      zip([
        { name: 'good.png' },
        { name: '../../etc/passwd.png' },
        { name: '/absolute.png' },
        { name: 'C:\\windows.png' },
        { name: 'link.png', mode: 0o120777 },
        { name: 'secret.png', flags: 0x801 },
        { name: 'good.png' },
        { name: 'bomb.png', data: bomb, size: 1000 },
        { name: 'huge.png', size: 3_000_000_000 },
        { name: 'other.png', method: 12 },
        { name: 'crc.png', crc: 1 },
        { name: 'less.png', size: png.length + 9 },
        { name: 'notes.txt', data: Buffer.from('hello') },
        { name: 'big.txt', data: bomb, size: 900_000_000 },
        { name: 'stored.png', method: 0 },
        { name: long },
        { name: '.hidden.png' },
      ]),
    );
    const { count, skipped } = await readAll({ kind: null, paths: [file] });
    expect(count).toBe(3);
    expect(skipped).toEqual([
      '../../etc/passwd.png: its name leads out of the archive',
      '/absolute.png: its name is an absolute path',
      'C:/windows.png: its name is an absolute path',
      'link.png: a symbolic link',
      'secret.png: encrypted',
      'good.png: an earlier entry has the same name',
      'bomb.png: damaged or truncated (it is larger than the zip archive says)',
      'huge.png: 2,862 MB, more than the 256 MB allowed',
      'other.png: compressed in a way that is not read (zip method 12); unpack the archive and choose the folder',
      'crc.png: damaged or truncated (its checksum is not what the zip archive says)',
      'less.png: damaged or truncated (its size is not what the zip archive says)',
      'notes.txt: not an image (PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP, TIFF or PNM)',
      'big.txt: not an image (PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP, TIFF or PNM)',
    ]);
  });

  it.each([
    [
      'cut off',
      zip([{ name: 'a.png' }]).subarray(0, 100),
      'a.zip is cut off: the end of the zip archive is missing; copy or download it again.',
    ],
    [
      'too many told',
      zip([{ name: 'a.png' }], 3),
      'a.zip is damaged: the table of contents of the zip archive cannot be read; copy or download it again.',
    ],
    [
      'too few told',
      zip([{ name: 'a.png' }, { name: 'b.png' }], 1),
      'a.zip is damaged: the table of contents of the zip archive cannot be read; copy or download it again.',
    ],
    [
      'encrypted',
      zip([{ name: 'a.png', flags: 1 }]),
      'a.zip is encrypted; unpack it with its password and choose the folder.',
    ],
    ['without files', zip([]), 'a.zip holds no files; choose another archive.'],
    ['clutter only', zip([{ name: '__MACOSX/a.png' }]), 'a.zip holds no files; choose another archive.'],
  ])('%s are refused', async (_what, bytes, message) => {
    expect(await refusal(put('a.zip', bytes))).toBe(message);
  });
});

describe('tar archives and IDX files', () => {
  it.each([
    [
      'a.tar',
      'ustar.tar',
      5000,
      'a.tar is cut off: the end of the tar archive is missing; copy or download it again.',
    ],
    ['a.tgz', 'images.tar.gz', 900, 'a.tgz ends before its data does; copy or download it again.'],
    [
      't10k-images',
      'idx/t10k-images-idx3-ubyte',
      100,
      't10k-images is cut off: its header says 196 bytes, but it has 100 bytes; copy or download it again.',
    ],
    [
      'train-images.gz',
      'idx/train-images-idx3-ubyte.gz',
      200,
      'train-images.gz ends before its data does; copy or download it again.',
    ],
  ])('%s cut off', async (name, from, length, message) => {
    expect(await refusal(put(name, read(from).subarray(0, length)))).toBe(message);
  });

  it('a compressed IDX file that holds more or less than it says', async () => {
    const whole = zlib.gunzipSync(read('idx/train-images-idx3-ubyte.gz'));
    expect(await refusal(put('more.gz', zlib.gzipSync(Buffer.concat([whole, Buffer.alloc(5)]))))).toBe(
      'more.gz is damaged: it holds more data than its header says; copy or download it again.',
    );
    expect(await refusal(put('less.gz', zlib.gzipSync(whole.subarray(0, 200))))).toBe(
      'less.gz is cut off: its header says 4 images, but it ends after 2; copy or download it again.',
    );
  });

  it('labels that do not belong to the images', async () => {
    const images = put('x-images-idx3-ubyte', read('idx/t10k-images-idx3-ubyte'));
    put('x-labels-idx1-ubyte.gz', read('idx/train-labels-idx1-ubyte.gz'));
    expect(await refusal(images)).toBe(
      'x-labels-idx1-ubyte.gz has 4 labels for the 2 images of x-images-idx3-ubyte; they do not belong together; choose the labels of these images.',
    );
    expect(await readAll({ kind: null, paths: [images], labelsPath: null })).toEqual({
      count: 2,
      skipped: [],
    });
    expect(await refusal(path.join(scratch, 'x-labels-idx1-ubyte.gz'))).toBe(
      'x-labels-idx1-ubyte.gz holds labels, not images; choose the file of images beside it.',
    );
  });

  it("Python's version of CIFAR is refused", async () => {
    const folder = path.join(scratch, 'cifar-10-batches-py');
    fs.mkdirSync(folder, { recursive: true });
    for (const name of ['data_batch_1', 'batches.meta'])
      fs.writeFileSync(path.join(folder, name), '\x80\x02.');
    expect(await refusal(folder)).toBe(
      'cifar-10-batches-py holds the Python version of CIFAR (batches.meta and data_batch_1), pickles that are never opened because they may run code; get the binary version.',
    );
  });

  it('a label that CIFAR does not have leaves its image out', async () => {
    const batch = read('cifar-10-batches-bin/data_batch_1.bin');
    const many = Buffer.concat(Array.from({ length: 20 }, () => batch));
    many[3073 * 30] = 77;
    const { count, skipped } = await readAll({ kind: null, paths: [put('b.bin', many)] });
    expect(count).toBe(39);
    expect(skipped).toEqual(['b.bin[30]: a label of 77 where CIFAR-10 has 0 to 9']);
  });
});

describe('a source that changes while it is read', () => {
  it('skips a file that is gone or cannot be read', async () => {
    const folder = path.join(scratch, 'vanishing');
    fs.mkdirSync(folder);
    const image = fs.readFileSync(path.join(FOLDER, '..', '..', 'decode', 'testdata', 'png-rgb-8.png'));
    for (const name of ['a.png', 'b.png']) fs.writeFileSync(path.join(folder, name), image);
    const source = await openSource({ kind: null, paths: [folder] });
    fs.rmSync(path.join(folder, 'b.png'));
    const outcomes: string[] = [];
    for await (const item of source.items()) {
      if ('skipped' in item || item.content.kind !== 'encoded') throw new Error('not a file');
      outcomes.push(
        await item.content.read().then(
          () => 'read',
          (error: unknown) => String(error),
        ),
      );
    }
    expect(outcomes).toEqual(['read', 'UnusableImage: cannot be read (it is gone)']);
  });

  it('stops at once when aborted', async () => {
    const controller = new AbortController();
    const source = await openSource({ kind: null, paths: [path.join(FOLDER, 'compressed.npz')] });
    const seen: string[] = [];
    await expect(async () => {
      for await (const item of source.items(controller.signal)) {
        seen.push('skipped' in item ? item.skipped.file : item.file);
        controller.abort();
      }
    }).rejects.toThrow(/abort/);
    expect(seen).toHaveLength(1);
    await source.close();
  });
});
