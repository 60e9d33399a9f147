import { describe, expect, it, vi } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { writeProblem } from '../../core/files.ts';
import type { RunManifest } from '../../core/run/manifest.ts';
import type { Generator } from '../../core/explore/api.ts';
import type { TrainCallbacks, TrainEnd, TrainingSession } from '../../core/train/api.ts';
import type { Preset } from '../../core/config/model.ts';
import type { Alarm } from '../../core/run/diagnostics.ts';
import type { TrainingEvent } from '../process/trainer-protocol.ts';
import { Training } from './training.ts';

/** Only its identity matters here. */
const generator = {} as Generator;
const manifest = { id: 'digits-1' } as RunManifest;

const alarm: Alarm = {
  kind: 'divergence',
  name: 'Gradient not finite',
  step: 0,
  value: null,
  bound: null,
  t: 0.05,
  advice: 'Go on with a lower learning rate.',
  goOn: { learningRate: 0.001, back: false },
};

/** A session of `steps` steps; each takes one turn of the event loop. */
class FakeSession implements TrainingSession {
  readonly manifest = manifest;
  readonly generator = generator;
  step = 0;
  remarks: string[] = [];
  setAside: { step: number; checkpoints: number[] } | null = null;
  readonly steered: unknown[] = [];
  stretches = 0;
  disposed = false;
  failAt = Infinity;
  divergeAt = Infinity;
  /** At the next stop. */
  diskIsFull = false;
  /** Steps before which the disk is full. */
  readonly fullAt: number[] = [];
  /** Called when it waits for room. */
  room = async (): Promise<void> => undefined;

  constructor(readonly steps: number) {}

  async train(callbacks: TrainCallbacks): Promise<TrainEnd> {
    const { signal, onProgress, onCheckpoint, onAlarm, onWaiting, onNotice, onLogged } = callbacks;
    this.stretches++;
    while (this.step < this.steps && !signal?.aborted) {
      if (this.step === this.divergeAt) {
        onAlarm?.({ ...alarm, step: this.step });
        return 'diverged';
      }
      if (this.fullAt[0] === this.step) {
        this.fullAt.shift();
        onWaiting?.({ missing: 1e6, sentence: 'Waiting for room on the disk: 1 MB are missing.' });
        await this.room();
        onWaiting?.(null);
        onNotice?.('The grid of samples works again.', 'over');
      }
      this.step++;
      if (this.step === this.failAt) throw new UserError('It diverged.');
      const line = {
        ...{ step: this.step, loss: 1, recLoss: 1, denoiserLoss: null, klLoss: 0, gradNorm: 1 },
        ...{ learningRate: 1e-3, intervals: 2, stepsPerSecond: 1, seconds: this.step },
      };
      onLogged?.(line);
      onProgress?.({
        ...{
          runId: manifest.id,
          steps: this.steps,
          step: this.step,
          loss: 1,
          recLoss: 1,
          denoiserLoss: null,
        },
        ...{
          klLoss: 0,
          gradNorm: 1,
          learningRate: 1e-3,
          intervals: 2,
          stepsPerSecond: 1,
          seconds: this.step,
        },
        secondsLeft: null,
      });
      await turn();
    }
    if (signal?.aborted && this.diskIsFull) {
      this.diskIsFull = false;
      throw writeProblem(Object.assign(new Error(), { code: 'ENOSPC' }), 'checkpoint', '/run');
    }
    onCheckpoint?.(this.step, '');
    return this.step < this.steps ? 'stopped' : 'finished';
  }

  ask(what: string): void {
    this.steered.push(what);
  }

  change(changes: object): void {
    this.steered.push(changes);
  }

  dispose(): void {
    this.disposed = true;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setup(session = new FakeSession(1_000_000)) {
  const states: TrainingEvent[] = [];
  const checkpoints: number[] = [];
  const progress = vi.fn();
  const alarms: Alarm[] = [];
  const openedWith: unknown[] = [];
  const logged: number[] = [];
  const notices: string[] = [];
  const training = new Training(
    '',
    async () => manifest,
    async (_home, _runId, onPhase, options) => {
      openedWith.push(options);
      onPhase?.('Compiling');
      await turn();
      return session;
    },
    {
      state: (event) => states.push(event),
      progress,
      alarm: (_runId, heard) => alarms.push(heard),
      diagnostics: () => undefined,
      evaluation: () => undefined,
      evaluating: () => undefined,
      notice: (_runId, text) => notices.push(text),
      samples: () => undefined,
      grid: () => undefined,
      history: () => undefined,
      logged: (_runId, lines) => logged.push(...lines.map(({ step }) => step)),
      checkpoint: (_runId, step) => checkpoints.push(step),
    },
  );
  const start = (): Promise<string> => training.start({ dataset: 'digits', preset: {} as Preset });
  const phase = (): string | undefined => states.at(-1)?.phase;
  const reach = (wanted: string): Promise<void> => vi.waitFor(() => expect(phase()).toBe(wanted));
  return {
    training,
    session,
    states,
    checkpoints,
    progress,
    alarms,
    notices,
    openedWith,
    logged,
    start,
    phase,
    reach,
  };
}

describe('Training', () => {
  it('answers the run at once, prepares, trains and finishes', async () => {
    const { session, states, progress, logged, start, reach } = setup(new FakeSession(3));
    expect(await start()).toBe('digits-1');
    await reach('finished');
    expect(states.map(({ phase }) => phase)).toEqual(['preparing', 'preparing', 'running', 'finished']);
    expect(session.disposed).toBe(true);
    expect(progress).toHaveBeenLastCalledWith(expect.objectContaining({ step: 3 }));
    expect(logged).toEqual([1, 2, 3]);
  });

  it('hands on what is asked of the training and changed of it, and refuses it when there is none', async () => {
    const { training, session, start, reach } = setup();
    await expect(training.ask('samples')).rejects.toThrow('no training under way');
    await start();
    await reach('running');
    await training.ask('checkpoint');
    await training.change({ emaRate: 0.5 });
    expect(session.steered).toEqual(['checkpoint', { emaRate: 0.5 }]);
    await training.stop();
    await expect(training.change({ emaRate: 0.5 })).rejects.toThrow('no training under way');
  });

  it('does not step while paused, keeps a checkpoint, and goes on where it was', async () => {
    const { training, session, checkpoints, start, reach } = setup();
    await start();
    await reach('running');
    training.pause();
    await reach('paused');
    const { step } = session;
    for (let i = 0; i < 20; i++) await turn();
    expect(session.step).toBe(step);
    expect(checkpoints).toEqual([step]);

    training.resume();
    await reach('running');
    await vi.waitFor(() => expect(session.step).toBeGreaterThan(step));
    expect(session.stretches).toBe(2);
    await training.stop();
  });

  it.each(['running', 'paused'] as const)('stops when %s, with a checkpoint', async (from) => {
    const { training, session, states, checkpoints, start, reach } = setup();
    await start();
    await reach('running');
    if (from === 'paused') {
      training.pause();
      await reach('paused');
    }
    await training.stop();
    expect(states.slice(-2).map(({ phase }) => phase)).toEqual(['stopping', 'stopped']);
    expect(checkpoints.at(-1)).toBe(session.step);
    expect(session.disposed).toBe(true);
  });

  it('tells that it waits for room on the disk, is not paused then, and goes on', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const session = new FakeSession(6);
    session.fullAt.push(2);
    const { training, states, notices, start, reach } = setup(session);
    session.room = async () => training.pause();
    await start();
    await reach('finished');
    const detail = 'Waiting for room on the disk: 1 MB are missing.';
    expect(states.slice(-4)).toEqual([
      { phase: 'running', runId: 'digits-1' },
      { phase: 'waiting', runId: 'digits-1', detail },
      { phase: 'running', runId: 'digits-1' },
      { phase: 'finished', runId: 'digits-1' },
    ]);
    expect(notices).toEqual(['The grid of samples works again.']);
  });

  it('goes on instead of a pause that cannot be saved', async () => {
    const session = new FakeSession(1_000_000);
    session.diskIsFull = true;
    const { training, notices, start, reach } = setup(session);
    await start();
    await reach('running');
    training.pause();
    await vi.waitFor(() => expect(session.stretches).toBe(2));
    expect(notices).toEqual(['A pause saves, and the disk is full; the training goes on instead.']);
    expect(session.disposed).toBe(false);
    await training.stop();
  });

  it('stops before the first step when it is asked while it prepares', async () => {
    const { training, session, phase, start } = setup();
    await start();
    await training.stop();
    expect(phase()).toBe('stopped');
    expect(session.step).toBe(0);
  });

  it('allows one training at a time', async () => {
    const { training, start, reach } = setup();
    await start();
    await reach('running');
    await expect(start()).rejects.toThrow('under way already');
    expect(() => {
      training.resumeRun('other');
    }).toThrow('under way already');
    await training.stop();
    await start();
    await training.stop();
  });

  it('tells a failure in one sentence and can start again', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const session = new FakeSession(5);
    session.failAt = 2;
    const { states, start, reach } = setup(session);
    await start();
    await reach('failed');
    expect(states.at(-1)).toEqual({ phase: 'failed', runId: 'digits-1', detail: 'It diverged.' });
    expect(session.disposed).toBe(true);
    session.failAt = Infinity;
    await start();
    await reach('finished');
  });

  it('tells a divergence with its time, and goes on with another learning rate', async () => {
    const session = new FakeSession(5);
    session.divergeAt = 3;
    const { training, states, alarms, openedWith, start, reach } = setup(session);
    await start();
    await reach('diverged');
    expect(states.at(-1)).toEqual({
      phase: 'diverged',
      runId: 'digits-1',
      detail:
        'The training diverged after step 3 (the gradient was not finite at t = 0.05); go on with a lower learning rate.',
    });
    expect(alarms).toEqual([{ ...alarm, step: 3 }]);
    expect(session.disposed).toBe(true);
    session.divergeAt = Infinity;
    training.resumeRun('digits-1', { changes: { learningRate: 0.002 } });
    await reach('finished');
    expect(openedWith).toEqual([{}, { changes: { learningRate: 0.002 } }]);
  });

  it('tells what there is to say of the run, and what going back has set aside', async () => {
    const session = new FakeSession(12);
    session.remarks = ['The checkpoint of step 20 is damaged; that of step 10 is used instead.'];
    const { training, notices, openedWith, reach } = setup(session);
    training.resumeRun('digits-1');
    await reach('finished');
    expect(notices).toEqual(session.remarks);

    session.remarks = [];
    session.setAside = { step: 10, checkpoints: [20, 30] };
    training.resumeRun('digits-1', { from: 10 });
    await reach('finished');
    expect(openedWith).toEqual([{}, { from: 10 }]);
    expect(notices.slice(1)).toEqual([
      "Went back to step 10; the later checkpoints, of steps 20 and 30, are kept until the run saves again; the run's page can bring it back.",
    ]);
  });

  it('ends without saving when what went before is to be brought back', async () => {
    const { training, session, states, checkpoints, start, reach } = setup();
    await start();
    await reach('running');
    await training.abandon('digits-1');
    expect(states.at(-1)).toMatchObject({ phase: 'stopped', runId: 'digits-1' });
    expect(checkpoints).toEqual([]);
    expect(session.disposed).toBe(true);
    // Nothing to end.
    await training.abandon('digits-1');
  });

  it('lends the generator of the run in training only', async () => {
    const { training, start, reach } = setup();
    expect(await training.generator('digits-1')).toBeNull();
    await start();
    expect(await training.generator('digits-1')).toBe(generator);
    expect(await training.generator('other')).toBeNull();
    await reach('running');
    await training.stop();
    expect(await training.generator('digits-1')).toBeNull();
  });
});
