/** The short form of `npm run fuzz`: a few inputs of each format, always the same. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../core/errors.ts';
import { Bench } from './case.ts';
import { FORMATS, seedsOf } from './formats.ts';
import { checkSentence, outcomeOf } from './outcome.ts';
import { caseSeed } from './random.ts';

const root = path.resolve(import.meta.dirname, '..');
const EACH = 8;

let folder: string;
let bench: Bench;
const before = process.env['TMPDIR'];
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-fuzz-'));
  bench = await Bench.open(root, path.join(folder, 'bench'));
});
afterAll(async () => {
  await bench.close();
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('each input gives a result or one sentence', () => {
  it.each(Object.keys(FORMATS))('%s', async (format) => {
    expect((await seedsOf(format, root, path.join(folder, 'bench', 'library'))).length).toBeGreaterThan(0);
    for (let number = 0; number < EACH; number++) {
      const seed = caseSeed(2026, number);
      const { bytes, from } = await bench.input(format, seed);
      const failure = await bench.run(format, seed, bytes).then(
        () => null,
        (error: unknown) => `${format}:${seed.toString(16)} from ${from}: ${String(error)}`,
      );
      expect(failure).toBeNull();
    }
  });

  it('good ones give results', async () => {
    const png = new Uint8Array(fs.readFileSync(path.join(root, 'core/data/decode/testdata/png-rgb-8.png')));
    expect(await bench.run('png', 1, png)).toBe('result');
    const npy = new Uint8Array(fs.readFileSync(path.join(root, 'core/data/readers/testdata/uint8.npy')));
    expect(await bench.run('npy', 1, npy)).toBe('result');
    const { bytes } = await bench.input('run.json', 1);
    await bench.run('run.json', 1, bytes);
    const run = path.join(folder, 'bench', 'library', 'runs', 'run-abc234', 'run.json');
    expect(await bench.run('run.json', 1, new Uint8Array(fs.readFileSync(run)))).toBe('result');
  });
});

describe('an outcome', () => {
  it('is a result, a refusal, or a finding', async () => {
    const refuse = (sentence: string) => outcomeOf(() => Promise.reject(new UserError(sentence)));
    expect(await outcomeOf(async () => undefined)).toBe('result');
    expect(await refuse('a.png is damaged; copy it again.')).toBe('refusal');
    await expect(refuse('no full stop')).rejects.toThrow(/no single sentence/);
    await expect(refuse('It is undefined.')).rejects.toThrow(/no single sentence/);
    await expect(refuse(`${'x'.repeat(3000)}.`)).rejects.toThrow(/a sentence of 3001 characters/);
    await expect(outcomeOf(() => Promise.reject(new TypeError('x is not a function')))).rejects.toThrow(
      TypeError,
    );
    expect(() => checkSentence('The file "a. B.png" is not known.')).not.toThrow();
  });

  it('is a finding when something is left behind', async () => {
    const png = new Uint8Array(fs.readFileSync(path.join(root, 'core/data/decode/testdata/png-rgb-8.png')));
    const trying = bench.run('png', 1, png);
    fs.writeFileSync(path.join(folder, 'bench', 'tmp', 'forgotten'), '');
    await expect(trying).rejects.toThrow('left behind: forgotten');
    expect(await bench.run('png', 1, png)).toBe('result');
  });
});
