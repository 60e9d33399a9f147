import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FOLDER, put, read, readAll, refusal, scratch } from './test-hostile.ts';

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
      // Within the data of its fifth file; behind whole files alone the missing end is a remark (tar.test.ts).
      4700,
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
