// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { PixelParams } from '../../../main/ipc/contract.ts';
import { standIns } from '../test-studio/render.ts';
import { blackImages, finishedRun } from '../test-studio/run.ts';
import { datasetEntry, testStudio } from '../test-studio/studio.ts';
import { InterpolateManager } from './interpolate-manager.svelte.ts';

const asked = vi.fn<(params: PixelParams<'model.interpolate'>) => void>();
standIns();
beforeEach(() => vi.clearAllMocks());

async function setup() {
  const test = testStudio(
    {
      'runs.drawing': () => ({ timeSteps: [0, 0.1, 0.5, 1, 3], middle: 2, classes: [], temperature: true }),
      'datasets.labels': ({ indices }) => indices.map((index) => `class ${index}`),
    },
    {
      'model.interpolate': (params) => {
        asked(params);
        return blackImages(params.positions.length);
      },
    },
  );
  const { studio } = test;
  studio.library.runs = [finishedRun('one'), finishedRun('bare', { dataset: null })];
  studio.library.datasets = [datasetEntry('digits', { classes: ['class 0', 'class 1'], count: 50 })];
  const manager = new InterpolateManager(studio);
  manager.followRun();
  await vi.waitFor(() => expect(manager.info).not.toBeNull());
  return { ...test, manager };
}

describe('the way between two images', () => {
  it('begins with the first two images, in the middle', async () => {
    const { manager } = await setup();
    expect([manager.a, manager.b, manager.position, manager.place]).toEqual([0, 1, 50, null]);
    expect(manager.hasPlaces).toBe(true);
    manager.show();
    await vi.waitFor(() => expect(manager.strip?.count).toBe(9));
    expect(asked.mock.calls[0]?.[0]).toMatchObject({ runId: 'one', a: 0, b: 1 });
    expect(asked.mock.calls[0]?.[0].positions.slice(0, 3)).toEqual([0.5, 0, 0.125]);
    manager.askClasses();
    await vi.waitFor(() => expect(manager.classes).toEqual(['class 0', 'class 1']));
  });

  it('stays within the images and the time steps that there are', async () => {
    const { manager, studio } = await setup();
    studio.settings.set('interpolate', { a: 700, b: -1, place: 99 });
    expect([manager.a, manager.b, manager.place]).toEqual([49, 0, 4]);
    manager.choosePlace(0);
    expect(manager.place).toBe(1);
    // The middle is the run's own.
    manager.choosePlace(2);
    expect(manager.place).toBeNull();
  });

  it('is chosen, swapped and exported', async () => {
    const { manager, studio } = await setup();
    manager.picking = 'a';
    manager.chooseEnd('a', 7);
    expect([manager.picking, manager.a]).toEqual([null, 7]);
    manager.randomEnd('b');
    expect(manager.b).toBeLessThan(50);
    manager.chooseEnd('b', 3);
    manager.choosePosition(25);
    manager.swap();
    expect([manager.a, manager.b, manager.position]).toEqual([3, 7, 75]);
    manager.choosePlace(4);
    manager.export();
    expect(studio.exports.subject).toMatchObject({
      run: { id: 'one' },
      what: 'path',
      checkpoint: 'newest',
      path: { from: 3, to: 7, count: 16, at: [{ timeIndex: 4 }] },
    });
  });

  it('is shown anew while the run learns, and only then', async () => {
    const { manager, tell } = await setup();
    const stop = manager.followTraining();
    manager.show();
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
    tell('training.samples', { runId: 'another', step: 1 });
    tell('training.samples', { runId: 'one', step: 11 });
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
    // With the strip.
    expect(asked.mock.calls[1]?.[0].positions).toHaveLength(10);
    stop();
    tell('training.samples', { runId: 'one', step: 12 });
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it('is none without a data set or a trainer', async () => {
    const { manager, studio } = await setup();
    manager.chooseRun('bare');
    expect(manager.source).toBeNull();
    expect(manager.forgetEnds()).toBeUndefined();
    manager.show();
    manager.chooseRun('one');
    studio.training.trainer = { state: 'dead', reason: 'It died.', device: null };
    manager.show();
    expect(asked).not.toHaveBeenCalled();
  });
});
