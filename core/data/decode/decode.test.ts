import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { crc32 } from '../../crc32.ts';
import { trials } from '../../test-trials.ts';
import { decodeImage } from './decode.ts';
import { UnusableImage } from './unusable-image.ts';

const FOLDER = path.join(import.meta.dirname, 'testdata');
const ExpectedSchema = v.record(
  v.string(),
  v.object({
    height: v.number(),
    width: v.number(),
    channels: v.picklist([1, 3, 4]),
    /** Mean difference allowed. */
    tolerance: v.optional(v.number(), 0),
    deflated: v.string(),
  }),
);
const expected = v.parse(
  ExpectedSchema,
  JSON.parse(fs.readFileSync(path.join(FOLDER, 'expected.json'), 'utf8')),
);
const names = Object.keys(expected);
const read = (name: string): Uint8Array => new Uint8Array(fs.readFileSync(path.join(FOLDER, name)));

/** RGBA of any image, so that grey told as RGB compares equal. */
function rgba(data: Uint8Array, channels: number): Uint8Array {
  const result = new Uint8Array((data.length / channels) * 4).fill(255);
  for (let i = 0; i < result.length / 4; i++) {
    for (let c = 0; c < 3; c++) result[4 * i + c] = data[channels * i + (channels === 1 ? 0 : c)]!;
    if (channels === 4) result[4 * i + 3] = data[4 * i + 3]!;
  }
  return result;
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const error: unknown = await decodeImage(bytes).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UnusableImage);
  return error instanceof Error ? error.message : '';
}

describe('pixels are those of Pillow', () => {
  it.each(names)('%s', async (name) => {
    const { height, width, channels, tolerance, deflated } = expected[name]!;
    const image = await decodeImage(read(name));
    expect([image.height, image.width]).toEqual([height, width]);
    expect(image.data).toHaveLength(height * width * image.channels);
    // Palettes may hold greys only, which Pillow tells as RGB; nothing else may differ.
    if (!/palette|gif|avif|heic|bmp-(?:1|4|rle)/.test(name)) expect(image.channels).toBe(channels);
    const wanted = rgba(new Uint8Array(zlib.inflateSync(Buffer.from(deflated, 'base64'))), channels);
    const found = rgba(image.data, image.channels);
    // What nothing is seen of may have any colour.
    for (let i = 0; i < wanted.length; i += 4) {
      if (wanted[i + 3] === 0 && found[i + 3] === 0) found.set(wanted.subarray(i, i + 3), i);
    }
    if (tolerance === 0) expect(Buffer.from(found).equals(wanted)).toBe(true);
    else expect(meanDifference(found, wanted)).toBeLessThan(tolerance);
  });

  it('for a PNG that libvips decodes for its size', async () => {
    const image = await decodeImage(read('png-large.png'));
    expect(image).toMatchObject({ height: 4100, width: 5500, channels: 3 });
    const at = (x: number, y: number): number[] => [
      ...image.data.subarray((y * 5500 + x) * 3).subarray(0, 3),
    ];
    expect([at(0, 0), at(2050, 4000), at(5499, 4099)]).toEqual([
      [0, 0, 0],
      [0, 20, 200],
      [0, 54, 0],
    ]);
  });
});

describe('refused in a few words', () => {
  const image = (format: 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff'): Promise<Buffer> =>
    sharp({
      create: {
        ...{ width: 40, height: 40, channels: 3, background: '#000' },
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
      .toFormat(format)
      .toBuffer();

  it.each(['png', 'jpeg', 'webp', 'gif', 'tiff'] as const)(
    'a %s that is cut off anywhere',
    async (format) => {
      const whole = await image(format);
      const pixels = (await decodeImage(whole)).data;
      for (let length = 1; length < whole.length; length += Math.ceil(whole.length / 60)) {
        const cut = whole.subarray(0, length);
        const result = await decodeImage(cut).catch((error: unknown) => error);
        // Behind the last pixel something may be missing.
        if (!(result instanceof UnusableImage)) expect(result).toMatchObject({ data: pixels });
        else expect(result.message).toMatch(/^(?:damaged or truncated \([^\n]+\)|not an image \(.+\))$/);
      }
      expect(await refusal(whole.subarray(0, whole.length / 2))).toMatch(/^damaged or truncated/);
    },
  );

  it.each(names.filter((name) => /^(?:png|bmp|pnm)-/.test(name)))('%s, cut off', async (name) => {
    const whole = read(name);
    for (let length = 8; length < whole.length; length += Math.ceil(whole.length / 12)) {
      const result = await decodeImage(whole.subarray(0, length)).catch((error: unknown) => error);
      if (!(result instanceof UnusableImage)) expect(result).toEqual(await decodeImage(whole));
      else expect(result.message).toMatch(/^damaged or truncated \([^\n]+\)$/);
    }
    expect(await refusal(whole.subarray(0, whole.length / 2))).toBe(
      'damaged or truncated (the file ends before its last pixel)',
    );
  });

  it('what is no image, or one of a kind that is not read', async () => {
    expect(await refusal(new Uint8Array())).toBe('empty file');
    expect(await refusal(Buffer.from('hello'))).toBe(
      'not an image (PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP, TIFF or PNM)',
    );
    expect(await refusal(Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'))).toMatch(/^damaged or truncated/);
    expect(await refusal(Buffer.from('\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc'))).toBe(
      'a HEIF image of a rare kind, which is not read; save it as PNG',
    );
    expect(
      await refusal(Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n')),
    ).toBe('a pointer of Git LFS instead of the file; run "git lfs pull" in its repository');
    const cgbi = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\x04CgBI\x50\0\x20\x02\x2b\xd5\xb3\x7f', 'latin1');
    expect(await refusal(cgbi)).toBe(
      "a PNG in Apple's form for iPhones (CgBI), which is not read; save it as an ordinary PNG",
    );
    expect(await refusal(Buffer.from('<svg xmlns="x"/>'))).toMatch(/^an SVG drawing, which is not read/);
    expect(await refusal(Buffer.from('%PDF-1.7'))).toMatch(/^a PDF document/);
  });

  it.each([
    ['MP4', '\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41'],
    ['MP4 of a phone', '\0\0\0\x18ftypmp42\0\0\0\0mp42isom'],
    ['QuickTime', '\0\0\0\x14ftypqt  \0\0\x02\0qt  '],
    ['QuickTime of old', '\0\0\x0a\x42moov\0\0\0\x6cmvhd'],
    ['3GP', '\0\0\0\x18ftyp3gp4\0\0\0\x013gp4'],
    ['AVI', 'RIFF\x10\x20\0\0AVI LIST'],
    ['Matroska', '\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x23\x42\x86'],
    ['Ogg', 'OggS\0\x02'],
    ['Windows Media', '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9'],
    ['MPEG', '\0\0\x01\xba\x44\0\x04'],
  ])('a video: %s', async (_, start) => {
    expect(await refusal(Buffer.from(start, 'latin1'))).toBe(
      'a video, which is not read; take frames out of it first, as with "ffmpeg -i FILE -vf fps=2 %05d.png"',
    );
  });

  it('sizes that would take up the memory, before decoding', async () => {
    const png = Buffer.from(read('png-rgb-8.png'));
    const huge = Buffer.from(png);
    huge.writeUInt32BE(30_000, 16);
    huge.writeUInt32BE(30_000, 20);
    huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29);
    expect(await refusal(huge)).toBe('30000 × 30000 pixels, more than the 100 million allowed');
    expect(await refusal(Buffer.from('P5 60000 60000 255\n'))).toBe(
      '60000 × 60000 pixels, more than the 100 million allowed',
    );
    const bmp = Buffer.from(read('bmp-24.bmp'));
    bmp.writeInt32LE(2 ** 30, 18);
    expect(await refusal(bmp)).toBe(`${2 ** 30} × 13 pixels, more than the 100 million allowed`);
    const jpeg = Buffer.from(read('jpeg-444.jpg'));
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    jpeg.writeUInt32BE(0xffffffff, frame + 5);
    expect(await refusal(jpeg)).toBe('65535 × 65535 pixels, more than the 100 million allowed');
    const gif = Buffer.from(read('gif-palette.gif'));
    gif.writeUInt32LE(0xffffffff, 6);
    // The frame as well: one that is smaller than its screen has the screen shrunk.
    gif.writeUInt32LE(0xffffffff, gif.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, 19, 0])) + 5);
    expect(await refusal(gif)).toBe('65535 × 65535 pixels, more than the 100 million allowed');
  });

  it('a PNG whose chunks lie', async () => {
    const png = read('png-rgb-8.png');
    const changed = (at: number, value: number): Uint8Array => {
      const copy = png.slice();
      copy[at] = value;
      return copy;
    };
    expect(await refusal(changed(24, 7))).toBe('damaged or truncated (its IHDR chunk has a wrong checksum)');
    expect(await refusal(changed(60, png[60]! ^ 1))).toBe(
      'damaged or truncated (its IDAT chunk has a wrong checksum)',
    );
    expect(await refusal(changed(12, 0))).toBe('damaged or truncated (a PNG without a header)');
  });
});

describe('random bytes', () => {
  const magics = [
    '',
    '\x89PNG\r\n\x1a\n',
    '\xff\xd8\xff',
    'GIF89a',
    'II*\0',
    'MM\0*',
    'BM',
    'P1\n',
    'P2 ',
    'P5\n',
    'P6 ',
  ];
  const outcome = async (bytes: Uint8Array): Promise<void> => {
    try {
      const { height, width, channels, data } = await decodeImage(bytes);
      expect(data).toHaveLength(height * width * channels);
    } catch (error) {
      expect(error).toBeInstanceOf(UnusableImage);
      expect(String(error)).toMatch(/^[^\n]+$/);
    }
  };

  it('give an image or a reason', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 200 }), async (magic, rest) => {
        await outcome(Buffer.concat([Buffer.from(magic, 'latin1'), rest]));
      }),
      trials(400),
    );
  });

  it('within a proper file do, too', async () => {
    const small = names.filter((name) => !name.includes('large'));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...small),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (name, changes) => {
          const bytes = read(name);
          // The checksums of PNG are mended, so that what lies behind them is reached.
          for (const [at, value] of changes) bytes[8 + (at % (bytes.length - 8))] = value;
          await outcome(name.startsWith('png') ? mended(bytes) : bytes);
        },
      ),
      trials(800),
    );
  });
});

function mended(png: Uint8Array): Uint8Array {
  const bytes = Buffer.from(png);
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
}
