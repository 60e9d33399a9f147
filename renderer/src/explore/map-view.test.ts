// @vitest-environment jsdom
import { beforeEach, expect, it, vi } from 'vitest';
import type { CallParams } from '../../../main/ipc/contract.ts';
import { testStudio } from '../test-studio/studio.ts';
import { MapView } from './map-view.svelte.ts';

const asked = vi.fn<(params: CallParams<'explore.map'>) => void>();
beforeEach(() => vi.clearAllMocks());

function setup() {
  const test = testStudio({
    'explore.map': (params) => {
      asked(params);
      return {
        ...{ indices: [4, 7, 9], labels: [1, null, 0], classes: ['a', 'b'], t: [0.1, 2] },
        positions: [0, 0, 1, 1, 2, 2, 10, 0, 11, 1, 12, 2],
      };
    },
    'explore.subset': ({ name, indices }) => ({ name, count: indices.length }),
    'explore.saveNames': ({ indices }) => ({ path: `/home/me/${indices.join('-')}.csv` }),
  });
  return { ...test, view: new MapView(test.studio) };
}

it('is made as asked for, within what its method can lay out', async () => {
  const { view } = setup();
  view.method = 'tsne';
  view.times = 9;
  view.count = 5000;
  await view.make({ runId: 'one', checkpoint: 5 }, [1, 5, 9]);
  expect(asked).toHaveBeenCalledExactlyOnceWith({
    ...{ runId: 'one', checkpoint: 5 },
    order: {
      ...{ method: 'tsne', count: 222, seed: 0 },
      times: [{ timeIndex: 1 }, { timeIndex: 5 }, { timeIndex: 9 }],
    },
  });
  expect([...view.points]).toEqual([0, 0, 1, 1, 2, 2]);
  view.at = 0.5;
  expect([...view.points]).toEqual([5, 0, 6, 1, 7, 2]);
  expect([view.className(0), view.className(1)]).toEqual(['b', null]);
  expect(view.working).toBe(false);
});

it('tells how far it is, and is left as it was when it is stopped', async () => {
  const { view, studio, tell } = setup();
  const end = view.listen();
  studio.bridge.call = (_channel, _params, options) =>
    new Promise((_, reject) =>
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error)),
    );
  const making = view.make({ runId: 'one' }, [3]);
  tell('explore.mapping', { runId: 'one', phase: 'mapping', done: 3, total: 9 });
  expect(view.progress).toEqual({ phase: 'mapping', done: 3, total: 9 });
  view.stop();
  await making;
  expect(view.progress).toBeNull();
  expect(view.made).toBeNull();
  expect(studio.notices.list).toEqual([]);
  end();
});

it('gives what is selected to groups, data sets and tables, and forgets it with its run', async () => {
  const { view, studio } = setup();
  view.follow({ runId: 'one' });
  await view.make({ runId: 'one' }, [3]);
  view.toggle(2);
  view.toggle(0);
  view.toggle(1);
  view.toggle(0);
  expect(view.chosen).toEqual([9, 7]);
  view.setGroup('from');
  view.selected = [0];
  view.setGroup('to');
  expect(view.groups).toEqual({ from: [9, 7], to: [4] });
  expect(await view.makeDataset('one', 'mine')).toBe(true);
  await view.saveNames('one');
  expect(studio.notices.list.map(({ text }) => text)).toEqual([
    '“mine” is made of 1 image.',
    'Written to /home/me/4.csv.',
  ]);
  view.follow({ runId: 'one' });
  expect(view.made).not.toBeNull();
  view.follow({ runId: 'two' });
  expect(view.made).toBeNull();
  expect(view.groups.from).toEqual([]);
});
