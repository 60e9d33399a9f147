import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import {
  exportPreset,
  findPreset,
  importOwnPreset,
  importOwnPresets,
  listOwnPresets,
  removeOwnPreset,
  saveOwnPreset,
} from './own-presets.ts';
import { loadPreset } from './presets.ts';

let home: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-own-presets-'));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

it('are kept, found by name, exported, imported and removed', async () => {
  const { config } = await loadPreset('tiny');
  expect(await listOwnPresets(home)).toEqual({ presets: [], damaged: [] });
  const changed = { ...config, training: { ...config.training, steps: 123 } };
  const kept = await saveOwnPreset(home, { title: 'Größere Ziffern', config: changed });
  expect(kept).toMatchObject({ name: 'grossere-ziffern', title: 'Größere Ziffern', config: changed });
  expect((await findPreset(home, 'grossere-ziffern')).config).toEqual(changed);
  expect((await findPreset(home, 'tiny')).config).toEqual(config);

  const file = path.join(home, 'taken.json');
  await exportPreset(kept, file, {});
  await expect(exportPreset(kept, file, {})).rejects.toThrow(/taken\.json/);
  const again = await importOwnPreset(home, file);
  expect(again).toMatchObject({
    name: 'grossere-ziffern-2',
    title: 'Größere Ziffern-2',
    config: changed,
  });
  expect((await listOwnPresets(home)).presets.map(({ name }) => name)).toEqual([
    'grossere-ziffern',
    'grossere-ziffern-2',
  ]);
  await removeOwnPreset(home, 'grossere-ziffern');
  await expect(removeOwnPreset(home, 'grossere-ziffern')).rejects.toThrow(UserError);
  await expect(findPreset(home, 'grossere-ziffern')).rejects.toThrow(
    /There is no preset "grossere-ziffern".*grossere-ziffern-2/,
  );
});

it('take no name of the program’s own, and any title', async () => {
  const { config } = await loadPreset('tiny');
  expect((await saveOwnPreset(home, { title: 'Tiny', config })).name).toBe('tiny-2');
  expect((await saveOwnPreset(home, { title: '数字', config })).name).toBe('preset');
  const long = await saveOwnPreset(home, { title: 'x'.repeat(64), config });
  expect((await findPreset(home, long.name)).title).toBe('x'.repeat(64));
  await expect(saveOwnPreset(home, { title: 'a/b', config })).rejects.toThrow(/a name has 1 to 64/);
});

it('of the paper lose their mark when they are given away, and damage is told', async () => {
  const file = path.join(home, 'mnist.json');
  await exportPreset(await loadPreset('mnist'), file, {});
  const taken = await importOwnPreset(home, file);
  expect(taken.paper).toBeUndefined();
  fs.writeFileSync(path.join(home, 'presets', 'broken.json'), '{"format": "covae-preset"}');
  const { damaged, presets } = await listOwnPresets(home);
  expect(presets).toHaveLength(1);
  expect(damaged).toMatchObject([{ name: 'broken' }]);
  expect(damaged[0]?.problem).toMatch(/broken\.json: key "version" is missing/);
  await expect(findPreset(home, 'broken')).rejects.toThrow(/broken\.json/);
  await expect(importOwnPreset(home, path.join(home, 'presets', 'broken.json'))).rejects.toThrow(/version/);
  for (const name of ['../mnist', '.x', 'a/b']) await expect(removeOwnPreset(home, name)).rejects.toThrow();
  expect(fs.existsSync(file)).toBe(true);
});

it('are imported several at a time, each that cannot be with its own sentence', async () => {
  const good = path.join(home, 'good.json');
  await exportPreset(await loadPreset('tiny'), good, {});
  const bad = path.join(home, 'bad.json');
  fs.writeFileSync(bad, 'no JSON');
  const { taken, refused } = await importOwnPresets(home, [bad, good, path.join(home, 'gone.json'), good]);
  expect(new Set(taken.map(({ title }) => title)).size).toBe(2);
  expect(refused.map(({ file }) => path.basename(file))).toEqual(['bad.json', 'gone.json']);
  for (const { file, problem } of refused) expect(problem).toContain(file);
});
