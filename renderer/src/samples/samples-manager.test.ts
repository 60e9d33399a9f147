// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallParams, KeptDraw } from '../../../main/ipc/contract.ts';
import { standIns } from '../test-studio/render.ts';
import { finishedRun, keptDraw } from '../test-studio/run.ts';
import { testStudio } from '../test-studio/studio.ts';
import type { DrawingInfo } from './options.ts';
import { SamplesManager } from './samples-manager.svelte.ts';

const info: DrawingInfo = {
  timeSteps: [0, 0.1, 0.5, 1, 3],
  middle: 2,
  classes: ['cat', 'dog'],
  temperature: true,
  fittable: true,
  latent: [7, 7, 1],
};

const made = vi.fn<(params: CallParams<'draws.make'>) => void>();
standIns();
beforeEach(() => vi.clearAllMocks());

async function setup({ answer }: { answer?: () => Promise<KeptDraw | null> } = {}) {
  const test = testStudio({
    'runs.drawing': () => info,
    'draws.list': () => ({ draws: [], problems: [] }),
    'draws.make': (params) => {
      made(params);
      return answer ? answer() : keptDraw('new', { run: params.runId, count: params.count });
    },
    'draws.stop': () => ({}),
  });
  const { studio } = test;
  studio.library.runs = [
    finishedRun('one'),
    finishedRun('two'),
    finishedRun('blank', { drawable: false }),
    finishedRun('broken', { problem: 'Damaged.' }),
  ];
  studio.training.trainer = { state: 'ready', reason: null, device: 'CPU' };
  studio.draws.start();
  const manager = new SamplesManager(studio);
  manager.followRun();
  await vi.waitFor(() => expect(manager.info).toEqual(info));
  return { ...test, manager };
}

/** What was asked for last, without the number of the order. */
function asked(): Omit<CallParams<'draws.make'>, 'orderId'> | undefined {
  const { orderId: _, ...params } = made.mock.lastCall?.[0] ?? { orderId: '' };
  return made.mock.lastCall ? (params as Omit<CallParams<'draws.make'>, 'orderId'>) : undefined;
}

describe('the samples', () => {
  it('come from a run that has weights', async () => {
    const { manager, studio } = await setup();
    expect(manager.runs.map(({ id }) => id)).toEqual(['one', 'two']);
    manager.chooseRun('two');
    expect(manager.run?.id).toBe('two');
    studio.training.state = { phase: 'running', runId: 'blank', detail: null };
    expect(manager.runs.map(({ id }) => id)).toContain('blank');
  });

  it('are drawn as chosen', async () => {
    const { manager, studio } = await setup();
    manager.count.text = '50000';
    manager.seed.text = '5';
    manager.choosePasses(3);
    manager.chooseLabel(1);
    manager.guidance.text = '2';
    manager.chooseWeights('raw');
    manager.choosePlace(1, 4);
    expect(manager.places).toEqual([2, 4]);
    expect(manager.hidden).toBe(2);
    await manager.drawChosen();
    expect(asked()).toEqual({
      ...{ runId: 'one', count: 50_000, seed: 5, passes: 3, weights: 'raw', label: 1, guidance: 2 },
      reencodeAt: [{ timeIndex: 2 }, { timeIndex: 4 }],
    });
    expect(studio.settings.get('samples')).toMatchObject({ count: 50_000, seed: 5, guidance: 2 });

    manager.asUsual();
    expect(manager.hidden).toBe(0);
    expect(manager.places).toEqual([2, 2]);
  });

  it('are not asked for with a number that is missing or wrong', async () => {
    const { manager } = await setup();
    for (const [field, wrong] of [
      [manager.count, '50001'],
      [manager.count, ''],
      [manager.seed, '-1'],
      [manager.temperature, '11'],
      [manager.guidance, 'much'],
    ] as const) {
      const before = field.text;
      field.text = wrong;
      expect(manager.params).toBeNull();
      await manager.drawChosen();
      field.text = before;
    }
    expect(made).not.toHaveBeenCalled();
    expect(manager.params).not.toBeNull();
  });

  it('are drawn one draw after the other, and stopped with what is there', async () => {
    let finish: (draw: KeptDraw) => void = () => undefined;
    const { manager, calls, tell } = await setup({
      answer: () => new Promise((resolve) => (finish = resolve)),
    });
    const drawing = manager.drawChosen();
    await vi.waitFor(() => expect(made).toHaveBeenCalledOnce());
    expect(manager.busy).toBe(true);
    expect(await manager.drawChosen()).toBeNull();
    const orderId = made.mock.lastCall?.[0].orderId ?? '';
    tell('draws.progress', {
      ...{ runId: 'one', orderId, id: 'new', done: 32, total: 64, perSecond: 10, secondsLeft: 3.2 },
    });
    expect(manager.job).toMatchObject({ id: 'new', done: 32, stopping: false });
    manager.stop();
    expect(manager.job?.stopping).toBe(true);
    await vi.waitFor(() => expect(calls).toHaveBeenCalledWith('draws.stop', { orderId }));
    finish(keptDraw('new', { count: 32, asked: 64 }));
    expect(await drawing).toMatchObject({ count: 32 });
    expect(manager.busy).toBe(false);
    expect(made).toHaveBeenCalledOnce();
  });

  it('are free to be drawn again after a failure', async () => {
    const { manager, studio } = await setup({ answer: () => Promise.reject(new Error('The disk is full.')) });
    await manager.drawChosen();
    expect(studio.notices.list.at(-1)?.text).toBe('The disk is full.');
    expect(manager.busy).toBe(false);
    expect(manager.free).toBe(true);
    studio.training.trainer = { state: 'dead', reason: 'It died.', device: null };
    expect(manager.free).toBe(false);
  });

  it('set the controls as a kept draw was drawn, and are drawn so beside it and exported so', async () => {
    const { manager, studio } = await setup();
    studio.library.runs = studio.library.runs.map((run) => ({ ...run, checkpoints: [5, 10] }));
    const draw = keptDraw('old', {
      ...{ run: 'one', step: 5, asked: 300, seed: 3, passes: 2, temperature: 0.5, label: 0 },
      reencodeAt: [{ timeIndex: 3 }],
    });
    manager.setAs(draw);
    expect([manager.count.text, manager.seed.text, manager.temperature.text]).toEqual(['300', '3', '0.5']);
    expect(manager.chosen).toMatchObject({ passes: 2, label: 0, places: [3] });
    expect(manager.checkpoint.value).toBe(5);
    await manager.drawBeside(draw, 'two', 10);
    const options = { temperature: 0.5, label: 0, reencodeAt: [{ timeIndex: 3 }] };
    expect(asked()).toEqual({ runId: 'two', count: 300, seed: 3, passes: 2, ...options, checkpoint: 10 });
    manager.export(draw);
    expect(studio.exports.subject).toMatchObject({
      ...{ run: { id: 'one' }, what: 'samples', checkpoint: 5 },
      samples: { count: 300, seed: 3, passes: 2, label: '0', at: [{ timeIndex: 3 }] },
    });
  });
});
