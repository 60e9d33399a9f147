import fs from 'node:fs';
import fsp from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../errors.ts';
import { listDatasets } from '../data/catalogue.ts';
import { changeAbout } from './about.ts';
import { listRuns } from './catalogue.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { cacheFolder } from '../cache-folder.ts';
import { datasetFolder, libraryHome, newRunId, runFolder } from '../library.ts';
import type { MetricsLine, RunManifest } from './manifest.ts';
import { thin } from '../thin.ts';
import { loadPreset } from '../config/presets.ts';
import {
  createRunFolder,
  openMetricsLog,
  readLastMetrics,
  readMetrics,
  readRunManifest,
} from './run-folder.ts';

let home: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-run-'));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

async function manifest(id = 'digits-abc234', createdAt = '2025-01-31T12:00:00.000Z'): Promise<RunManifest> {
  return {
    format: 'covae-run',
    version: 1,
    id,
    name: 'digits',
    createdAt,
    preset: 'smoke',
    seed: 4,
    dataset: { name: 'sample', fingerprint: `sha256:${'0'.repeat(64)}`, count: 10 },
    config: (await loadPreset('smoke')).config,
    parameters: 12345,
    versions: { app: '0.1.0', tensorflow: '2.18.0', tfjs: '4.22.0' },
  };
}

function line(step: number): MetricsLine {
  return {
    step,
    loss: 100 / step,
    recLoss: 1.25,
    denoiserLoss: null,
    klLoss: 3,
    gradNorm: 2,
    learningRate: 1e-3,
    intervals: 2,
    stepsPerSecond: 10,
    seconds: step / 10,
  };
}

describe('the library folder', () => {
  const context = (env: Record<string, string>, platform: NodeJS.Platform = 'linux') => ({
    env,
    platform,
    userHome: '/home/ada',
  });

  it('is the one asked for, else COVAE_HOME, else the system’s place', () => {
    expect(libraryHome('/x', context({ COVAE_HOME: '/y' }))).toBe('/x');
    expect(libraryHome(undefined, context({ COVAE_HOME: '/y' }))).toBe('/y');
    expect(libraryHome('~/x', context({}))).toBe('/home/ada/x');
    expect(libraryHome(undefined, context({ COVAE_HOME: '~' }))).toBe('/home/ada');
    expect(libraryHome('/x/~/y~', context({}))).toBe('/x/~/y~');
    expect(libraryHome(undefined, context({ XDG_DATA_HOME: '/data' }))).toBe('/data/covae-studio');
    expect(libraryHome(undefined, context({ XDG_DATA_HOME: 'relative' }))).toBe(
      '/home/ada/.local/share/covae-studio',
    );
    expect(libraryHome(undefined, context({}))).toBe('/home/ada/.local/share/covae-studio');
    expect(libraryHome(undefined, context({}, 'darwin'))).toBe(
      '/home/ada/Library/Application Support/covae-studio',
    );
  });

  it('is not looked for in the folder at hand when HOME is empty', () => {
    const nowhere = (env: Record<string, string>) => ({ ...context(env), userHome: '' });
    const sentence = /the environment variable HOME is empty; set it, or /;
    expect(() => libraryHome(undefined, nowhere({}))).toThrow(sentence);
    expect(() => libraryHome('~/x', nowhere({}))).toThrow(sentence);
    expect(() => libraryHome(undefined, nowhere({ COVAE_HOME: '~' }))).toThrow(sentence);
    expect(libraryHome('/x', nowhere({}))).toBe('/x');
    expect(libraryHome(undefined, nowhere({ XDG_DATA_HOME: '/data' }))).toBe('/data/covae-studio');
    expect(cacheFolder({}, '')).toBeNull();
    expect(cacheFolder({ XDG_CACHE_HOME: '/cache' }, '')).toBe('/cache/covae-studio');
  });

  it('has no way out of it by a name', () => {
    for (const name of ['..', '../x', '/etc', 'a/b', '', '.hidden']) {
      expect(() => datasetFolder(home, name)).toThrow(UserError);
      expect(() => runFolder(home, name)).toThrow(UserError);
    }
  });

  it('gives every run its own id', () => {
    const ids = new Set(Array.from({ length: 100 }, () => newRunId('my run')));
    expect(ids.size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^my run-[a-z2-9]{6}$/);
  });
});

describe('run.json', () => {
  it('comes back as it was written, once', async () => {
    const written = await manifest();
    const folder = await createRunFolder(home, written);
    expect(await readRunManifest(folder)).toEqual(written);
    await expect(createRunFolder(home, written)).rejects.toThrow(/already a run "digits-abc234"/);
    expect(fs.readdirSync(path.join(home, 'runs'))).toEqual(['digits-abc234']);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    [
      'a wrong key',
      (t) => t.replace('"steps"', '"stepz"'),
      /run\.json: key "config\.training\.stepz" is not known/,
    ],
    ['a missing key', (t) => t.replace(/"seed": 4,/, ''), /run\.json: key "seed" is missing/],
    [
      'a wrong type',
      (t) => t.replace('"seed": 4', '"seed": "four"'),
      /key "seed" must be a number, not "four"/,
    ],
    [
      'a fraction',
      (t) => t.replace('"seed": 4', '"seed": 4.5'),
      /key "seed" must be a whole number, not 4\.5/,
    ],
    [
      'a value out of range',
      (t) => t.replace('"batchSize": 8', '"batchSize": 0'),
      /batchSize" must be at least 1, not 0/,
    ],
    [
      'an unknown word',
      (t) => t.replace('"huber"', '"hubert"'),
      /loss" must be "huber" or "l2" or "bce", not "hubert"/,
    ],
    [
      'contradicting values',
      (t) => t.replace('"sigmaMin": 0.05', '"sigmaMin": 9'),
      /sigmaMin must be smaller/,
    ],
    [
      'a version from the future',
      (t) => t.replace('"version": 1', '"version": 2'),
      /version 2 is newer than this program/,
    ],
    [
      'a text for a number',
      (t) => t.replace('"seed": 4', `"seed": "${'x'.repeat(5000)}"`),
      /key "seed" must be a number, not "x{98}…\.$/,
    ],
    ['half a file', (t) => t.slice(0, 100), /run\.json is not valid JSON/],
    [
      'another id',
      (t) => t.replace('digits-abc234', 'other'),
      /key "id" says "other" but the folder is called .*; give the folder that name again, or the key the name of the folder\.$/,
    ],
  ])('with %s is refused in one sentence', async (_, change, message) => {
    const folder = await createRunFolder(home, await manifest());
    const file = path.join(folder, 'run.json');
    fs.writeFileSync(file, change(fs.readFileSync(file, 'utf8')));
    const error: unknown = await readRunManifest(folder).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(message);
    expect(String(error)).toContain(file);
  });

  it('cannot be written where a file is in the way', async () => {
    fs.writeFileSync(path.join(home, 'runs'), '');
    await expect(createRunFolder(home, await manifest())).rejects.toThrow(
      /^The run could not be written to .*file, not a folder/,
    );
  });
});

describe('metrics.jsonl', () => {
  it('is appended to and read back, thinned', async () => {
    const log = openMetricsLog(home, 0);
    for (let step = 1; step <= 100; step++) log.append(line(step));
    log.close();
    expect((await readMetrics(home)).map((m) => m.step)).toHaveLength(100);
    const thinned = (await readMetrics(home, 10)).map((m) => m.step);
    expect(thinned).toEqual([1, 12, 23, 34, 45, 56, 67, 78, 89, 100]);
    expect((await readLastMetrics(home))?.step).toBe(100);
  });

  it('may be missing', async () => {
    expect(await readMetrics(home)).toEqual([]);
    expect(await readLastMetrics(home)).toBeNull();
  });

  it('with a torn last line is read without it and repaired before the next append', async () => {
    const file = path.join(home, 'metrics.jsonl');
    fs.writeFileSync(file, `${JSON.stringify(line(1))}\n${JSON.stringify(line(2))}\n{"step":3,"lo`);
    expect((await readMetrics(home)).map((m) => m.step)).toEqual([1, 2]);
    expect((await readLastMetrics(home))?.step).toBe(2);
    const log = openMetricsLog(home, 5);
    log.append(line(4));
    log.close();
    expect((await readMetrics(home)).map((m) => m.step)).toEqual([1, 2, 4]);
  });

  it('loses the lines after the step a training goes on from', async () => {
    const first = openMetricsLog(home, 0);
    for (const step of [10, 20, 30]) first.append(line(step));
    first.close();
    const second = openMetricsLog(home, 20);
    second.append(line(25));
    second.close();
    expect((await readMetrics(home)).map((m) => m.step)).toEqual([10, 20, 25]);
  });

  it('with a damaged line in the middle names it', async () => {
    const file = path.join(home, 'metrics.jsonl');
    fs.writeFileSync(file, `${JSON.stringify(line(1))}\nrubbish\n${JSON.stringify(line(2))}\n`);
    await expect(readMetrics(home)).rejects.toThrow(/metrics\.jsonl: line 2 is not valid JSON/);
    expect(() => openMetricsLog(home, 5)).toThrow(/line 2/);
    expect(fs.readFileSync(file, 'utf8')).toContain('rubbish');
  });

  it('thins to any number', () => {
    expect(thin([1, 2, 3], 5)).toEqual([1, 2, 3]);
    expect(thin([1, 2, 3], 2)).toEqual([1, 3]);
    expect(thin([1, 2, 3], 1)).toEqual([3]);
    expect(thin([], 1)).toEqual([]);
  });
});

describe('the list of runs', () => {
  it('is empty for a library that does not exist', async () => {
    expect(await listRuns(path.join(home, 'nowhere'))).toEqual([]);
    expect(await listDatasets(path.join(home, 'nowhere'))).toEqual([]);
  });

  it('has the newest first, with step and loss', async () => {
    await createRunFolder(home, await manifest('digits-old222', '2025-01-01T00:00:00.000Z'));
    const folder = await createRunFolder(home, await manifest('digits-new222', '2025-02-01T00:00:00.000Z'));
    const tensors = { w: { shape: [2, 3], data: new Float32Array(6) } };
    await writeCheckpoint(folder, 20, { model: tensors, ema: tensors, optimizer: {}, state: {} });
    const log = openMetricsLog(folder, 0);
    log.append(line(20));
    log.close();
    const runs = await listRuns(home);
    expect(runs.map((r) => r.id)).toEqual(['digits-new222', 'digits-old222']);
    expect(runs[0]).toMatchObject({
      step: 20,
      steps: 30,
      lastLoss: 5,
      parameters: 12345,
      dataset: 'sample',
      problem: null,
    });
    expect(runs[1]).toMatchObject({ step: 0, lastLoss: null, problem: null });
  });

  it('lists damaged ones with the problem and ignores what is temporary', async () => {
    const folder = await createRunFolder(home, await manifest());
    const checkpoint = await writeCheckpoint(folder, 20, { model: {}, ema: {}, optimizer: {}, state: {} });
    fs.rmSync(path.join(checkpoint, 'ema.safetensors'));
    fs.mkdirSync(path.join(home, 'runs', 'empty'));
    fs.mkdirSync(path.join(home, 'runs', '.x-12345678.tmp'));
    fs.writeFileSync(path.join(home, 'runs', 'a file'), '');
    const runs = await listRuns(home);
    expect(runs.map((r) => r.id).sort()).toEqual(['digits-abc234', 'empty']);
    expect(runs.find((r) => r.id === 'digits-abc234')?.problem).toMatch(/the file is missing/);
    expect(runs.find((r) => r.id === 'empty')?.problem).toMatch(/run\.json does not exist/);
  });

  it.each(['run.json', 'about.json'])('reads %s again that the disk refused once', async (refused) => {
    const folder = await createRunFolder(home, await manifest());
    await changeAbout(home, path.basename(folder), { add: ['a'], note: 'one' });
    const [before] = await listRuns(home);
    expect(before).toMatchObject({ tags: ['a'], problem: null });
    // As another process has it, which has not looked yet.
    fs.utimesSync(path.join(folder, 'run.json'), 1, 1);
    const open = fsp.open.bind(fsp);
    const spy = vi.spyOn(fsp, 'open').mockImplementation(async (file, ...more) => {
      if (String(file).endsWith(refused)) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
      return open(file, ...more);
    });
    const [meanwhile] = await listRuns(home);
    expect(meanwhile).not.toEqual(before);
    spy.mockRestore();
    const [after] = await listRuns(home);
    expect(after).toEqual(before);
  });
});
