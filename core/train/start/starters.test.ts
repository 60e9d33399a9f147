/** The starting points that come with the program. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGenerator } from '../../explore/open-generator.ts';
import { runFolder } from '../../library.ts';
import { listStarters } from '../../run/starters.ts';
import { addStarter } from './add-starter.ts';

let home: string;
beforeAll(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-starters-'));
});
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

describe('starting points', () => {
  it('are small files, each a run once it is used, that draws pictures unlike one another', async () => {
    for (const { name, file, imageSize, channels } of await listStarters()) {
      expect(fs.statSync(file).size).toBeLessThan(2_000_000);
      const id = await addStarter(home, name);
      expect(await addStarter(home, name)).toBe(id);
      const generator = await openGenerator(runFolder(home, id));
      try {
        const drawn = generator.sample({ count: 8, seed: 1, passes: 1 });
        expect(drawn).toMatchObject({ width: imageSize, channels });
        const size = imageSize * imageSize * channels;
        const first = drawn.data.subarray(0, size);
        expect(Math.max(...first)).toBeGreaterThan(150);
        for (let i = 1; i < 8; i++) {
          const other = drawn.data.subarray(i * size, (i + 1) * size);
          const distance =
            first.reduce((sum, value, at) => sum + Math.abs(value - (other[at] ?? 0)), 0) / size;
          expect(distance).toBeGreaterThan(5);
        }
      } finally {
        generator.dispose();
      }
    }
  }, 240_000);
});
