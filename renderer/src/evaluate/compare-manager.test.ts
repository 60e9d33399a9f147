// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import type { CallParams } from '../../../main/ipc/contract.ts';
import { testRecord } from '../test-studio/evaluation.ts';
import { finishedRun } from '../test-studio/run.ts';
import { testStudio } from '../test-studio/studio.ts';
import { CompareManager } from './compare-manager.svelte.ts';
import type { EvaluationEntry } from './run-evaluations.svelte.ts';

const entry = (id: string, step: number, fd: number, count = 5000): EvaluationEntry => ({
  file: `${step}-${count}.json`,
  record: testRecord({ run: { id, name: id }, checkpoint: { step, sha256: null }, measures: { fd }, count }),
});

async function setup() {
  const written = vi.fn((_: CallParams<'evaluations.export'>) => ({ path: '/out.csv' }));
  const lists: Record<string, EvaluationEntry[]> = {
    one: [entry('one', 100, 9), entry('one', 200, 7)],
    two: [entry('two', 100, 8), entry('two', 100, 20, 500)],
    none: [],
  };
  const test = testStudio({
    'evaluations.list': ({ runId }) => ({
      evaluations: lists[runId] ?? [],
      damaged: runId === 'two' ? ['x.json is damaged.'] : [],
    }),
    'evaluations.export': written,
  });
  test.studio.library.runs = ['one', 'two', 'none'].map((id) => finishedRun(id));
  const manager = new CompareManager(test.studio);
  const end = manager.follow();
  await vi.waitFor(() => expect(manager.known).toBe(true));
  const shown = () => manager.group?.rows.map(({ runId, file }) => `${runId} ${file}`);
  return { ...test, manager, written, shown, lists, end };
}

describe('the table of several runs', () => {
  it('begins with what most runs have alike, the last step of each', async () => {
    const { manager, shown } = await setup();
    expect(shown()).toEqual(['one 200-5000.json', 'two 100-5000.json']);
    expect(manager.differences).toBeNull();
    expect(manager.groups.map(({ label }) => label)).toEqual([
      '5,000 samples, against 5,000 training images of digits, MobileNetV2 (2 runs)',
      '500 samples, against 5,000 training images of digits, MobileNetV2 (1 run)',
      'All, however they were measured',
    ]);
    expect(manager.damaged).toEqual(['x.json is damaged.']);
    expect(manager.runs.map(({ id }) => id)).toEqual(['one', 'two']);
  });

  it('mixes nothing without saying so', async () => {
    const { manager, shown } = await setup();
    manager.chooseGroup('all');
    expect(shown()).toHaveLength(3);
    expect(manager.differences).toContain('number of images: 5,000 and 500');
  });

  it('shows every step, fewer runs and fewer measures when asked', async () => {
    const { manager, shown } = await setup();
    manager.every = true;
    expect(shown()).toHaveLength(3);
    manager.toggleRun('one');
    expect(shown()).toEqual(['two 100-5000.json']);
    expect(manager.columns).toEqual(['fd']);
    manager.toggleColumn('fd');
    expect(manager.columns).toEqual([]);
    manager.toggleColumn('fd');
    expect(manager.columns).toEqual(['fd']);
  });

  it('is exported as it is sorted, with the columns that are shown', async () => {
    const { manager, written, studio } = await setup();
    manager.order = { key: 'fd', descending: true };
    await manager.exportAs('csv');
    expect(written).toHaveBeenCalledWith({
      evaluations: [
        { runId: 'two', file: '100-5000.json' },
        { runId: 'one', file: '200-5000.json' },
      ],
      measures: ['fd'],
      as: 'csv',
    });
    expect(studio.notices.list.at(-1)?.text).toBe('2 rows written to /out.csv.');
  });

  it('follows what is measured meanwhile', async () => {
    const { manager, lists, tell, shown } = await setup();
    lists['one'] = [entry('one', 300, 1)];
    tell('evaluations.changed', { runId: 'one' });
    await vi.waitFor(() => expect(shown()).toContain('one 300-5000.json'));
    expect(manager.rows).toHaveLength(3);
  });
});
