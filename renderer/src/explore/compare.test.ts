// @vitest-environment jsdom
import { expect, it, vi } from 'vitest';
import type { PixelParams } from '../../../main/ipc/contract.ts';
import { standIns } from '../test-studio/render.ts';
import { blackImages, finishedRun } from '../test-studio/run.ts';
import { testStudio } from '../test-studio/studio.ts';
import { Compare, MAX_ROWS } from './compare.svelte.ts';

standIns();

it('draws one view through several checkpoints and runs, of one shape', async () => {
  const drawn = vi.fn<(params: PixelParams<'explore.draw'>) => void>();
  const { studio } = testStudio(
    {},
    {
      'explore.draw': (params) => {
        drawn(params);
        return blackImages(2);
      },
    },
  );
  studio.library.runs = [
    finishedRun('one', { step: 30, checkpoints: [10, 20, 30] }),
    finishedRun('two', { step: 9 }),
    finishedRun('wide', { imageSize: 64 }),
  ];
  const compare = new Compare(studio, () => studio.library.run('one'));
  expect(compare.rows).toEqual([
    { runId: 'one', step: 10 },
    { runId: 'one', step: null },
  ]);
  compare.add({ runId: 'two', step: null });
  compare.add({ runId: 'wide', step: null });
  expect(compare.rows.map(({ runId }) => runId)).toEqual(['one', 'one', 'two']);
  const view = { kind: 'points' as const, points: [{ kind: 'seed' as const, seed: 0, number: 0 }] };
  compare.show(view, {});
  await vi.waitFor(() => expect(drawn).toHaveBeenCalledTimes(3));
  expect(drawn.mock.calls.map(([params]) => params)).toEqual([
    { runId: 'one', view, look: {}, checkpoint: 10 },
    { runId: 'one', view, look: {} },
    { runId: 'two', view, look: {} },
  ]);
  compare.show(view, {});
  expect(drawn).toHaveBeenCalledTimes(3);
  expect(compare.words({ runId: 'one', step: 10 })).toBe('one, step 10');
  compare.remove(0);
  compare.remove(0);
  compare.remove(0);
  expect(compare.rows).toHaveLength(1);
  compare.chooseAll();
  expect(compare.rows.map(({ step }) => step)).toEqual([10, 20, 30]);
  for (let i = 0; i < 20; i++) compare.add({ runId: 'two', step: i });
  expect(compare.rows).toHaveLength(MAX_ROWS);
});
