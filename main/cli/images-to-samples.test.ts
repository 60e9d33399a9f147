import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readText } from '../../core/export/png.ts';
import { readNewestCheckpoint } from '../../core/run/checkpoint.ts';
import { readMetrics } from '../../core/run/run-folder.ts';
import { findRun } from './runs.ts';
import { covae, makeImages, matching, parseObject, root } from './test-cli.ts';

describe('from images to samples', () => {
  let home: string;
  let runId: string;

  beforeAll(async () => {
    home = path.join(root, 'home');
    const images = path.join(root, 'my images!');
    await makeImages(images);
    const imported = await covae(
      'data',
      'import',
      images,
      '--size',
      '16',
      '--channels',
      '1',
      '--home',
      home,
      '--json',
    );
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    expect(imported.events.at(-1)).toMatchObject({
      event: 'result',
      count: 40,
      skipped: 1,
      fingerprint: matching(/^sha256:[0-9a-f]{64}$/),
      seconds: expect.any(Number) as number,
      record: {
        name: 'my images-',
        count: 40,
        classes: ['even', 'odd'],
        skipped: [{ file: 'odd/notes.png', reason: matching(/image/) }],
      },
    });
    const args = [
      '--data',
      'my images-',
      '--preset',
      'smoke',
      '--steps',
      '12',
      '--name',
      'noise',
      '--seed',
      '7',
    ];
    const trained = await covae('train', ...args, '--home', home, '--json');
    expect(trained.code).toBe(0);
    const result = trained.events.at(-1);
    expect(result).toMatchObject({ event: 'result', end: 'finished', step: 12, steps: 12 });
    expect(trained.events.map((e) => e['event'])).toEqual(
      expect.arrayContaining(['phase', 'run', 'progress', 'samples', 'checkpoint']),
    );
    expect(trained.events.filter((e) => e['event'] === 'progress').at(-1)).toMatchObject({
      step: 12,
      steps: 12,
    });
    runId = String(result?.['run']);
    expect(runId).toMatch(/^noise-[a-z0-9]{6}$/);
  });

  it('lists the data set', async () => {
    const { code, stdout } = await covae('data', 'list', '--home', home);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^my images- {2}40 images {2}16 × 16 {2}grey/);
  });

  it('tells what was left out, and that a name is taken', async () => {
    const images = path.join(root, 'my images!');
    const first = await covae('data', 'import', images, '--name', 'second', '--home', home);
    expect(first.stdout).toMatch(/Left out 1 of 41 files:\n {2}odd\/notes\.png: .*image.*\n/);
    const second = await covae('data', 'import', images, '--name', 'second', '--home', home);
    expect(second).toMatchObject({ code: 1, stderr: matching(/already a data set "second"/) });
  });

  it('keeps what is removed in the trash until that is emptied', async () => {
    const data = (...args: string[]) => covae('data', ...args, '--home', home);
    expect((await data('remove', 'second')).stdout).toContain('covae data restore second brings it back');
    expect((await data('trash')).stdout).toMatch(/^second {2}40 images {2}\d[\d.]* kB {2}removed 20/);
    expect((await data('restore', 'second')).stdout).toMatch(/^"second" is back in /);
    expect((await data('trash')).stdout).toBe(`The trash of ${home} is empty.\n`);
    await data('remove', 'second');
    expect((await data('trash', '--empty')).stdout).toBe('Removed 1 data set for good.\n');
    expect(await data('restore', 'second')).toMatchObject({
      code: 1,
      stderr: matching(/no data set "second"/),
    });
  });

  it('keeps the settings of the command line in the run', async () => {
    const manifest = parseObject(fs.readFileSync(path.join(home, 'runs', runId, 'run.json'), 'utf8'));
    expect(manifest).toMatchObject({
      seed: 7,
      preset: 'smoke',
      config: { training: { steps: 12, batchSize: 8 } },
    });
    expect((await readMetrics(path.join(home, 'runs', runId))).map((line) => line.step)).toHaveLength(12);
    expect((await readNewestCheckpoint(path.join(home, 'runs', runId)))?.step).toBe(12);
  });

  it('finds a run by id, name or the beginning of its id, else the newest that suits', async () => {
    for (const query of [runId, 'noise', 'noi', runId.slice(0, -1), undefined]) {
      expect((await findRun(home, query)).id).toBe(runId);
    }
    await expect(findRun(home, undefined, () => false)).rejects.toThrow(
      `No run in ${home} can be used for this; name one of ${runId}.`,
    );
    await expect(findRun(home, 'x')).rejects.toThrow(`There is no run "x" in ${home}; there are ${runId}.`);
    const twin = path.join(home, 'runs', 'noisy-aaaaaa');
    fs.mkdirSync(twin);
    await expect(findRun(home, 'noi')).rejects.toThrow(
      /"noi" fits several runs \(.*noisy-aaaaaa.*\); give more of it/,
    );
    await expect(findRun(home, 'noisy')).rejects.toThrow(
      /Run noisy-aaaaaa cannot be used: .*run\.json does not exist/,
    );
    expect((await findRun(home, undefined)).id).toBe(runId);
    fs.rmdirSync(twin);
  });

  it('draws a grid that says where it is from', async () => {
    const out = path.join(root, 'grid.png');
    const args = ['sample', 'noise', '--count', '10', '--seed', '3', '--passes', '2'];
    const { code, events } = await covae(...args, '--out', out, '--home', home, '--json');
    expect(code).toBe(0);
    expect(events.at(-1)).toMatchObject({
      event: 'result',
      run: runId,
      count: 10,
      seed: 3,
      passes: 2,
      files: [out],
    });
    // 16 pixels enlarged 5 times, 4 columns and 3 rows, margins of 2.
    expect(await sharp(out).metadata()).toMatchObject({
      width: 4 * 82 + 2,
      height: 3 * 82 + 2,
      space: 'b-w',
    });
    expect(parseObject(readText(fs.readFileSync(out))['covae'] ?? '')).toMatchObject({
      run: runId,
      step: 12,
      kind: 'samples',
      seed: 3,
      passes: 2,
      count: 10,
    });
  });

  it('draws the same from the same seed and something else from another', async () => {
    const draw = async (seed: string): Promise<Buffer> => {
      const out = path.join(root, 'seeded.png');
      const args = ['--count', '4', '--seed', seed, '--out', out, '--force', '--home', home];
      expect((await covae('sample', ...args)).code).toBe(0);
      return sharp(out).raw().toBuffer();
    };
    const first = await draw('1');
    expect((await draw('1')).equals(first)).toBe(true);
    expect((await draw('2')).equals(first)).toBe(false);
  });

  it('estimates bounds of the likelihood, the importance-weighted one no worse, in JSON and in words', async () => {
    const args = ['likelihood', runId, '--count', '8', '--samples', '4', '--home', home];
    const { code, events } = await covae(...args, '--json');
    expect(code).toBe(0);
    const result = events.at(-1)!;
    expect(result).toMatchObject({
      ...{ event: 'result', run: runId, count: 8, samples: 4, at: '1', observation: 'normal' },
      bitsPerDimension: { elbo: expect.any(Number) as number, importance: expect.any(Number) as number },
    });
    const { elbo, importance } = result['bitsPerDimension'] as { elbo: number; importance: number };
    // Noise of 256 levels has 8 bits a pixel; an untrained model tells it no shorter.
    expect(importance).toBeLessThanOrEqual(elbo + 0.01);
    expect(importance).toBeGreaterThan(6);
    expect((await covae(...args, '--json')).events.at(-1)).toMatchObject({
      bitsPerDimension: { elbo, importance },
    });
    expect((await covae(...args)).stdout).toMatch(/evidence lower bound +\d+\.\d{3} {3}\(95 % between/);
  });

  it('writes single samples into a new folder, once', async () => {
    const out = path.join(root, 'singles');
    const args = ['sample', '--count', '3', '--singles', '--out', out, '--home', home];
    expect((await covae(...args)).stdout).toContain(`Wrote 3 samples to ${out}.`);
    expect(fs.readdirSync(out)).toEqual(['sample-0001.png', 'sample-0002.png', 'sample-0003.png']);
    expect(await sharp(path.join(out, 'sample-0003.png')).metadata()).toMatchObject({
      width: 16,
      height: 16,
    });
    expect(await covae(...args)).toMatchObject({
      code: 1,
      stderr: matching(/not an empty folder/),
    });
  });

  it('draws a strip between two images into a folder', async () => {
    const out = path.join(root, 'strips');
    const { code, events } = await covae(
      'interpolate',
      '--from',
      '2',
      '--to',
      '39',
      '--frames',
      '5',
      '--out',
      out,
      '--home',
      home,
      '--json',
    );
    expect(code).toBe(0);
    const file = path.join(out, `${runId}-step-12-from-2-to-39.png`);
    expect(events.at(-1)).toMatchObject({ event: 'result', from: 2, to: 39, frames: 5, files: [file] });
    expect(await sharp(file).metadata()).toMatchObject({ width: 5 * 82 + 2, height: 84 });
    const beyond = await covae('interpolate', '--to', '40', '--home', home);
    expect(beyond).toMatchObject({
      code: 1,
      stderr: matching(/no image 40; give numbers from 0 to 39/),
    });
  });

  it('cannot write an image below a file', async () => {
    const file = path.join(root, 'blocked');
    fs.writeFileSync(file, '');
    const out = path.join(file, 'folder');
    const { code, stderr } = await covae('sample', '--count', '1', '--out', out, '--home', home);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^covae: The image could not be written to .*\n$/);
  });

  it('has nothing to resume when the run has finished', async () => {
    expect(await covae('resume', runId, '--home', home)).toMatchObject({
      code: 1,
      stderr: `covae: Run ${runId} has finished its 12 steps; there is nothing to go on with.\n`,
    });
  });

  it('goes back to an older checkpoint when the newest is damaged, and says so', async () => {
    const checkpoints = path.join(home, 'runs', runId, 'checkpoints');
    expect(fs.readdirSync(checkpoints).sort()).toEqual(['step-00000010', 'step-00000012']);
    const file = path.join(checkpoints, 'step-00000012', 'ema.safetensors');
    const bytes = fs.readFileSync(file);
    fs.writeFileSync(file, Buffer.concat([bytes.subarray(0, -1), Buffer.of((bytes.at(-1) ?? 0) ^ 1)]));
    const out = path.join(root, 'older.png');
    const { code, stderr } = await covae('sample', '--count', '1', '--out', out, '--home', home);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'The checkpoint of step 12 is damaged (ema.safetensors: its content is not what was written); that of step 10 is used instead.',
    );
    fs.writeFileSync(file, bytes);
  });
});
