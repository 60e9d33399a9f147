/** What is saved goes into files and comes back; held against Python's safetensors where there is one. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../run/safetensors.ts';
import { pythonWith } from '../../test-python.ts';
import { readDirection, readDirectionFile } from '../directions/store.ts';
import { readLatents, writeLatents } from '../points/latent-file.ts';
import type { KeyPoint } from '../points/point.ts';
import { readSaved, tensorsBeside, writeSaved } from './saved-file.ts';
import type { SavedThing } from './saved-thing.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-saved-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
const at = (name: string): string => path.join(root, name);

const shared = { run: 'digits-abc', shape: [2, 2, 1], createdAt: '2026-01-02T03:04:05.000Z' };
const values: KeyPoint = { kind: 'values', values: [1, -2, 3.5, 0.25], t: 0.5 };
const picture = {
  count: 1 as const,
  height: 2,
  width: 2,
  channels: 1 as const,
  data: Uint8Array.of(9, 8, 7, 6),
};
const things: SavedThing[] = [
  { kind: 'point', name: 'eins "é"', ...shared, picture, value: values },
  { kind: 'point', name: 'formula', ...shared, picture: null, value: { kind: 'image', index: 3 } },
  {
    ...{ kind: 'path', name: 'way', ...shared, picture: null },
    value: {
      view: {
        ...{ kind: 'path', points: [{ kind: 'varied', of: values, strength: 0.5, seed: 2 }, values] },
        ...{ path: 'cubic', loop: true, easing: 'none', pace: 'even', positions: [0, 0.5] },
      },
      look: { at: { timeIndex: 3 } },
    },
  },
  {
    ...{ kind: 'board', name: 'board', ...shared, picture: null },
    value: { board: { tab: 'map', points: [values] }, seen: null },
  },
  {
    ...{ kind: 'direction', name: 'smile', ...shared, picture: null },
    value: {
      ...{ kind: 'groups', words: 'from image 1 to image 2', run: 'digits-abc', step: 5, t: 0.5 },
      ...{ weights: 'ema', images: 2, deviation: 1, explained: 0.5, change: 0.1 },
      ...{ createdAt: '2026-01-02T03:04:05.000Z', values: [0.5, 0, -0.5, 1] },
    },
  },
];

describe('saved things in files', () => {
  it('come back as they were, and replace nothing unasked', async () => {
    const file = at('all.json');
    expect(await writeSaved(file, things, {})).toEqual([file, at('all.safetensors')]);
    expect(await readSaved(file)).toEqual({ things, problems: [] });
    await expect(writeSaved(file, things, {})).rejects.toThrow('exists already');
    await writeSaved(file, things.slice(0, 1), { force: true });
    expect((await readSaved(file)).things).toEqual(things.slice(0, 1));
    // Of a new file no tensors are replaced that were there.
    fs.writeFileSync(at('other.safetensors'), 'mine');
    await expect(writeSaved(at('other.json'), things, { force: true })).rejects.toThrow('exists already');
    expect(fs.readFileSync(at('other.safetensors'), 'utf8')).toBe('mine');
    expect(fs.existsSync(at('other.json'))).toBe(false);
  });

  it('keep all numbers of the JSON as tensors, and names apart', async () => {
    const file = at('named.json');
    await writeSaved(file, [...things, things[0]!], {});
    const json = JSON.parse(fs.readFileSync(file, 'utf8')) as { things: { name: string }[] };
    expect(json.things.map(({ name }) => name)).toContain('eins "é" (2)');
    expect(JSON.stringify(json)).not.toContain('3.5');
    const { tensors } = await readSafetensors(tensorsBeside(file));
    expect(tensors['latents/eins "é"']).toEqual({
      shape: [2, 2, 1],
      data: Float32Array.of(1, -2, 3.5, 0.25),
    });
    expect(tensors['pictures/0']).toEqual({ shape: [2, 2, 1], data: picture.data });
    // Without the JSON the latents and directions are there still.
    const alone = (await readSaved(tensorsBeside(file))).things;
    expect(alone.map(({ kind, name }) => [kind, name])).toEqual([
      ['direction', 'smile'],
      ['point', 'eins "é"'],
      ['point', 'eins "é" (2)'],
    ]);
  });

  it('are latents and directions for whoever reads these', async () => {
    const file = at('use.json');
    await writeSaved(file, things, {});
    const latents = await readLatents(at('use.safetensors'));
    expect(latents).toMatchObject({ count: 1, shape: [2, 2, 1], origin: { t: 0.5, run: 'digits-abc' } });
    expect(latents.rows?.[0]?.name).toBe('eins "é"');
    expect((await readDirectionFile(at('use.safetensors')))[0]?.values).toEqual(
      Float32Array.of(0.5, 0, -0.5, 1),
    );
    expect((await readDirection(root, `${at('use.safetensors')}#smile`)).facts.name).toBe('smile');
    await expect(readDirection(root, `${at('use.safetensors')}#frown`)).rejects.toThrow(
      'no direction "frown"; it has smile',
    );
    // Latents of the command line can be brought into the window, too.
    const origin = { t: 0.3, run: 'other-run' };
    await writeLatents(
      at('z.npz'),
      { count: 2, shape: [2], mu: Float32Array.of(1, 2, 3, 4), std: null, origin },
      {},
    );
    expect((await readSaved(at('z.npz'))).things).toMatchObject([
      { name: 'z 0', run: 'other-run', shape: [2], value: { values: [1, 2], t: 0.3 } },
      { name: 'z 1', value: { values: [3, 4] } },
    ]);
  });

  it('are what safetensors in Python reads', async () => {
    const python = pythonWith('safetensors', 'numpy');
    if (python === null) return;
    await writeSaved(at('python.json'), things, {});
    const script = `
import json, sys
from safetensors import safe_open
told = json.load(open(sys.argv[1]))
assert told['format'] == 'covae-saved' and told['tensors'] == 'python.safetensors'
with safe_open(sys.argv[2], framework='numpy') as file:
    for thing in told['things']:
        if thing['kind'] == 'point' and thing['value']['kind'] == 'values':
            found = file.get_tensor(thing['value']['values']['tensor'])
            assert found.shape == (2, 2, 1) and found.reshape(-1).tolist() == [1, -2, 3.5, 0.25], found
            assert file.get_tensor(thing['picture']['tensor']).reshape(-1).tolist() == [9, 8, 7, 6]
    entry = json.loads(file.metadata()['covae'])['directions'][0]
    assert file.get_tensor(entry['tensor']).reshape(-1).tolist() == [0.5, 0, -0.5, 1]
`;
    execFileSync(python, ['-c', script, at('python.json'), at('python.safetensors')]);
  });

  it('are refused in one sentence when files do not belong together, are damaged, or are something else', async () => {
    const file = at('bad.json');
    await writeSaved(file, things, {});
    const text = fs.readFileSync(file, 'utf8');
    const tensors = fs.readFileSync(at('bad.safetensors'));
    fs.rmSync(at('bad.safetensors'));
    await expect(readSaved(file)).rejects.toThrow('needs bad.safetensors, which is not beside it');
    await writeSafetensors(at('bad.safetensors'), { x: { shape: [1], data: Float32Array.of(1) } });
    await expect(readSaved(file)).rejects.toThrow('is not the file that');
    fs.writeFileSync(at('bad.safetensors'), tensors);
    fs.writeFileSync(file, text.replace('"bad.safetensors"', '"../bad.safetensors"'));
    await expect(readSaved(file)).rejects.toThrow('tensors');
    fs.writeFileSync(file, text.replace('"index": 3', '"index": "three"'));
    const read = await readSaved(file);
    expect(read.things).toHaveLength(things.length - 1);
    expect(read.problems).toEqual([expect.stringContaining('number 2 cannot be used')]);
    fs.writeFileSync(file, text.replaceAll('"kind": "values"', '"kind": "nothing"').slice(0, 200));
    await expect(readSaved(file)).rejects.toThrow('is not valid JSON');
    fs.writeFileSync(file, text.replaceAll('values/0', 'values/99'));
    await expect(readSaved(file)).rejects.toThrow('has no tensor "values/99"');
    fs.writeFileSync(file, '{"format":"covae-preset","version":1}');
    await expect(readSaved(file)).rejects.toThrow('format');
    await expect(writeSaved(at('x.txt'), things, {})).rejects.toThrow('ends in .json');
    await expect(writeSaved(at('none.json'), [], {})).rejects.toThrow('nothing to export');
  });
});
