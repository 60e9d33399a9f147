/**
 * How fast images come in: small PNG and JPEG files against sharp alone on the same files, and an IDX file as large as
 * MNIST's. `node bench/data-import.mjs` prints what {@link benchDataImport} gives. Nothing else should run meanwhile.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';

const covae = fileURLToPath(new URL('../bin/covae.mjs', import.meta.url));
const FILES = 12_000;
const SIDE = 32;
const IDX_IMAGES = 60_000;
const IDX_SIDE = 28;
/** sharp works on as many files as libuv has threads. */
const SHARP_AT_ONCE = 4;

/** A soft picture with some grain, always the same of one number; like a photograph it compresses to about half. */
function picture(number) {
  const pixels = new Uint8Array(SIDE * SIDE * 3);
  for (let i = 0; i < pixels.length; i++) {
    const pixel = Math.floor(i / 3);
    const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    const wave =
      Math.sin((x * (1 + (number % 7)) + (i % 3) * 4) / 9) * Math.cos((y * (1 + (number % 5))) / 11);
    pixels[i] = 128 + 100 * wave + ((i * 7919 + number * 104_729) % 17);
  }
  return pixels;
}

async function makeFiles(folder, format) {
  await mkdir(folder);
  for (let start = 0; start < FILES; start += 64) {
    await Promise.all(
      Array.from({ length: Math.min(64, FILES - start) }, async (_, i) => {
        const raw = { width: SIDE, height: SIDE, channels: 3 };
        const file = path.join(folder, `${String(start + i).padStart(5, '0')}.${format}`);
        await sharp(picture(start + i), { raw })
          .toFormat(format)
          .toFile(file);
      }),
    );
  }
}

async function makeIdx(file) {
  const header = Buffer.alloc(16);
  [0x803, IDX_IMAGES, IDX_SIDE, IDX_SIDE].forEach((value, i) => header.writeUInt32BE(value, 4 * i));
  const pixels = Buffer.alloc(IDX_IMAGES * IDX_SIDE * IDX_SIDE);
  for (let i = 0; i < pixels.length; i++) pixels[i] = (i >> 3) * 2_654_435_761 * ((i >> 9) & 1);
  await writeFile(file, Buffer.concat([header, pixels]));
}

/** Seconds that the command line says the import took, without the start of the program. */
async function importSeconds(source, home, name) {
  const args = [covae, 'data', 'import', source, '--name', name, '--home', home, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
  const result = JSON.parse(stdout.trim().split('\n').at(-1));
  return { seconds: result.seconds, images: result.count };
}

async function sharpSeconds(folder) {
  sharp.cache(false);
  const files = (await readdir(folder)).map((name) => path.join(folder, name));
  const started = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < files.length) {
      const bytes = await readFile(files[next++]);
      await sharp(bytes).raw().toBuffer();
    }
  };
  await Promise.all(Array.from({ length: SHARP_AT_ONCE }, lane));
  return (performance.now() - started) / 1000;
}

/**
 * Measures imports of files made for it in a temporary folder.
 *
 * @returns {Promise<{name: string, cores: number, rows: {source: string, images: number, seconds: number,
 *   imagesPerSecond: number, sharpImagesPerSecond: number | null}[]}>} `sharpImagesPerSecond`: sharp alone, decoding the
 *   same files and doing nothing with them
 */
export async function benchDataImport() {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'covae-bench-'));
  try {
    const home = path.join(folder, 'home');
    const rows = [];
    for (const format of ['png', 'jpeg']) {
      const files = path.join(folder, format);
      await makeFiles(files, format);
      const { seconds, images } = await importSeconds(files, home, format);
      const alone = await sharpSeconds(files);
      rows.push({
        source: `${format.toUpperCase()} files of ${SIDE} × ${SIDE} pixels`,
        ...{ images, seconds, imagesPerSecond: Math.round(images / seconds) },
        sharpImagesPerSecond: Math.round(images / alone),
      });
      await rm(files, { recursive: true });
    }
    const idx = path.join(folder, 'train-images-idx3-ubyte');
    await makeIdx(idx);
    const { seconds, images } = await importSeconds(idx, home, 'idx');
    const source = `IDX file of ${IDX_SIDE} × ${IDX_SIDE} pixels`;
    rows.push({
      source,
      images,
      seconds,
      imagesPerSecond: Math.round(images / seconds),
      sharpImagesPerSecond: null,
    });
    return { name: 'data import', cores: os.availableParallelism(), rows };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(`${JSON.stringify(await benchDataImport(), null, 2)}\n`);
}
