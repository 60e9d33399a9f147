/** Settings by name in training, and what drawing from a run offers: places, temperature, weights, classes. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readText } from '../../core/export/png.ts';
import { readRunManifest } from '../../core/run/run-folder.ts';
import { covae, type Outcome } from './test-cli.ts';

/** The `result` of a command with `--json`. */
function resultOf({ stdout }: Outcome): Record<string, unknown> {
  const value: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  if (typeof value !== 'object' || value === null) throw new Error(`no object: ${stdout}`);
  return { ...value };
}

function provenance(file: string): unknown {
  return JSON.parse(readText(fs.readFileSync(file))['covae'] ?? 'null');
}

// Most of these compile networks; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let root: string;
let home: string;
let run: string;

/** 40 images of noise in the classes `even` and `odd`; a run that is told of them. */
beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-variants-'));
  home = path.join(root, 'home');
  for (let i = 0; i < 40; i++) {
    const below = path.join(root, 'images', i % 2 === 0 ? 'even' : 'odd');
    fs.mkdirSync(below, { recursive: true });
    const pixels = Uint8Array.from({ length: 256 }, (_, p) => (p * (i + 3) * 7) % 256);
    await sharp(pixels, { raw: { width: 16, height: 16, channels: 1 } })
      .png()
      .toFile(path.join(below, `${String(i).padStart(2, '0')}.png`));
  }
  const images = ['data', 'import', path.join(root, 'images'), '--name', 'parity', '--size', '16'];
  expect(await covae(...images, '--channels', '1', '--home', home)).toMatchObject({ code: 0, stderr: '' });
  const train = ['train', '--data', 'parity', '--preset', 'smoke', '--steps', '4', '--home', home, '--json'];
  const trained = await covae(...train, '--set', 'network.classes=2', '--set', 'training.optimizer=adamw');
  expect(trained.code).toBe(0);
  run = String(resultOf(trained)['run']);
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

describe('covae train --set', () => {
  it('lays the settings over the preset', async () => {
    const { config } = await readRunManifest(path.join(home, 'runs', run));
    expect(config.network.classes).toBe(2);
    expect(config.training).toMatchObject({ optimizer: 'adamw', steps: 4 });
  });

  it.each([
    [
      ['--set', 'objective.denoiserLos=null'],
      /there is no key "objective\.denoiserLos"; the keys are objective\./,
    ],
    [['--set', 'objective.denoiserLoss=l3'], /key "objective\.denoiserLoss" must be .*"l2".*, not "l3"/],
    [['--set', 'objective.klWeight=t^'], /key "objective\.klWeight"/],
    [['--set', 'network.classes=1'], /has 2 classes, so key "network\.classes" must be 0 or 2/],
    [['--set', 'training.accumulate=3'], /accumulate must divide batchSize/],
    [['--set', 'noise'], /Give a key and its value/],
    [['--set', '=1'], /Give a key and its value/],
  ])('refuses %j in one sentence and makes no run', async (args, sentence) => {
    const before = fs.readdirSync(path.join(home, 'runs'));
    const { code, stderr } = await covae(
      'train',
      '--data',
      'parity',
      '--preset',
      'smoke',
      '--home',
      home,
      ...args,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(fs.readdirSync(path.join(home, 'runs'))).toEqual(before);
  });

  it('judges the settings together with the other options', async () => {
    const together = ['--steps', '1', '--batch', '9', '--set', 'training.accumulate=3', '--name', 'thirds'];
    const { code } = await covae(
      'train',
      '--data',
      'parity',
      '--preset',
      'smoke',
      '--home',
      home,
      ...together,
    );
    expect(code).toBe(0);
  });
});

describe('covae sample', () => {
  const draw = async (...args: string[]): Promise<{ result: Record<string, unknown>; pixels: Buffer }> => {
    const out = path.join(root, 'draw.png');
    const outcome = await covae('sample', run, '--out', out, '--force', '--home', home, '--json', ...args);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    return { result: resultOf(outcome), pixels: await sharp(out).raw().toBuffer() };
  };

  it('writes what was asked for into the picture', async () => {
    const args = ['--count', '3', '--start', '5', '--at', '2,t=0.5', '--temperature', '0.5'];
    args.push('--later-temperature', '0.25');
    const { result } = await draw(...args, '--weights', 'raw', '--label', 'odd', '--guidance', '2');
    const asked = {
      count: 3,
      start: 5,
      seed: 0,
      passes: 3,
      reencodeAt: '2,t=0.5',
      temperature: 0.5,
      laterTemperature: 0.25,
      weights: 'raw',
      label: 1,
      guidance: 2,
    };
    expect(result).toMatchObject({ run, step: 4, ...asked });
    expect(provenance(path.join(root, 'draw.png'))).toMatchObject({ kind: 'samples', ...asked });
  });

  it('goes on with a series, also over the border of a part', async () => {
    const singles = (folder: string): string[] => [
      '--singles',
      '--out',
      path.join(root, folder),
      '--home',
      home,
    ];
    expect((await covae('sample', run, '--count', '66', ...singles('all'))).code).toBe(0);
    expect((await covae('sample', run, '--start', '63', '--count', '3', ...singles('rest'))).code).toBe(0);
    const single = (folder: string, number: number): Promise<Buffer> =>
      sharp(path.join(root, folder, `sample-${String(number).padStart(4, '0')}.png`))
        .raw()
        .toBuffer();
    for (const number of [1, 2, 3]) {
      expect((await single('rest', number)).equals(await single('all', 63 + number))).toBe(true);
    }
  });

  it('draws something else from the raw weights, and from another temperature', async () => {
    const { pixels } = await draw('--count', '4');
    expect((await draw('--count', '4', '--weights', 'raw')).pixels.equals(pixels)).toBe(false);
    expect((await draw('--count', '4', '--temperature', '0.2')).pixels.equals(pixels)).toBe(false);
    expect((await draw('--count', '4', '--temperature', '1')).pixels.equals(pixels)).toBe(true);
    const twice = (...args: string[]) => draw('--count', '4', '--passes', '2', ...args);
    const drawn = (await twice()).pixels;
    expect((await twice('--later-temperature', '0')).pixels.equals(drawn)).toBe(false);
    expect((await twice('--later-temperature', '1')).pixels.equals(drawn)).toBe(true);
  });

  it('begins with a prior fitted to the training images, of a class those of the class', async () => {
    const of = (...args: string[]) => draw('--count', '4', ...args);
    const { result, pixels } = await of('--prior', 'fitted');
    expect(result).toMatchObject({ prior: 'fitted' });
    expect(result['command']).toContain('--prior fitted');
    expect((await of('--prior', 'fitted')).pixels.equals(pixels)).toBe(true);
    expect((await of()).pixels.equals(pixels)).toBe(false);
    expect((await of('--prior', 'normal')).result).not.toHaveProperty('prior');
    expect((await of('--prior', 'fitted', '--temperature', '0')).pixels.equals(pixels)).toBe(false);
    const ofClass = (await of('--prior', 'fitted', '--label', 'odd')).pixels;
    expect(ofClass.equals((await of('--label', 'odd')).pixels)).toBe(false);
    const raw = (await of('--prior', 'fitted', '--weights', 'raw')).pixels;
    expect(raw.equals(pixels)).toBe(false);
  });

  it('uses one place for all passes', async () => {
    const { result } = await draw('--count', '1', '--passes', '3', '--at', '2');
    expect(result).toMatchObject({ passes: 3, reencodeAt: '2,2' });
  });

  it.each([
    [['--at', '1,2', '--passes', '2'], /--at names 2 places, but 2 passes encode again once/],
    [['--at', '1', '--passes', '1'], /ask for them with --passes 2 or more/],
    [['--at', 'middle'], /Give indices of time steps or times/],
    [['--at', '9999'], /The time index 9999 is not one of 1 to/],
    [['--at', 't=99'], /The time 99 is not above 0 and at most/],
    [['--label', 'green'], /has no class "green"; give a number from 0 to 1, or one of even, odd/],
    [['--label', '2'], /has no class "2"/],
    [['--guidance', '2'], /--guidance leads towards a class; name it with --label/],
    [['--weights', 'best'], /Allowed choices are ema, raw/],
    [['--prior', 'flat'], /Allowed choices are normal, fitted/],
    [['--temperature', '-1'], /It must be a number from 0 to 100/],
    [['--later-temperature', '0'], /ask for them with --passes 2 or more/],
  ])('refuses %j in one sentence', async (args, sentence) => {
    const { code, stderr } = await covae('sample', run, '--home', home, '--out', root, ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
  });

  it('refuses a class for a model without', async () => {
    const { code, stderr } = await covae('sample', 'thirds', '--label', '0', '--home', home);
    expect(code).toBe(1);
    expect(stderr).toMatch(/thirds-\w+ was trained without classes; draw from it without --label/);
  });
});

describe('covae reconstruct', () => {
  it('puts originals above reconstructions and tells the error of each', async () => {
    const out = path.join(root, 'made', 'pairs.png');
    const args = ['--start', '10', '--count', '20', '--at', '1,t=0.7', '--out', path.dirname(out)];
    const outcome = await covae('reconstruct', run, ...args, '--home', home, '--json');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    const result = resultOf(outcome);
    expect(result).toMatchObject({
      run,
      data: 'parity',
      start: 10,
      count: 20,
      at: '1,t=0.7',
      weights: 'ema',
    });
    const [png = '', csv = ''] = result['files'] as string[];
    expect(path.basename(png)).toBe(`${run}-step-4-reconstructions-of-parity-at-1+t=0.7-start-10.png`);
    expect(provenance(png)).toMatchObject({ kind: 'reconstructions', data: 'parity', at: '1,t=0.7' });
    // 16 columns; two rows of images, each with a row for either place; 16 pixels enlarged 5 times.
    expect(await sharp(png).metadata()).toMatchObject({ width: 16 * 82 + 2, height: 6 * 82 + 2 });

    const lines = fs.readFileSync(csv, 'utf8').trim().split('\n');
    expect(lines[0]).toBe('index,at,mse,mae,psnr_db');
    expect(lines).toHaveLength(1 + 40);
    const [index, at, mse, , psnr] = lines[1]?.split(',') ?? [];
    expect([index, at]).toEqual(['10', '1']);
    expect(Number(mse)).toBeGreaterThan(0);
    expect(Number(psnr)).toBeCloseTo(-10 * Math.log10(Number(mse)), 3);
    const means = result['means'] as { at: string; mse: number }[];
    expect(means.map((row) => row.at)).toEqual(['1', 't=0.7']);
    const first = lines.slice(1, 21).map((line) => Number(line.split(',')[2]));
    expect(means[0]?.mse).toBeCloseTo(first.reduce((sum, value) => sum + value, 0) / 20, 6);
  });

  it.each([
    [['--start', '40'], /"parity" has no image 40; give a --start from 0 to 39/],
    [['--data', 'nothing'], /There is no data set "nothing"/],
    [['--at', '0'], /The time index 0 is not one of 1 to/],
  ])('refuses %j in one sentence', async (args, sentence) => {
    const { code, stderr } = await covae('reconstruct', run, '--home', home, '--out', root, ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
  });
});

describe('covae interpolate', () => {
  it('takes a place on the time axis', async () => {
    const out = path.join(root, 'strips');
    const args = ['interpolate', run, '--frames', '3', '--out', out, '--home', home];
    expect(await covae(...args, '--at', 't=0.6')).toMatchObject({ code: 0, stderr: '' });
    const [file = ''] = fs.readdirSync(out);
    expect(file).toBe(`${run}-step-4-from-0-to-1-at-t=0.6.png`);
    expect(provenance(path.join(out, file))).toMatchObject({ kind: 'interpolation', at: 't=0.6', frames: 3 });
    expect((await covae(...args, '--at', '1,2')).stderr).toMatch(/--at takes one place here/);
  });
});

it('covae evaluate measures the samples of a class', async () => {
  const measure = ['evaluate', run, '--extractor', 'pixels', '--count', '8', '--reconstructions', '0'];
  const { evaluations } = resultOf(
    await covae(...measure, '--passes', '1', '--label', 'odd', '--home', home, '--json'),
  );
  expect(evaluations).toMatchObject([{ label: 1, count: 8 }]);
  const refused = await covae(...measure, '--label', 'third', '--home', home);
  expect(refused.stderr).toMatch(/has no class "third"; give a number from 0 to 1, or one of even, odd\./);
});
