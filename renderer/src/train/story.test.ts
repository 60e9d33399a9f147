import { expect, it } from 'vitest';
import { finishedRun } from '../test-studio/run.ts';
import { childrenOf, storyOf } from './story.ts';

const line = (step: number, hour: number, what: 'began' | 'stopped' | 'finished' | 'changed', more = {}) => ({
  ...{ step, at: `2026-01-01T0${hour}:00:00.000Z`, seconds: 1, what },
  ...more,
});

it('tells changes, resumes and continuations in their order', () => {
  const story = storyOf(
    [
      line(0, 1, 'began'),
      line(50, 2, 'changed', { changes: { learningRate: 0.001 } }),
      line(60, 3, 'stopped'),
      line(60, 4, 'began'),
      line(100, 5, 'finished'),
      line(100, 7, 'began'),
    ],
    { steps: 250, continued: [{ from: 100, steps: 100, learningRate: 0.1, at: '2026-01-01T06:00:00.000Z' }] },
  );
  expect(story.map(({ step, words }) => `${step} ${words}`)).toEqual([
    '0 began',
    '50 changed: learning rate 0.001',
    '60 stopped',
    '60 resumed',
    '100 finished',
    '100 given 150 further steps, 250 in all',
    '100 resumed',
  ]);
  expect(storyOf([line(40, 1, 'began')], { steps: 100 })[0]?.words).toBe('went on');
});

it('knows forks from averages and from runs that took the weights only', () => {
  const parent = { id: 'one', step: 100 };
  const runs = [
    finishedRun('one'),
    finishedRun('late', { parent: { ...parent, changed: [] }, createdAt: '2026-02-01T00:00:00.000Z' }),
    finishedRun('early', { parent: { ...parent, changed: [{ key: 'training.steps', value: 5 }] } }),
    finishedRun('weights', { parent: { ...parent, changed: null } }),
    finishedRun('average', { parent: { ...parent, changed: [], average: 0.1 } }),
    finishedRun('other', { parent: { ...parent, id: 'two', changed: [] } }),
  ];
  const { forks, averages, others } = childrenOf(runs, 'one');
  expect(averages.map(({ id }) => id)).toEqual(['average']);
  expect(forks.map(({ id }) => id)).toEqual(['early', 'late']);
  expect(others.map(({ id }) => id)).toEqual(['weights']);
});
