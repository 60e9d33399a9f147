import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listPresets } from '../core/config/presets.ts';
import { importDataset } from '../core/data/import/import-dataset.ts';
import { UserError } from '../core/errors.ts';
import { runFolder } from '../core/library.ts';
import { listCheckpoints, writeCheckpoint } from '../core/run/checkpoint.ts';
import { setAsideAfter } from '../core/run/going-back.ts';
import { gridFile } from '../core/run/grid-files.ts';
import type { Alarm } from '../core/run/diagnostics.ts';
import { openRunLog } from '../core/run/run-log.ts';
import type { Platform } from './platform.ts';
import { isInside } from './studio.ts';
import { makeRun, RUN, testStudio, TRIAL } from './test-studio.ts';

let home: string;
beforeEach(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-studio-'));
});
afterEach(() => fs.rm(home, { recursive: true, force: true }));

const setup = (platform: Partial<Platform> = {}) => testStudio(home, platform);

describe('a run that went back', () => {
  it('is brought back, and its training ends without saving', async () => {
    const { studio, trainer, emit, state } = setup();
    await makeRun(home);
    const folder = runFolder(home, RUN);
    for (const step of [10, 20]) {
      await writeCheckpoint(folder, step, { model: {}, ema: {}, optimizer: {}, state: {} });
    }
    await setAsideAfter(folder, 10);
    await studio.calls['training.resumeRun']({ runId: RUN });
    state({ phase: 'running' });
    // Not the hashes of checkpoints that it has just written.
    expect(await studio.calls['runs.health']({ runId: RUN })).toEqual({
      ...{ step: 10, remarks: [] },
      setAside: { step: 10, checkpoints: [20] },
    });
    await studio.calls['runs.bringBack']({ runId: RUN });
    expect(trainer.asked.map(({ kind }) => kind)).toEqual(['training.resumeRun', 'training.abandon']);
    expect((await listCheckpoints(folder)).map(({ step }) => step)).toEqual([10, 20]);
    expect(emit).toHaveBeenLastCalledWith('library.changed', { what: 'runs' });
    state({ phase: 'stopped' });
    await expect(studio.calls['runs.bringBack']({ runId: RUN })).rejects.toThrow(/nothing to bring back/);
    expect(trainer.asked).toHaveLength(2);
  });
});

describe('training', () => {
  it('starts with the whole preset and refuses a second start at once', async () => {
    const { studio, trainer } = setup();
    const first = studio.calls['training.start']({
      dataset: 'digits',
      preset: 'smoke',
      settings: { 'training.steps': 3 },
    });
    await expect(studio.calls['training.resumeRun']({ runId: RUN })).rejects.toThrow('under way already');
    expect(await first).toEqual({ runId: RUN });
    expect(trainer.asked[0]?.params).toMatchObject({
      preset: { name: 'smoke' },
      settings: { 'training.steps': 3 },
    });
  });

  it('is as before when it could not be started', async () => {
    const { studio, trainer } = setup();
    await expect(studio.calls['training.start']({ dataset: 'digits', preset: '../secret' })).rejects.toThrow(
      /no preset "..\/secret"; choose one of .*smoke/,
    );
    expect(studio.training.phase).toBe('idle');
    expect(trainer.asked).toEqual([]);
  });

  it('says what the trainer says', async () => {
    const { studio, emit, state } = setup();
    await studio.calls['training.start']({ dataset: 'digits', preset: 'smoke' });
    state({ phase: 'running' });
    expect(studio.training).toEqual({ phase: 'running', runId: RUN, detail: null });
    await studio.calls['training.pause']({});
    state({ phase: 'paused' });
    await expect(studio.calls['training.pause']({})).rejects.toThrow('no running training');
    state({ phase: 'finished' });
    expect(emit).toHaveBeenCalledWith('library.changed', { what: 'runs' });
    expect(emit).toHaveBeenLastCalledWith('library.changed', { what: 'runs' });
  });

  it('fails when the trainer dies, and the run can be gone on with', async () => {
    const { studio, trainer, emit, state } = setup();
    await studio.calls['training.start']({ dataset: 'digits', preset: 'smoke' });
    state({ phase: 'running' });
    trainer.die('The trainer crashed (code 11).');
    expect(studio.training).toMatchObject({ phase: 'failed', runId: RUN });
    expect(studio.training.detail).toMatch(/^The trainer crashed \(code 11\)\. .*resumed/);
    expect(emit).toHaveBeenCalledWith(
      'trainer.status',
      expect.objectContaining({ state: 'dead', reason: 'The trainer crashed (code 11).' }),
    );
    await studio.calls['training.resumeRun']({ runId: RUN });
    expect(trainer.asked.at(-1)).toMatchObject({ kind: 'training.resumeRun', params: { runId: RUN } });
    expect(studio.training).toMatchObject({ phase: 'preparing', runId: RUN });
  });

  it('tells of pictures, which are read without asking the busy trainer', async () => {
    const { studio, trainer, emit } = setup();
    await makeRun(home);
    await studio.calls['training.start']({ dataset: 'digits', preset: 'smoke' });
    await fs.writeFile(gridFile(runFolder(home, RUN), { step: 9, kind: 'passes-2' }), '');
    trainer.tell('training.grid', { runId: RUN, step: 9, kind: 'passes-2' });
    expect(emit).toHaveBeenLastCalledWith('training.grid', { runId: RUN, step: 9, kind: 'passes-2' });
    expect(await studio.calls['runs.grids']({ runId: RUN })).toEqual([{ step: 9, kind: 'passes-2' }]);
    expect(trainer.asked).toHaveLength(1);
  });
});

describe('a call that is cancelled', () => {
  it.each(['draws.make', 'model.sample'] as const)('is taken back from the trainer: %s', async (name) => {
    const { studio, trainer, emit } = setup();
    const wanted = new AbortController();
    const draw = { runId: RUN, count: 4, seed: 0, passes: 1 };
    const answer =
      name === 'draws.make'
        ? studio.calls[name]({ ...draw, orderId: 'one' }, wanted.signal)
        : studio.pixels[name](draw, wanted.signal);
    const outcome = answer.catch((error: unknown) => error);
    await vi.waitFor(() => expect(trainer.asked).toHaveLength(1));
    wanted.abort();
    const [asked, takenBack] = trainer.asked;
    expect(takenBack).toEqual({ id: asked?.id, kind: 'cancel', params: null });
    trainer.message({ type: 'failure', id: asked?.id, code: 'cancelled', message: 'This was cancelled.' });
    expect(await outcome).toMatchObject({ code: 'cancelled' });
    // What was drawn until then is kept.
    const changes = emit.mock.calls.filter(([event]) => event === 'draws.changed');
    expect(changes).toHaveLength(name === 'draws.make' ? 1 : 0);
  });
});

describe('app.reveal', () => {
  it('shows what is in the library and nothing else', async () => {
    const { studio, showInFolder } = setup();
    await studio.calls['app.reveal']({ path: path.join(home, 'runs') });
    for (const outside of ['/etc/passwd', path.join(home, '..', 'other'), `${home}-2`]) {
      await expect(studio.calls['app.reveal']({ path: outside })).rejects.toThrow(UserError);
    }
    expect(showInFolder).toHaveBeenCalledOnce();
  });

  it('knows inside from outside', () => {
    expect(isInside('/a/b', '/a')).toBe(true);
    expect(isInside('/a', '/a')).toBe(true);
    expect(isInside('/ab', '/a')).toBe(false);
    expect(isInside('/', '/a')).toBe(false);
  });
});

describe('a training that goes wrong', () => {
  const alarm: Alarm = {
    ...{ kind: 'divergence', name: 'Loss not finite', step: 20, value: null, bound: null, t: 0.5 },
    ...{ advice: 'Go on.', goOn: { learningRate: 0.001, back: true } },
  };

  it('is told to the window, and what its folder says of it', async () => {
    await makeRun(home);
    const { studio, trainer, emit, state } = setup();
    await studio.calls['training.resumeRun']({ runId: RUN, learningRate: 0.001, from: 0 });
    expect(trainer.asked[0]?.params).toEqual({ runId: RUN, learningRate: 0.001, from: 0 });
    const folder = runFolder(home, RUN);
    const log = openRunLog(folder, 0);
    log.alarms.append(alarm);
    log.close();
    for (const step of [10, 20]) {
      await writeCheckpoint(folder, step, { model: {}, ema: {}, optimizer: {}, state: {} });
    }
    trainer.tell('training.alarm', { runId: RUN, alarm });
    expect(emit).toHaveBeenLastCalledWith('training.alarm', { runId: RUN, alarm });
    trainer.tell('training.notice', { runId: RUN, text: 'A checkpoint is damaged.' });
    expect(emit).toHaveBeenLastCalledWith('training.notice', {
      runId: RUN,
      text: 'A checkpoint is damaged.',
    });
    state({ phase: 'diverged', detail: 'It diverged.' });
    expect(studio.training).toEqual({ phase: 'diverged', runId: RUN, detail: 'It diverged.' });
    expect(emit).toHaveBeenLastCalledWith('library.changed', { what: 'runs' });
    expect(await studio.calls['runs.diagnostics']({ runId: RUN })).toEqual({
      variant: 'covae',
      learningRate: 0.001,
      earlierStep: 10,
      alarms: [alarm],
      diagnostics: [],
      evaluations: [],
      history: [],
    });
  });
});

describe('what can be chosen', () => {
  async function config() {
    const preset = (await listPresets()).find(({ name }) => name === 'smoke');
    if (preset === undefined) throw new Error('no preset smoke');
    return preset.config;
  }

  it('gives the times and classes of a run', async () => {
    const { studio } = setup();
    const smoke = await config();
    await makeRun(home, {
      dataset: null,
      config: { ...smoke, network: { ...smoke.network, classes: 2 } },
    });
    const { timeSteps, middle, classes, temperature } = await studio.calls['runs.drawing']({ runId: RUN });
    expect(timeSteps[0]).toBe(0);
    expect(timeSteps[middle]).toBeGreaterThan(0);
    expect(classes).toEqual(['class 0', 'class 1']);
    expect(temperature).toBe(true);
  });

  it('asks the trainer what a training will take, also while it trains, but not for a trial then', async () => {
    const { studio, trainer, trainers, state } = setup();
    await importDataset({ home, name: 'digits', request: { kind: 'sample', paths: [] } });
    const params = { dataset: 'digits', config: await config() };
    expect(await studio.calls['training.plan'](params)).toBeNull();
    trainers.start();
    await vi.waitFor(() => expect(trainers.status.state).toBe('ready'));
    expect(await studio.calls['training.plan'](params)).toMatchObject({ parameters: 1234 });
    expect(await studio.calls['training.trial']({ config: params.config })).toEqual(TRIAL);
    state({ phase: 'running' });
    expect(await studio.calls['training.plan'](params)).toMatchObject({ parameters: 1234 });
    await expect(async () => studio.calls['training.trial']({ config: params.config })).rejects.toThrow(
      /A training is under way; a step can be measured/,
    );
    expect(trainer.asked.find(({ kind }) => kind === 'training.plan')?.params).toEqual({
      config: params.config,
      trained: 10_000,
    });
  });

  it('recommends by what computes, and keeps presets of one’s own', async () => {
    const { studio, trainer, trainers } = setup();
    await importDataset({ home, name: 'digits', request: { kind: 'sample', paths: [] } });
    expect(await studio.calls['training.advice']({ dataset: 'digits' })).toMatchObject({
      preset: 'tiny',
      reason: expect.stringMatching(/^Recommended for 10,000 grey images of 28 × 28/) as string,
    });
    trainers.start();
    await vi.waitFor(() => expect(trainers.status.state).toBe('ready'));
    trainer.tell('device', { device: 'A GPU', kind: 'GPU' });
    const kept = await studio.calls['presets.save']({
      ...{ title: 'Ziffern', description: '', config: await config() },
    });
    expect((await studio.calls['presets.own']({})).presets).toEqual([kept]);
    const checked = await studio.calls['training.check']({
      dataset: 'digits',
      preset: kept.name,
      settings: { 'training.steps': 7 },
    });
    expect(checked).toMatchObject({
      problem: null,
      differs: [{ key: 'training.steps', value: 7 }],
      paper: { name: expect.stringMatching(/^mnist/) as string },
    });
    await studio.calls['presets.remove']({ preset: kept.name });
    expect((await studio.calls['presets.own']({})).presets).toEqual([]);
    await makeRun(home, { dataset: null, config: await config() });
    expect((await studio.calls['presets.ofRun']({ runId: RUN })).title).toMatch(/^As in run/);
    expect(
      (await studio.calls['training.check']({ dataset: 'digits', preset: `run:${RUN}` })).problem,
    ).toBeNull();
  });

  it('knows what computes, by name once the trainer has found that out', async () => {
    const { studio, trainer, trainers, emit } = setup();
    trainers.start();
    await vi.waitFor(() => expect(studio.trainerStatus).toMatchObject({ state: 'ready', device: 'CPU' }));
    trainer.tell('device', { device: 'NVIDIA H100, 80 GB', kind: 'GPU' });
    const status = { state: 'ready', reason: null, device: 'NVIDIA H100, 80 GB' };
    expect(studio.trainerStatus).toEqual(status);
    expect(emit).toHaveBeenLastCalledWith('trainer.status', status);
  });
});
