import { describe, expect, it } from 'vitest';
import { Interval } from './interval.ts';

const step = (loss: number, more: object = {}) => ({
  loss,
  recLoss: 2 * loss,
  denoiserLoss: null,
  klLoss: loss + 1,
  gradNorm: 3,
  ...more,
});

describe('Interval', () => {
  it('gives mean, least and largest of all steps, and begins anew', () => {
    const interval = new Interval();
    for (const loss of [4, 1, 7]) interval.add(step(loss));
    expect(interval.steps).toBe(3);
    expect(interval.take()).toEqual({
      steps: 3,
      loss: [4, 1, 7],
      recLoss: [8, 2, 14],
      klLoss: [5, 2, 8],
      gradNorm: [3, 3, 3],
    });
    expect(interval.steps).toBe(0);
    interval.add(step(2, { klTop: 0.5 }));
    expect(interval.take()).toEqual({
      ...{ steps: 1, loss: [2, 2, 2], recLoss: [4, 4, 4], klLoss: [3, 3, 3], gradNorm: [3, 3, 3] },
      klTop: [0.5, 0.5, 0.5],
    });
  });

  it('keeps the digits that a float32 has', () => {
    const interval = new Interval();
    interval.add(step(1 / 3));
    expect(interval.take().loss?.[0]).toBe(0.3333333);
    interval.add(step(123456789));
    expect(interval.take().loss?.[2]).toBe(123456800);
  });
});
