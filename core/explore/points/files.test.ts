/** Latents and images in files, held against NumPy and Pillow where there is a Python with them. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { pythonWith } from '../../test-python.ts';
import { readImageFile } from './image-file.ts';
import { type LatentFile, readLatents, writeLatents } from './latent-file.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-points-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const latents: LatentFile = {
  count: 2,
  shape: [2, 2, 1],
  mu: Float32Array.of(1, -2, 3.5, 4, 5, 6, 7, 8),
  std: Float32Array.from({ length: 8 }, (_, i) => i / 8),
  origin: { t: 0.5, run: 'digits-abc', step: 7 },
};

describe('latents in files', () => {
  it.each(['safetensors', 'npz'])('come back as they were from %s', async (ending) => {
    const file = path.join(root, `z.${ending}`);
    await writeLatents(file, latents, {});
    expect(await readLatents(file)).toEqual(latents);
    await expect(writeLatents(file, latents, {})).rejects.toThrow('exists already');
    const { std: _, ...alone } = latents;
    await writeLatents(file, { ...alone, std: null }, { force: true });
    expect((await readLatents(file)).std).toBeNull();
  });

  it('are what NumPy reads, and read what NumPy wrote', async () => {
    const python = pythonWith('numpy');
    if (python === null) return;
    const file = path.join(root, 'numpy.npz');
    await writeLatents(file, latents, {});
    const script = `
import json, numpy, sys
found = numpy.load(sys.argv[1])
told = json.loads(str(found['provenance'][0]))
assert told['t'] == 0.5 and told['run'] == 'digits-abc', told
assert found['mu'].shape == (2, 2, 2, 1) and found['mu'].dtype == numpy.float32
assert found['mu'].reshape(-1).tolist() == [1, -2, 3.5, 4, 5, 6, 7, 8]
numpy.savez_compressed(sys.argv[2], mu=found['mu'].astype(numpy.float64) * 2, provenance=found['provenance'])
`;
    const back = path.join(root, 'back.npz');
    execFileSync(python, ['-c', script, file, back]);
    const read = await readLatents(back);
    expect([...read.mu]).toEqual([...latents.mu].map((value) => 2 * value));
    expect(read.std).toBeNull();
  });

  it('are refused in a sentence where there are none', async () => {
    const empty = path.join(root, 'empty.safetensors');
    fs.writeFileSync(empty, 'nothing');
    await expect(readLatents(empty)).rejects.toThrow(empty);
    await expect(readLatents(path.join(root, 'gone.npz'))).rejects.toThrow('gone.npz');
    await expect(readLatents(path.join(root, 'z.png'))).rejects.toThrow('.safetensors or .npz');
    const wild = path.join(root, 'wild.npz');
    await writeLatents(wild, { ...latents, mu: latents.mu.map(() => NaN) }, {});
    await expect(readLatents(wild)).rejects.toThrow('no finite numbers');
    const { t: _, ...timeless } = latents.origin;
    const undated = path.join(root, 'undated.npz');
    await writeLatents(undated, { ...latents, origin: { ...timeless, t: 0 } }, {});
    await expect(readLatents(undated)).rejects.toThrow('covae encode');
  });
});

describe('image files', () => {
  it('get the form of the data set', async () => {
    const file = path.join(root, 'wide.png');
    const pixels = Uint8Array.from({ length: 32 * 16 * 3 }, (_, i) => (i * 7) % 256);
    await sharp(pixels, { raw: { width: 32, height: 16, channels: 3 } }).toFile(file);
    const { image } = await readImageFile(file, { imageSize: 16, channels: 1 }, null);
    expect(image).toMatchObject({ count: 1, height: 16, width: 16, channels: 1 });
    // The middle square, in grey by the luma of Rec. 601.
    const at = 8 * 3;
    const grey = (pixels[at]! * 19595 + pixels[at + 1]! * 38470 + pixels[at + 2]! * 7471 + 0x8000) >> 16;
    expect(image.data[0]).toBe(grey);
  });

  it('are refused in a sentence where they are none', async () => {
    const file = path.join(root, 'text.png');
    fs.writeFileSync(file, 'no image');
    const network = { imageSize: 16, channels: 1 } as const;
    await expect(readImageFile(file, network, null)).rejects.toThrow(/text\.png cannot be used as an image/);
    await expect(readImageFile(path.join(root, 'gone.png'), network, null)).rejects.toThrow('gone.png');
  });
});
