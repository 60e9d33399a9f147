/** Trainings on next to nothing: each trains with finite losses, or is refused in one sentence. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import { importDataset } from '../data/import/import-dataset.ts';
import { npyHeader } from '../export/npy.ts';
import { createRun } from './create-run.ts';
import { openSession } from './open-session.ts';

let home: string;
beforeAll(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-few-'));
});
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

it.each([
  ['1 image', 1, (i: number) => (i * 37) % 256],
  ['2 images', 2, (i: number) => (i * i) % 256],
  ['5 images', 5, (i: number) => (i * i * 7) % 256],
  ['12 images that are all the same', 12, (i: number) => ((i % 64) * 4) % 256],
  ['12 black images', 12, () => 0],
] as const)(
  'trains on %s, in batches of 8, transformed too',
  async (_, count, pixel) => {
    const name = `few-${count}-${pixel(5)}`;
    const file = path.join(home, `${name}.npy`);
    const pixels = Uint8Array.from({ length: count * 64 }, (_unused, i) => pixel(i));
    fs.writeFileSync(file, Buffer.concat([npyHeader('|u1', [count, 8, 8]), pixels]));
    await importDataset({ home, name, request: { kind: 'npy', paths: [file] } });
    const settings = {
      ...{ 'training.steps': 4, 'training.batchSize': 8, 'training.sampleEvery': 2, 'augment.strength': 0.5 },
      ...{ 'augment.turn': true, 'training.evaluateEvery': 0 },
    };
    const preset = await loadPreset('smoke');
    const { id } = await createRun({ home, dataset: name, preset, settings, seed: 1 });
    const session = await openSession(home, id);
    const notices: string[] = [];
    try {
      const end = await session.train({
        onProgress: ({ loss, gradNorm }) => {
          expect(Number.isFinite(loss) && Number.isFinite(gradNorm)).toBe(true);
        },
        onNotice: (sentence) => notices.push(sentence),
      });
      expect(end).toBe('finished');
      expect(notices).toEqual([]);
      expect(session.generator.sample({ count: 2, seed: 1, passes: 2 }).count).toBe(2);
    } finally {
      session.dispose();
    }
  },
  120_000,
);
