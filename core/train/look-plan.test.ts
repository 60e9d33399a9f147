import { expect, it } from 'vitest';
import { lookAfter } from './look-plan.ts';

function looks(training: Parameters<typeof lookAfter>[1]): Record<string, string> {
  const found: Record<string, string> = {};
  for (let step = 0; step <= training.steps; step++) {
    const look = lookAfter(step, training);
    if (look !== null) found[step] = look;
  }
  return found;
}

it('looks before the first step, then at steps that double, then at the interval, and closely at the end', () => {
  expect(looks({ steps: 450, sampleEvery: 200, batchSize: 16 })).toEqual({
    ...{ 0: 'grid', 16: 'grid', 32: 'grid', 64: 'grid', 128: 'grid' },
    ...{ 200: 'close', 400: 'close', 450: 'close' },
  });
});

it('takes no more of the time than a look is worth', () => {
  // Every step of eight images is worth 20 passes, a grid 64.
  expect(looks({ steps: 30, sampleEvery: 10, batchSize: 8 })).toEqual({
    ...{ 0: 'grid', 10: 'measured', 20: 'measured', 30: 'close' },
  });
  expect(looks({ steps: 20, sampleEvery: 16, batchSize: 256 })).toEqual({
    ...{ 0: 'grid', 1: 'grid', 2: 'grid', 4: 'grid', 8: 'grid', 16: 'close', 20: 'close' },
  });
});

it('looks once at a step that is several of these', () => {
  expect(looks({ steps: 1, sampleEvery: 1, batchSize: 1 })).toEqual({ 0: 'grid', 1: 'close' });
});
