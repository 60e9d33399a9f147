import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as v from 'valibot';
import { makeBombs } from './testdata/bombs.ts';

/**
 * Most memory of a process that imports these files, the program itself included (about 110 MB). An image of the
 * greatest size that is decoded at all, 100 million pixels of RGBA, takes three times its 400 MB.
 */
const MAX_MEGABYTES = 768;

const LineSchema = v.object({
  name: v.string(),
  outcome: v.looseObject({ message: v.optional(v.string()), count: v.optional(v.number()) }),
  peak: v.number(),
});

let folder: string;
let program: string;
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-bombs-'));
  // Packages are found from here only.
  program = fs.mkdtempSync(path.join(path.resolve('node_modules'), '.covae-bombs-'));
  await build({
    entryPoints: [path.join(import.meta.dirname, 'testdata', 'outcomes.ts')],
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' },
    outfile: path.join(program, 'outcomes.mjs'),
    logLevel: 'silent',
  });
});
afterAll(() => {
  for (const made of [folder, program]) fs.rmSync(made, { recursive: true, force: true });
});

it('files that unpack to gigabytes take bounded memory', async () => {
  const bombs = makeBombs(folder);
  const jobs = path.join(folder, 'jobs.json');
  fs.writeFileSync(jobs, JSON.stringify(bombs));
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(program, 'outcomes.mjs'), jobs]);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => v.parse(LineSchema, JSON.parse(line)));
  expect(lines.map(({ name }) => name)).toEqual(bombs.map(({ name }) => name));
  for (const [i, { outcome, peak, name }] of lines.entries()) {
    const { expected, paths } = bombs[i]!;
    const found = {
      name,
      outcome: outcome.message?.replaceAll(paths[0]!, '<file>') ?? outcome.count ?? outcome,
    };
    expect(found).toEqual({ name, outcome: expected });
    expect(peak, name).toBeLessThan(MAX_MEGABYTES);
  }
}, 300_000);
