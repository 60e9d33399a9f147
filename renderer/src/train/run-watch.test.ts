import { describe, expect, it, vi } from 'vitest';
import type { Alarm, Diagnostics } from '../../../core/run/diagnostics.ts';
import type { EvaluationLine } from '../../../core/run/evaluation-line.ts';
import type { CallResult, CovaeBridge } from '../../../main/ipc/contract.ts';
import { Bridge } from '../bridge.ts';
import { MOST_MEASURED, RunWatch, withMeasured } from './run-watch.svelte.ts';

const RUN = 'digits-1';

function alarm(step: number, name = 'Loss rose suddenly'): Alarm {
  return {
    ...{ kind: 'divergence', name, step, value: 9, bound: 3, t: 0.5 },
    ...{ advice: 'Go on.', goOn: { learningRate: 0.001, back: false } },
  };
}

function measured(step: number): Diagnostics {
  const moments = [{ mean: 1, std: 0 }];
  return {
    ...{ step, images: 4, t: [0.5], kl: moments, imageError: moments, stepError: moments },
    ...{ mu: [1], std: [1], latentNorm: [1], activeUnits: [1], spread: 0.7 },
  };
}

function evaluated(step: number, fd1: number): EvaluationLine {
  return {
    ...{ step, extractor: 'pixels', distanceName: 'FD-Pixels', count: 16, reference: 40, fd1, fd2: null },
    ...{ reconstruction: 0.1, reconstructed: { kind: 'train', count: 16 }, copies: null },
    ...{ measure: 'fd-1-pass', seconds: 1 },
  };
}

/** A main process that answers when it is told to. */
function setup() {
  const disk: CallResult<'runs.diagnostics'> = {
    ...{ variant: 'covae', learningRate: 0.006, earlierStep: 400 },
    ...{ alarms: [alarm(100)], diagnostics: [measured(100), measured(200)], evaluations: [], history: [] },
  };
  const listeners = new Map<string, (payload: unknown) => void>();
  const answers: (() => void)[] = [];
  const covae = {
    invoke: () =>
      new Promise((resolve) => {
        const value = structuredClone(disk);
        answers.push(() => resolve({ ok: true, value }));
      }),
    on: (event: string, listener: (payload: unknown) => void) => {
      listeners.set(event, listener);
      return () => listeners.delete(event);
    },
    pathForFile: () => '',
  };
  const failures: unknown[] = [];
  // Stands in for all channels at once.
  const watch = new RunWatch(new Bridge(covae as unknown as CovaeBridge), RUN, (error) =>
    failures.push(error),
  );
  const emit = (event: string, payload: object): void => listeners.get(event)?.({ runId: RUN, ...payload });
  const answer = async (): Promise<void> => {
    await vi.waitFor(() => expect(answers.length).toBeGreaterThan(0));
    answers.shift()?.();
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { disk, watch, emit, answer, listeners, failures };
}

const steps = (list: readonly { step: number }[]): number[] => list.map(({ step }) => step);

describe('RunWatch', () => {
  it('reads the run and follows it, and no other', async () => {
    const { watch, emit, answer, listeners } = setup();
    const end = watch.follow();
    await answer();
    expect(watch).toMatchObject({ known: true, variant: 'covae', earlierStep: 400 });
    expect(steps(watch.alarms)).toEqual([100]);
    emit('training.alarm', { alarm: alarm(300) });
    emit('training.diagnostics', { diagnostics: measured(300) });
    emit('training.alarm', { runId: 'other', alarm: alarm(301) });
    expect(steps(watch.alarms)).toEqual([100, 300]);
    expect(steps(watch.diagnostics)).toEqual([100, 200, 300]);
    end();
    expect(listeners.size).toBe(0);
  });

  it('follows evaluations, and how far one is', async () => {
    const { disk, watch, emit, answer } = setup();
    disk.evaluations.push(evaluated(200, 5));
    const end = watch.follow();
    await answer();
    emit('training.evaluating', { progress: { done: 32, total: 100 } });
    expect(watch.evaluating).toEqual({ done: 32, total: 100 });
    emit('training.evaluation', { evaluation: evaluated(400, 4) });
    emit('training.evaluating', { progress: null });
    expect(watch.evaluating).toBeNull();
    expect(watch.evaluations.map(({ fd1 }) => fd1)).toEqual([5, 4]);
    end();
  });

  it('loses and doubles nothing that comes while it reads', async () => {
    const { disk, watch, emit, answer } = setup();
    disk.alarms.push(alarm(250));
    disk.diagnostics.push(measured(250));
    const end = watch.follow();
    emit('training.alarm', { alarm: alarm(250) });
    emit('training.alarm', { alarm: alarm(300) });
    emit('training.diagnostics', { diagnostics: measured(250) });
    emit('training.diagnostics', { diagnostics: measured(300) });
    await answer();
    expect(steps(watch.alarms)).toEqual([100, 250, 300]);
    expect(steps(watch.diagnostics)).toEqual([100, 200, 250, 300]);
    end();
  });

  it('reads again when the training goes on from an earlier step', async () => {
    const { disk, watch, emit, answer } = setup();
    const end = watch.follow();
    await answer();
    emit('training.diagnostics', { diagnostics: measured(300) });
    disk.alarms = [];
    disk.diagnostics = [measured(100)];
    emit('training.state', { phase: 'running' });
    await answer();
    expect(watch.alarms).toEqual([]);
    expect(steps(watch.diagnostics)).toEqual([100]);
    // A measurement of an earlier step drops what was measured of the weights that are gone.
    emit('training.diagnostics', { diagnostics: measured(100) });
    expect(steps(watch.diagnostics)).toEqual([100]);
    end();
  });
});

it('keeps a bounded number of measurements, spread over the whole training, the last among them', () => {
  let list: { step: number }[] = [];
  for (let step = 1; step <= 10_000; step++) list = withMeasured(list, { step });
  expect(list).toHaveLength(MOST_MEASURED);
  expect(list.at(-1)).toEqual({ step: 10_000 });
  const middle = list.filter(({ step }) => step < 5000).length;
  expect(middle).toBeGreaterThan(MOST_MEASURED / 4);
});
