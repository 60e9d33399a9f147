/** The short form of `npm run torture`: some cases of each kind, always the same, as many as there is time for. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../fuzz/random.ts';
import { speechProblems } from './judge.ts';
import { placeOf, worthACase } from './kinds/operations.ts';
import { damage, TARGETS } from './mutated-files.ts';
import { compileShim, Control } from './shim.ts';
import { leftOversIn, lostOf, snapshotOf, stateKey } from './snapshot.ts';

const root = path.resolve(import.meta.dirname, '..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-torture-test-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('the torture itself', () => {
  it('takes the first, the second, one in the middle and the last of a row of writes', () => {
    expect(worthACase(['a', 'b', 'b', 'b', 'b', 'b', 'b', 'a'])).toEqual([1, 2, 3, 5, 7, 8]);
    expect(worthACase([])).toEqual([]);
  });

  it('comes to all operations of a scenario, once each', () => {
    for (const count of [1, 2, 3, 10, 97, 360]) {
      const places = Array.from({ length: count }, (_, round) => placeOf(round, count, 5));
      expect(new Set(places).size).toBe(count);
    }
  });

  it('sees what is gone, what is other and what was left', () => {
    const library = path.join(folder, 'library');
    fs.mkdirSync(path.join(library, 'runs'), { recursive: true });
    fs.writeFileSync(path.join(library, 'runs', 'a'), 'a');
    fs.writeFileSync(path.join(library, 'runs', 'b'), 'b');
    const [before, key] = [snapshotOf(library), stateKey(library)];
    fs.rmSync(path.join(library, 'runs', 'a'));
    fs.writeFileSync(path.join(library, 'runs', 'b'), 'c');
    fs.writeFileSync(path.join(library, 'runs', '.c.tmp'), '');
    expect(lostOf(before, snapshotOf(library), 'runs')).toEqual([
      'runs/a is gone',
      'runs/b is not what it was',
    ]);
    expect(leftOversIn(library)).toEqual(['runs/.c.tmp']);
    expect(stateKey(library)).not.toBe(key);
  });

  it('hears silence, traces and half sentences', () => {
    const told = { signal: null, hung: false, stdout: '', count: 0, hit: null, trace: [] };
    const heard = (code: number | null, stderr: string) => speechProblems({ ...told, code, stderr }).length;
    expect(heard(0, '')).toBe(0);
    expect(heard(1, 'covae: The disk is full; free some space.')).toBe(0);
    expect(heard(1, '')).toBe(1);
    expect(heard(null, '')).toBe(1);
    expect(heard(1, 'covae: TypeError: x is undefined')).toBe(1);
    expect(heard(1, 'Error: x\n    at f (a.js:1:2)')).toBe(1);
  });

  it('damages a file in the same way each time', () => {
    const file = path.join(folder, 'run.json');
    const damaged = [7, 7, 8].map((seed) => {
      fs.rmSync(file, { recursive: true, force: true });
      fs.writeFileSync(file, JSON.stringify({ seed: 4, config: { steps: 8, rate: 0.1 } }));
      return [
        damage(file, TARGETS['run.json']!, new Random(seed)),
        fs.existsSync(file) && fs.readFileSync(file, 'utf8'),
      ];
    });
    expect(damaged[0]).toEqual(damaged[1]);
    expect(damaged[0]).not.toEqual(damaged[2]);
  });

  const shim = compileShim(root, folder);
  it.skipIf(shim === null)('sees what Node.js does to files, kills, and lets it fail', () => {
    const work = path.join(folder, 'work');
    fs.mkdirSync(work);
    const control = new Control(path.join(folder, 'control'), shim ?? '');
    const program = `const fs = require('node:fs');
      fs.promises.mkdir('d').then(() => fs.promises.writeFile('d/a', 'text')).then(() => fs.promises.rename('d/a', 'd/b'));`;
    const run = (): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, ['-e', program], {
        cwd: work,
        env: { ...process.env, ...control.environment },
      });
    control.order({ mode: 'count', scope: 'both' }, work);
    expect(run().status).toBe(0);
    const words = control.takeTrace().map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(words).toEqual(['mkdir', 'open', 'write', 'rename'].map((word) => `changes ${word}`));
    fs.rmSync(path.join(work, 'd'), { recursive: true });
    control.order({ mode: 'kill', at: 4 }, work);
    expect(run().signal).toBe('SIGKILL');
    expect(fs.readdirSync(path.join(work, 'd'))).toEqual(['a']);
    expect(control.read().hit).toMatch(/^rename /);
    fs.rmSync(path.join(work, 'd'), { recursive: true });
    control.order({ mode: 'tear', at: 3 }, work);
    expect(run().signal).toBe('SIGKILL');
    expect(fs.readFileSync(path.join(work, 'd', 'a'), 'utf8')).toBe('te');
    fs.rmSync(path.join(work, 'd'), { recursive: true });
    control.order({ mode: 'fail', at: 1, error: 'ENOSPC' }, work);
    expect(String(run().stderr)).toContain('ENOSPC');
    control.close();
  });
});

it('nothing is lost in the short form', { timeout: 600_000 }, () => {
  const args = ['scripts/torture.mjs', '--minutes', '0.7', '--cases', '12', '--seed', '1', '--out', folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect(`${stdout}${stderr}`).not.toContain('LOST');
  expect(status, `${stdout}${stderr}`).toBe(0);
});
