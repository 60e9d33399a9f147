import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../core/errors.ts';
import { writeCheckpoint } from '../core/run/checkpoint.ts';
import { createRunFolder } from '../core/run/run-folder.ts';
import { openRunLog } from '../core/run/run-log.ts';
import { listPresets } from '../core/config/presets.ts';
import { datasetFolder, datasetsFolder, runFolder } from '../core/library.ts';
import type { Alarm } from '../core/run/diagnostics.ts';
import { ImagesProtocol } from './process/images-protocol.ts';
import type { RequestMessage } from './process/protocol.ts';
import { type ChildProcess, Supervisor } from './process/supervisor.ts';
import { TrainerProtocol } from './process/trainer-protocol.ts';
import { isInside, type Platform, Studio } from './studio.ts';

const RUN = 'digits-abc123';

/** A process that is ready at once and answers what it is told to. */
class ScriptedProcess implements ChildProcess {
  readonly pid = 1;
  readonly asked: RequestMessage[] = [];
  message: (message: unknown) => void = () => undefined;
  die: (reason: string) => void = () => undefined;

  constructor(
    readonly answers: Record<string, unknown>,
    readonly greeting: object,
  ) {}

  postMessage(message: RequestMessage): void {
    this.asked.push(message);
    const value = this.answers[message.kind];
    if (value !== undefined) this.message({ type: 'answer', id: message.id, value });
  }
  onMessage(listener: (message: unknown) => void): void {
    this.message = listener;
    setImmediate(() => {
      this.tell('ready', this.greeting);
    });
  }
  onGone(listener: (reason: string) => void): void {
    this.die = listener;
  }
  kill(): void {
    this.die('Killed.');
  }
  tell(kind: string, payload: unknown): void {
    this.message({ type: 'event', kind, payload });
  }
}

let home: string;
beforeEach(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-studio-'));
});
afterEach(() => fs.rm(home, { recursive: true, force: true }));

function setup(platform: Partial<Platform> = {}) {
  const trainer = new ScriptedProcess(
    {
      'training.start': { runId: RUN },
      'training.resumeRun': {},
      'training.pause': {},
      'training.stop': {},
      'samples.write': { path: '/exported/grid.png', files: 1, step: 5, lastStep: 5 },
      'model.size': { parameters: 1234, memory: 5678, latent: [7, 7, 1] },
    },
    { device: 'CPU' },
  );
  const images = new ScriptedProcess({}, {});
  const emit = vi.fn();
  const log = vi.fn();
  const showInFolder = vi.fn();
  const trainers = new Supervisor<TrainerProtocol>({
    name: 'trainer',
    protocol: TrainerProtocol,
    fork: () => trainer,
    log,
  });
  const studio = new Studio({
    home,
    trainer: trainers,
    images: new Supervisor<ImagesProtocol>({
      name: 'image reader',
      protocol: ImagesProtocol,
      fork: () => images,
      log,
    }),
    platform: {
      choose: async () => [],
      choosePath: async () => null,
      showInFolder,
      moveToTrash: (target) => fs.rm(target, { recursive: true }),
      ...platform,
    },
    emit,
    log,
    electronVersion: '0',
  });
  const state = (event: object): void => {
    trainer.tell('training.state', { runId: RUN, ...event });
  };
  return { studio, trainer, trainers, emit, log, showInFolder, state };
}

async function makeRun(): Promise<void> {
  const preset = (await listPresets()).find(({ name }) => name === 'smoke');
  if (preset === undefined) throw new Error('no preset smoke');
  await createRunFolder(home, {
    format: 'covae-run',
    version: 1,
    id: RUN,
    name: 'digits',
    createdAt: new Date().toISOString(),
    preset: 'smoke',
    seed: 0,
    dataset: { name: 'digits', fingerprint: 'sha256:0', count: 1 },
    config: preset.config,
    parameters: 1,
    versions: { app: '0', tensorflow: '0', tfjs: '0' },
  });
}

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

  it('answers with the newest grid without asking the busy trainer', async () => {
    const { studio, trainer, emit } = setup();
    await studio.calls['training.start']({ dataset: 'digits', preset: 'smoke' });
    const grid = { count: 1, height: 1, width: 2, channels: 1, data: Uint8Array.of(1, 2) };
    trainer.tell('training.samples', { runId: RUN, step: 9, images: grid });
    expect(emit).toHaveBeenLastCalledWith('training.samples', { runId: RUN, step: 9 });
    expect(await studio.pixels['run.latestSamples']({ runId: RUN })).toEqual({ ...grid, step: 9 });
    expect(trainer.asked).toHaveLength(1);
  });
});

describe('exports', () => {
  const draw = { runId: RUN, count: 4, seed: 0, passes: 1, as: 'grid' as const };

  it('writes nothing when the person cancels', async () => {
    const { studio, trainer } = setup();
    expect(await studio.calls['samples.export'](draw)).toBeNull();
    expect(trainer.asked).toEqual([]);
  });

  it('gives a picture its ending, and may show it afterwards', async () => {
    const { studio, trainer, showInFolder } = setup({ choosePath: async () => '/exported/grid' });
    await studio.calls['samples.export'](draw);
    expect(trainer.asked[0]?.params).toMatchObject({ path: path.resolve('/exported/grid.png') });
    await studio.calls['app.reveal']({ path: '/exported/grid.png' });
    expect(showInFolder).toHaveBeenCalledWith(path.resolve('/exported/grid.png'));
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

describe('removing', () => {
  it('does not take a run or its data set away from under a training', async () => {
    await makeRun();
    const { studio, state } = setup();
    await studio.calls['training.resumeRun']({ runId: RUN });
    state({ phase: 'running' });
    await expect(studio.calls['runs.remove']({ runId: RUN })).rejects.toThrow('being trained');
    await expect(studio.calls['datasets.remove']({ name: 'digits' })).rejects.toThrow('being trained on');
    const rename = { name: 'digits', to: 'numbers' };
    await expect(studio.calls['datasets.rename'](rename)).rejects.toThrow('being trained on');
    state({ phase: 'stopped' });
    await fs.mkdir(datasetFolder(home, 'digits'), { recursive: true });
    const { token } = await studio.calls['datasets.remove']({ name: 'digits' });
    await expect(fs.stat(datasetFolder(home, 'digits'))).rejects.toThrow();
    expect(await studio.calls['datasets.restore']({ token })).toEqual({ name: 'digits' });
    await fs.stat(datasetFolder(home, 'digits'));
  });

  it('leaves nothing of an import whose process died, when the window goes', async () => {
    const { studio } = setup();
    const left = path.join(datasetsFolder(home), '.many-1.tmp');
    await fs.mkdir(left, { recursive: true });
    const gone = { pid: spawnSync(process.execPath, ['-e', '']).pid, host: os.hostname() };
    await fs.writeFile(path.join(left, 'owner.json'), JSON.stringify(gone));
    await studio.datasets.close();
    expect(await fs.readdir(datasetsFolder(home))).toEqual([]);
  });

  it('keeps removed data sets until they are removed for good', async () => {
    const { studio, emit } = setup();
    for (const name of ['a', 'b']) await fs.mkdir(datasetFolder(home, name), { recursive: true });
    const { token } = await studio.calls['datasets.remove']({ name: 'a' });
    await studio.calls['datasets.remove']({ name: 'b' });
    const listed = await studio.calls['datasets.trash']({});
    expect(listed.map(({ name }) => name).sort()).toEqual(['a', 'b']);
    emit.mockClear();
    await studio.calls['datasets.discard']({ token });
    expect(emit).toHaveBeenCalledWith('library.changed', { what: 'datasets' });
    await expect(studio.calls['datasets.restore']({ token })).rejects.toThrow('removed for good');
    expect(await studio.calls['datasets.trash']({})).toMatchObject([{ name: 'b', count: null, bytes: 0 }]);
    await studio.calls['datasets.emptyTrash']({});
    expect(await studio.calls['datasets.trash']({})).toEqual([]);
  });

  it('says what to do where there is no trash', async () => {
    await makeRun();
    const { studio } = setup({ moveToTrash: () => Promise.reject(new Error('No trash here.')) });
    await expect(studio.calls['runs.remove']({ runId: RUN })).rejects.toThrow(
      `Run ${RUN} could not be moved to the trash (No trash here); delete the folder ${runFolder(home, RUN)} yourself.`,
    );
  });
});

describe('a training that goes wrong', () => {
  const alarm: Alarm = {
    ...{ kind: 'divergence', name: 'Loss not finite', step: 20, value: null, bound: null, t: 0.5 },
    ...{ advice: 'Go on.', goOn: { learningRate: 0.001, back: true } },
  };

  it('is told to the window, and what its folder says of it', async () => {
    await makeRun();
    const { studio, trainer, emit, state } = setup();
    await studio.calls['training.resumeRun']({ runId: RUN, learningRate: 0.001, from: 0 });
    expect(trainer.asked[0]?.params).toEqual({ runId: RUN, learningRate: 0.001, from: 0 });
    const folder = runFolder(home, RUN);
    const log = openRunLog(folder, 0);
    log.alarm(alarm);
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
    await createRunFolder(home, {
      format: 'covae-run',
      version: 1,
      id: RUN,
      name: 'digits',
      createdAt: new Date().toISOString(),
      preset: 'smoke',
      seed: 0,
      dataset: null,
      config: { ...smoke, network: { ...smoke.network, classes: 2 } },
      parameters: 1,
      versions: { app: '0', tensorflow: '0', tfjs: '0' },
    });
    const { timeSteps, middle, classes, temperature } = await studio.calls['runs.drawing']({ runId: RUN });
    expect(timeSteps[0]).toBe(0);
    expect(timeSteps[middle]).toBeGreaterThan(0);
    expect(classes).toEqual(['class 0', 'class 1']);
    expect(temperature).toBe(true);
  });

  it('asks the trainer for the size of a model, but not while it trains or is gone', async () => {
    const { studio, trainer, trainers, state } = setup();
    const params = { config: await config() };
    expect(await studio.calls['training.size'](params)).toBeNull();
    trainers.start();
    await vi.waitFor(() => expect(trainers.status.state).toBe('ready'));
    expect(await studio.calls['training.size'](params)).toMatchObject({ parameters: 1234 });
    state({ phase: 'running' });
    expect(await studio.calls['training.size'](params)).toBeNull();
    expect(trainer.asked.filter(({ kind }) => kind === 'model.size')).toHaveLength(1);
  });

  it('knows what computes, by name once the trainer has found that out', async () => {
    const { studio, trainer, trainers, emit } = setup();
    trainers.start();
    await vi.waitFor(() => expect(studio.trainerStatus).toMatchObject({ state: 'ready', device: 'CPU' }));
    trainer.tell('device', { device: 'NVIDIA H100, 80 GB' });
    const status = { state: 'ready', reason: null, device: 'NVIDIA H100, 80 GB' };
    expect(studio.trainerStatus).toEqual(status);
    expect(emit).toHaveBeenLastCalledWith('trainer.status', status);
  });
});
