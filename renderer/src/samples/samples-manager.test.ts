// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallParams, PixelParams } from '../../../main/ipc/contract.ts';
import type { CallOptions } from '../bridge.ts';
import type { SampleEntry } from '../library/database.ts';
import { standIns } from '../test-studio/render.ts';
import { blackImages, finishedRun } from '../test-studio/run.ts';
import { testStudio } from '../test-studio/studio.ts';
import type { DrawingInfo } from './options.ts';
import { SamplesManager } from './samples-manager.svelte.ts';

vi.mock('./thumbnail.ts', () => ({ THUMBNAIL_IMAGES: 16, thumbnail: async () => new Blob(['small']) }));

const info: DrawingInfo = {
  timeSteps: [0, 0.1, 0.5, 1, 3],
  middle: 2,
  classes: ['cat', 'dog'],
  temperature: true,
};

const asked = vi.fn<(params: PixelParams<'model.sample'>) => void>();
const called = vi.fn<(channel: string, params: unknown) => void>();
standIns();
beforeEach(() => vi.clearAllMocks());

const kept = (more: Partial<SampleEntry> = {}): SampleEntry => ({
  runId: 'one',
  file: 'a.png',
  step: 10,
  seed: 3,
  count: 64,
  passes: 2,
  createdAt: '2026-01-02T00:00:00.000Z',
  thumbnail: null,
  ...more,
});

async function setup({ full = false } = {}) {
  const test = testStudio(
    {
      'runs.drawing': () => info,
      'samples.keep': (params: CallParams<'samples.keep'>) => {
        called('keep', params);
        if (full) throw new Error('The disk is full.');
        return { ...kept(), ...params };
      },
    },
    {
      'model.sample': (params) => {
        asked(params);
        return blackImages(params.count);
      },
    },
  );
  const { studio } = test;
  studio.library.runs = [
    finishedRun('one'),
    finishedRun('two'),
    finishedRun('blank', { drawable: false }),
    finishedRun('broken', { problem: 'Damaged.' }),
  ];
  studio.training.trainer = { state: 'ready', reason: null, device: 'CPU' };
  studio.library.setThumbnail = async (entry) => called('thumbnail', entry);
  const manager = new SamplesManager(studio);
  manager.followRun();
  await vi.waitFor(() => expect(manager.info).toEqual(info));
  return { ...test, manager };
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

  it('are drawn as chosen, and told in words', async () => {
    const { manager, studio } = await setup();
    manager.count.text = '8';
    manager.seed.text = '5';
    manager.choosePasses(3);
    manager.chooseLabel(1);
    manager.guidance.text = '2';
    manager.chooseWeights('raw');
    manager.choosePlace(1, 4);
    expect(manager.places).toEqual([2, 4]);
    expect(manager.hidden).toBe(2);
    await manager.drawChosen();
    const reencodeAt = [{ timeIndex: 2 }, { timeIndex: 4 }];
    const params = {
      runId: 'one',
      count: 8,
      seed: 5,
      passes: 3,
      weights: 'raw',
      label: 1,
      guidance: 2,
      reencodeAt,
    };
    expect(asked).toHaveBeenCalledExactlyOnceWith(params);
    expect(manager.caption).toBe(
      '8 samples, seed 5, 3 passes, dog, guidance 2, raw weights, encoded again at 2, 4, one',
    );
    expect(studio.settings.get('samples')).toMatchObject({ count: 8, seed: 5, guidance: 2 });

    manager.asUsual();
    expect(manager.hidden).toBe(0);
    expect(manager.places).toEqual([2, 2]);
  });

  it('are not asked for with a number that is missing or wrong', async () => {
    const { manager } = await setup();
    for (const [field, wrong] of [
      [manager.count, '257'],
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
    expect(asked).not.toHaveBeenCalled();
    expect(manager.params).not.toBeNull();
  });

  it.each(['stop', 'leave'] as const)(
    'can be taken back (%s), and what was drawn before stays',
    async (how) => {
      const { manager, studio } = await setup();
      await manager.drawChosen();
      const before = manager.drawn;
      const signals: (AbortSignal | undefined)[] = [];
      studio.pixels.request = (_kind, _params, options?: CallOptions) =>
        new Promise((_, reject) => {
          const signal = options?.signal;
          signals.push(signal);
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
        });
      const drawing = manager.drawChosen();
      expect(manager.busy).toBe('draw');
      manager[how]();
      await drawing;
      expect(signals[0]?.aborted).toBe(true);
      expect(manager.busy).toBeNull();
      expect(manager.drawn).toBe(before);
      expect(studio.notices.list).toEqual([]);
    },
  );

  it('are kept and exported as they were drawn, whatever is chosen since', async () => {
    const { manager, studio } = await setup();
    await manager.keep();
    expect(called).not.toHaveBeenCalled();
    await manager.drawChosen();
    manager.seed.text = '99';
    await manager.keep();
    expect(called).toHaveBeenCalledWith('keep', { runId: 'one', count: 64, seed: 0, passes: 1 });
    expect(called).toHaveBeenCalledWith('thumbnail', expect.objectContaining({ seed: 0 }));
    manager.export();
    expect(studio.exports.subject).toMatchObject({
      ...{ run: { id: 'one' }, what: 'samples', checkpoint: 'newest' },
      samples: { count: 64, seed: 0, passes: 1 },
    });
  });

  it('are free to be drawn again after a failure', async () => {
    const { manager, studio } = await setup({ full: true });
    await manager.drawChosen();
    await manager.keep();
    expect(studio.notices.list.at(-1)?.text).toBe('The disk is full.');
    expect(manager.busy).toBeNull();
    expect(manager.free).toBe(true);
    studio.training.trainer = { state: 'dead', reason: 'It died.', device: null };
    expect(manager.free).toBe(false);
  });

  it('are drawn again as a kept draw was, with the controls set to it', async () => {
    const { manager } = await setup();
    await manager.again(kept({ runId: 'two', temperature: 0.5, label: 0, reencodeAt: [{ timeIndex: 3 }] }));
    expect(manager.run?.id).toBe('two');
    expect(manager.count.text).toBe('64');
    expect(manager.seed.text).toBe('3');
    expect(manager.temperature.text).toBe('0.5');
    expect(manager.chosen).toMatchObject({ passes: 2, label: 0, places: [3] });
    const options = { temperature: 0.5, label: 0, reencodeAt: [{ timeIndex: 3 }] };
    expect(asked).toHaveBeenCalledExactlyOnceWith({
      runId: 'two',
      count: 64,
      seed: 3,
      passes: 2,
      ...options,
    });
    // The catalogue had lost its small image.
    expect(called).toHaveBeenCalledWith('thumbnail', expect.objectContaining({ runId: 'two' }));
  });

  it('give back lost small images once, of the weights that drew them', async () => {
    const { manager, studio } = await setup();
    studio.library.samples = [
      kept(),
      kept({ file: 'old.png', step: 5 }),
      kept({ file: 'there.png', thumbnail: new Blob() }),
      kept({ file: 'other.png', runId: 'two' }),
      kept({ file: 'seedless.png', seed: null }),
    ];
    await manager.restoreThumbnails();
    await manager.restoreThumbnails();
    expect(asked).toHaveBeenCalledExactlyOnceWith({ runId: 'one', count: 16, seed: 3, passes: 2 });
    expect(called).toHaveBeenCalledExactlyOnceWith('thumbnail', expect.objectContaining({ file: 'a.png' }));
  });
});
