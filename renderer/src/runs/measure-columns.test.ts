// @vitest-environment jsdom
import { expect, it, vi } from 'vitest';
import { finishedRun } from '../test-studio/run.ts';
import { testStudio } from '../test-studio/studio.ts';
import { RunsTableManager } from './runs-table.svelte.ts';

const about = '5,000 samples';
const columns = [
  { key: 'fd', title: 'FD-MobileNetV2, 1 pass', about, better: 'lower' as const },
  { key: 'kid', title: 'Kernel distance, 1 pass', about, better: 'lower' as const },
  { key: 'ssim', title: 'SSIM, reconstructions', about: '300 images', better: 'higher' as const },
];
const value = (key: string, best: number, last: number) => ({
  ...{ key, best: { step: 100, value: best }, last: { step: 200, value: last } },
});

async function setup() {
  const test = testStudio({
    'runs.measures': () => ({
      columns,
      runs: [
        { runId: 'one', measures: [value('fd', 5, 9), value('ssim', 0.8, 0.7)] },
        { runId: 'two', measures: [value('fd', 7, 7)] },
      ],
    }),
    'runs.settings': () => [],
  });
  test.studio.library.runs = ['one', 'two', 'three'].map((id) => finishedRun(id));
  const manager = new RunsTableManager(test.studio);
  const end = manager.measures.follow();
  await vi.waitFor(() => expect(manager.measures.columns).toHaveLength(3));
  return { ...test, manager, end };
}

it('has best and last of the usual measures as columns that the table is sorted by', async () => {
  const { manager, end } = await setup();
  expect(manager.measures.shown.map(({ key }) => key)).toEqual(['best fd', 'last fd']);
  const ids = () => manager.found.map(({ run }) => run.id);
  manager.sortBy('best fd');
  expect(ids()).toEqual(['one', 'two', 'three']);
  manager.sortBy('last fd');
  expect(ids()).toEqual(['two', 'one', 'three']);
  manager.sortBy('last fd');
  expect(ids()).toEqual(['one', 'two', 'three']);
  end();
});

it('shows the measures that are chosen, with mean and band of a group', async () => {
  const { manager, end } = await setup();
  manager.measures.toggle('ssim');
  manager.measures.toggle('fd');
  expect(manager.measures.shown.map(({ key }) => key)).toEqual(['best ssim', 'last ssim']);
  manager.measures.toggle('fd');
  manager.groupBy('dataset');
  expect(manager.groups?.[0]?.measured[0]).toEqual({ mean: 6, least: 5, largest: 7, count: 2 });
  end();
});
