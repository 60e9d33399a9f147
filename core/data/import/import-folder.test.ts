import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { ImportProgress } from '../dataset.ts';
import { openDataset } from '../packed.ts';
import { importDataset } from './import-dataset.ts';
import { failure, flat, home, images, options, put } from './test-import.ts';

/** One bit a pixel, all black: 30,000 × 30,000 of them take about 110 kB. */
function blackPng(side: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.writeUInt8(1, 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', zlib.deflateSync(Buffer.alloc(side * (Math.ceil(side / 8) + 1)), { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(data: Uint8Array): number {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

describe('a folder', () => {
  it('is read with its sub-folders in the order of paths, by content and not by name', async () => {
    await put('b/deep/red.png', flat(20, '#ff0000'));
    await put('a.jpeg', flat(16, '#808080'));
    await put('c.png', flat(40, '#0000ff'));
    fs.renameSync(path.join(images, 'c.png'), path.join(images, 'c.dat'));
    fs.writeFileSync(path.join(images, '.DS_Store'), 'x');
    const record = await importDataset(options());
    expect(record).toMatchObject({ count: 3, height: 16, width: 16, channels: 3, skipped: [] });
    expect(record.classes).toBeUndefined();
    expect(record.source).toMatchObject({ kind: 'folder', paths: [images] });
    const data = await openDataset(home, 'set', { verify: true });
    const { data: pixels } = await data.readImages(0, 3);
    const at = (image: number): number[] => [...pixels.subarray(image * 768, image * 768 + 3)];
    expect(at(0)).toEqual([128, 128, 128]);
    expect(at(1)).toEqual([255, 0, 0]);
    expect(at(2)).toEqual([0, 0, 255]);
    expect([...data.readAt([2, 0]).subarray(0, 3)]).toEqual([0, 0, 255]);
    await data.all();
    expect([...data.readAt([2, 0]).subarray(768, 771)]).toEqual([128, 128, 128]);
    expect(() => data.readAt([3])).toThrow(RangeError);
    expect(await data.labels()).toBeNull();
    data.close();
    expect(fs.readdirSync(path.join(home, 'datasets'))).toEqual(['set']);
  });

  it('gives classes when every image lies directly in a sub-folder', async () => {
    await put('dogs/2.png', flat(16, '#ff0000'));
    await put('cats/9.png', flat(16, '#00ff00'));
    await put('dogs/1.png', flat(16, '#0000ff'));
    fs.writeFileSync(path.join(images, 'readme.txt'), 'not an image');
    const record = await importDataset(options());
    expect(record.classes).toEqual(['cats', 'dogs']);
    expect(record.skipped).toEqual([
      { file: 'readme.txt', reason: expect.stringMatching(/image/) as string },
    ]);
    const data = await openDataset(home, 'set');
    expect(await data.labels()).toEqual(Uint8Array.of(0, 1, 1));
    data.close();
  });

  it('keeps the exact bytes of grey and colour images that have the size', async () => {
    const grey = Uint8Array.from({ length: 256 }, (_, i) => i);
    await put('grey.png', sharp(grey, { raw: { width: 16, height: 16, channels: 1 } }));
    await importDataset(options({ channels: 1 }));
    let data = await openDataset(home, 'set');
    expect((await data.readImages(0, 1)).data).toEqual(grey);
    data.close();

    fs.rmSync(path.join(images, 'grey.png'));
    const colour = Uint8Array.from({ length: 768 }, (_, i) => (i * 37) % 256);
    await put('colour.png', sharp(colour, { raw: { width: 16, height: 16, channels: 3 } }));
    await importDataset(options({}, { name: 'colour' }));
    data = await openDataset(home, 'colour');
    expect((await data.readImages(0, 1)).data).toEqual(colour);
    data.close();
  });

  it('turns colour to grey by Rec. 601 and lays transparency on white', async () => {
    await put('1.png', flat(16, '#ff0000'));
    await put('2.png', flat(16, '#00ff00'));
    await put('3.png', flat(16, '#0000ff'));
    await put(
      '4.png',
      sharp({ create: { width: 16, height: 16, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } }),
    );
    await importDataset(options({ channels: 1 }));
    const data = await openDataset(home, 'set');
    const { data: pixels } = await data.readImages(0, 4);
    expect([0, 1, 2, 3].map((i) => pixels[i * 256])).toEqual([76, 150, 29, 255]);
    data.close();
  });

  it('takes the middle square and turns the image upright', async () => {
    // Red, green, blue thirds from left to right: the middle square is green. With EXIF orientation 6 the same
    // pixels stand upright, red on top: still green in the middle.
    const stripes = Buffer.alloc(48 * 16 * 3);
    for (let i = 0; i < 48 * 16; i++) stripes[i * 3 + Math.floor((i % 48) / 16)] = 255;
    const wide = (): sharp.Sharp => sharp(stripes, { raw: { width: 48, height: 16, channels: 3 } });
    await put('1.png', wide());
    await put('2.png', wide().withMetadata({ orientation: 6 }));
    // Upper half white in the file; orientation 3 turns it by 180 degrees.
    const halves = Buffer.alloc(16 * 16 * 3);
    halves.fill(255, 0, halves.length / 2);
    await put(
      '3.png',
      sharp(halves, { raw: { width: 16, height: 16, channels: 3 } }).withMetadata({ orientation: 3 }),
    );
    await importDataset(options());
    const data = await openDataset(home, 'set');
    const { data: pixels } = await data.readImages(0, 3);
    const middle = 3 * (8 * 16 + 8);
    expect([...pixels.subarray(middle, middle + 3)]).toEqual([0, 255, 0]);
    expect([...pixels.subarray(768 + middle, 768 + middle + 3)]).toEqual([0, 255, 0]);
    expect(pixels[1536]).toBe(0);
    expect(pixels[1536 + 767]).toBe(255);
    data.close();
  });

  it('reads 16-bit, palette and grey-with-alpha PNGs and CMYK JPEGs', async () => {
    await put('1.png', flat(16, '#804020').toColourspace('rgb16'));
    fs.writeFileSync(path.join(images, '2.png'), await flat(16, '#804020').png({ palette: true }).toBuffer());
    await put('3.png', flat(16, '#808080').ensureAlpha().greyscale());
    fs.writeFileSync(
      path.join(images, '4.jpg'),
      await flat(16, '#808080').toColourspace('cmyk').jpeg().toBuffer(),
    );
    const record = await importDataset(options());
    expect(record).toMatchObject({ count: 4, skipped: [] });
    const data = await openDataset(home, 'set');
    const { data: pixels } = await data.readImages(0, 4);
    expect([...pixels.subarray(0, 3)]).toEqual([0x80, 0x40, 0x20]);
    expect([...pixels.subarray(768, 771)]).toEqual([0x80, 0x40, 0x20]);
    expect([...pixels.subarray(1536, 1539)]).toEqual([0x80, 0x80, 0x80]);
    for (const value of pixels.subarray(2304, 2307)) expect(Math.abs(value - 0x80)).toBeLessThan(32);
    data.close();
  });

  it('skips and lists what cannot be used, and keeps the rest', async () => {
    await put('good.png', flat(16, '#123456'));
    fs.writeFileSync(path.join(images, 'text.png'), 'this is a text file\n');
    fs.writeFileSync(path.join(images, 'empty.jpg'), '');
    await put('tiny.png', flat(1, '#ffffff'));
    fs.writeFileSync(path.join(images, 'huge.png'), blackPng(30_000));
    const noise = await sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: '#000',
        noise: { type: 'gaussian', mean: 128, sigma: 30 },
      },
    })
      .jpeg()
      .toBuffer();
    fs.writeFileSync(path.join(images, 'whole.jpg'), noise);
    fs.writeFileSync(path.join(images, 'cut.jpg'), noise.subarray(0, noise.length / 2));
    const png = await sharp(noise).png().toBuffer();
    fs.writeFileSync(path.join(images, 'cut.png'), png.subarray(0, png.length / 2));
    fs.symlinkSync(path.join(images, 'nowhere'), path.join(images, 'link.png'));
    fs.symlinkSync(images, path.join(images, 'loop'));
    const progress: ImportProgress[] = [];
    const record = await importDataset(options({}, { onProgress: (p) => progress.push(p) }));
    expect(record.count).toBe(2);
    expect(record.skipped.map((s) => s.file)).toEqual([
      'cut.jpg',
      'cut.png',
      'empty.jpg',
      'huge.png',
      'text.png',
      'tiny.png',
    ]);
    const reason = Object.fromEntries(record.skipped.map((s) => [s.file, s.reason]));
    expect(reason['cut.jpg']).toMatch(/^damaged or truncated \(.+\)$/);
    expect(reason['cut.png']).toMatch(/^damaged or truncated \(.+\)$/);
    expect(reason['empty.jpg']).toBe('empty file');
    expect(reason['huge.png']).toBe('30000 × 30000 pixels, more than the 100 million allowed');
    expect(reason['text.png']).toMatch(/not an? .*image|unsupported image/);
    expect(reason['tiny.png']).toBe('1 × 1 pixels, less than the 8 a side that are needed');
    const reading = progress.filter(({ phase }) => phase === 'reading');
    expect(reading.at(-1)).toMatchObject({ done: 8, total: 8, skipped: 6 });
    expect(progress.at(-1)).toMatchObject({ phase: 'measuring', done: 2, total: 2 });
  });

  it('refuses a 30,000 × 30,000 image without decoding it', async () => {
    fs.writeFileSync(path.join(images, 'huge.png'), blackPng(30_000));
    const before = performance.now();
    expect(await failure()).toContain(
      'the only file, huge.png, is left out: 30000 × 30000 pixels, more than',
    );
    // Decoding it takes several seconds.
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
