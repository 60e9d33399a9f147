import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Input, prepareBatch, type Recipe } from '../../core/data/import/batch.ts';
import { inThisThread, inWorkers, type Pool } from '../../core/data/import/pool.ts';

const recipe: Recipe = {
  target: { size: 16, channels: 3, fit: 'crop', padColour: '#000000', background: '#ffffff' },
  minSide: 12,
};

/** Below node_modules, so that the bundle finds the packages it does not hold. */
let folder: string;
let worker: string;
let inputs: Input[];

beforeAll(async () => {
  const root = path.join(import.meta.dirname, '..', '..');
  folder = fs.mkdtempSync(path.join(root, 'node_modules', '.import-worker-'));
  worker = path.join(folder, 'import-worker.cjs');
  // As scripts/build.mjs does.
  await build({
    entryPoints: [path.join(root, 'main', 'trainer', 'import-worker.ts')],
    outfile: worker,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    external: ['sharp', '@cornerstonejs/codec-libjpeg-turbo-8bit', 'mnist'],
  });
  const pixels = Uint8Array.from({ length: 20 * 24 * 3 }, (_, i) => (i * i) % 251);
  const picture = () => sharp(pixels, { raw: { width: 20, height: 24, channels: 3 } });
  const files = await Promise.all([
    picture().png().toBuffer(),
    picture().jpeg().toBuffer(),
    picture().webp({ lossless: true }).toBuffer(),
    picture().resize(10, 10).png().toBuffer(),
  ]);
  files.push(Buffer.from('no image'));
  const file = path.join(folder, 'picture.png');
  fs.writeFileSync(file, files[0]!);
  inputs = [
    { kind: 'file', path: file },
    ...files.map((bytes): Input => ({ kind: 'encoded', bytes })),
    { kind: 'raw', width: 20, height: 24, channels: 3, data: pixels },
  ];
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A bundle of one line. */
function workerOf(code: string): string {
  const file = path.join(folder, `${code.length}.cjs`);
  fs.writeFileSync(file, code);
  return file;
}

async function resultsOf(pool: Pool): Promise<unknown> {
  try {
    const batches = await Promise.all(Array.from({ length: 6 }, (_, i) => pool.prepare(inputs.slice(i % 3))));
    return batches.map(({ leftOut, pixels, hashes }) => ({ leftOut, pixels, hashes }));
  } finally {
    await pool.close();
  }
}

/** What the thread itself makes of the same batches. */
function expected(): Promise<unknown> {
  return resultsOf(inThisThread(recipe));
}

describe('worker threads', () => {
  it('give what this thread gives', async () => {
    const batch = await prepareBatch(inputs, recipe);
    expect(batch.leftOut.map((one) => one?.reason ?? null)).toEqual([
      null,
      null,
      null,
      null,
      '10 × 10 pixels, less than the 12 a side that were asked for',
      expect.stringMatching(/image/),
      null,
    ]);
    expect(batch.pixels.length).toBe(5 * 16 * 16 * 3);
    const pool = inWorkers(recipe, worker, 2);
    expect(pool).toMatchObject({ workers: 2, batchesAtOnce: 4 });
    expect(await resultsOf(pool)).toEqual(await expected());
  });

  it.each([
    ['that end at once', 'process.exit(1)'],
    ['that cannot load what they need', 'require("sharp-that-is-not-there")'],
    [
      'that die of their first batch',
      'require("worker_threads").parentPort.on("message", () => process.exit(3))',
    ],
  ])('%s are stood in for', async (_, code) => {
    const pool = inWorkers(recipe, workerOf(code), 2);
    expect(await resultsOf(pool)).toEqual(await expected());
  });

  it('stop at once, and what they had fails', async () => {
    const pool = inWorkers(recipe, workerOf('setInterval(() => undefined, 1000)'), 1);
    const fails = expect(pool.prepare(inputs)).rejects.toThrow('the import was stopped');
    await pool.close();
    await fails;
    await expect(pool.prepare(inputs)).rejects.toThrow('the import was stopped');
  });
});
