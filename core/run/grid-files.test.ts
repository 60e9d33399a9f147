import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { gridFile, gridOfName, listGrids } from './grid-files.ts';
import { GRID_KINDS } from './grid-kinds.ts';

const run = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-grids-'));
afterAll(() => fs.rmSync(run, { recursive: true }));

it('lists what a training drew, by step, and no draw of a person', async () => {
  expect(await listGrids(run)).toEqual([]);
  fs.mkdirSync(path.join(run, 'samples'));
  for (const step of [200, 8]) {
    for (const kind of GRID_KINDS) {
      const file = gridFile(run, { step, kind });
      expect(gridOfName(path.basename(file))).toEqual({ step, kind });
      fs.writeFileSync(file, '');
    }
  }
  // As it was named ever since.
  expect(path.basename(gridFile(run, { step: 8, kind: 'passes-1' }))).toBe('step-00000008.png');
  for (const name of ['draw-step-00000008-seed-1-count-9-passes-2.png', '.step-00000009.png', 'step-8.png'])
    fs.writeFileSync(path.join(run, 'samples', name), '');
  const all = await listGrids(run);
  expect(all.map(({ step }) => step)).toEqual([8, 8, 8, 200, 200, 200]);
  expect(all.filter(({ step }) => step === 8).map(({ kind }) => kind)).toEqual([...GRID_KINDS]);
});
