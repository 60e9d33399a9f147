import { expect, it } from 'vitest';
import { outcomeSentence } from './outcome-sentence.ts';

const RUN = { step: 120, steps: 3000, lastLoss: null, lastMeasured: null };

it('says how far it came, and the numbers that there are', () => {
  const finished = { state: 'finished' as const, collapsed: [] };
  expect(outcomeSentence({ ...RUN, step: 3000, outcome: finished, lastLoss: 0.04213 })).toBe(
    'Finished after 3,000 steps. Loss 0.0421.',
  );
  const lastMeasured = { step: 100, measure: 'fd-1-pass' as const, value: 31.24 };
  const stopped = { state: 'stopped' as const, collapsed: [] };
  expect(outcomeSentence({ ...RUN, outcome: stopped, lastMeasured })).toBe(
    'Stopped at step 120 of 3,000. Fréchet distance, 1 pass: 31.2.',
  );
  expect(outcomeSentence({ ...RUN, outcome: { state: 'diverged', collapsed: [] } })).toBe('Diverged.');
});

it('says what is wrong with one that learned nothing', () => {
  const collapsed = [
    { kind: 'mode-collapse' as const, name: 'Mode collapse', value: 0.01, bound: 0.2, t: null },
  ];
  expect(outcomeSentence({ ...RUN, step: 3000, outcome: { state: 'finished', collapsed } })).toBe(
    'Finished after 3,000 steps, but collapsed. ' +
      'The samples are alike (their spread is 0.01 of the images’, at least 0.2 is expected).',
  );
});
