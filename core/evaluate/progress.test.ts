import { expect, it } from 'vitest';
import { rated } from './progress.ts';

it('progress has a rate and the time left, for each phase anew', () => {
  const told: unknown[] = [];
  let now = 0;
  const progress = rated(
    (one) => told.push(one),
    () => now,
  );
  progress({ phase: 'Drawing', done: 0, total: 100 });
  now = 2000;
  progress({ phase: 'Drawing', done: 50, total: 100 });
  progress({ phase: 'Measuring', done: 0, total: null });
  expect(told).toEqual([
    { phase: 'Drawing', done: 0, total: 100, perSecond: null, secondsLeft: null },
    { phase: 'Drawing', done: 50, total: 100, perSecond: 25, secondsLeft: 2 },
    { phase: 'Measuring', done: null, total: null, perSecond: null, secondsLeft: null },
  ]);
});

it('is reckoned anew where the next part has a phase of the same name', () => {
  const rates: (number | null)[] = [];
  let now = 0;
  const progress = rated(
    ({ perSecond }) => rates.push(perSecond),
    () => now,
  );
  for (const [at, done] of [
    [0, 0],
    [1000, 100],
    [2000, 0],
    [3000, 10],
  ] as const) {
    now = at;
    progress({ phase: 'Looking', done, total: 100 });
  }
  expect(rates).toEqual([null, 100, null, 10]);
});
