import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricsLine } from '../../../core/run/manifest.ts';
import { logarithmicTicks, MetricSeries, smooth } from './series.ts';

function line(step: number): MetricsLine {
  return {
    step,
    loss: step,
    recLoss: 0,
    denoiserLoss: null,
    klLoss: 0,
    gradNorm: 0,
    learningRate: 0,
    intervals: 2,
    stepsPerSecond: 1,
    seconds: step,
  };
}

describe('MetricSeries', () => {
  it('stays below its limit and evenly spread however long the run', () => {
    const series = new MetricSeries(100);
    for (let step = 1; step <= 10_000; step++) series.add(line(step));
    const steps = series.lines.map((entry) => entry.step);
    expect(steps.length).toBeLessThanOrEqual(100);
    expect(steps.length).toBeGreaterThan(45);
    const gaps = steps.slice(1).map((step, index) => step - (steps[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(4 * Math.min(...gaps));
    expect(steps.at(-1)).toBeGreaterThan(9_500);
  });

  it('drops what came after a checkpoint to which the run went back', () => {
    const series = new MetricSeries();
    series.replace([1, 2, 3, 4, 5].map(line));
    series.add(line(3));
    expect(series.lines.map((entry) => entry.step)).toEqual([1, 2, 3]);
  });
});

describe('smooth', () => {
  it('leaves a straight line where it is: no delay, no lift at the ends', () => {
    const xs = Array.from({ length: 200 }, (_, index) => index * 10);
    const ys = xs.map((x) => 900 - 0.3 * x);
    smooth(xs, ys, 155).forEach((value, index) => expect(value).toBeCloseTo(ys[index] ?? NaN, 9));
  });

  it('is the mean of the values in reach', () => {
    expect(smooth([0, 1, 2, 3, 4], [5, 1, 9, 2, 7], 1)).toEqual([5, 5, 4, 6, 7]);
  });

  it('is the mean by definition, for uneven steps and gaps', () => {
    const points = fc.array(
      fc.record({
        gap: fc.integer({ min: 1, max: 20 }),
        y: fc.option(fc.integer({ min: -50, max: 50 }), { nil: null }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(points, fc.integer({ min: 0, max: 60 }), (list, radius) => {
        let x = 0;
        const xs = list.map(({ gap }) => (x += gap));
        const ys = list.map(({ y }) => y);
        const expected = xs.map((center, index) => {
          if (ys[index] === null) return null;
          const reach = Math.min(radius, center - (xs[0] ?? 0), (xs.at(-1) ?? 0) - center);
          const within = ys.filter(
            (y, other): y is number => y !== null && Math.abs((xs[other] ?? 0) - center) <= reach,
          );
          return within.reduce((sum, y) => sum + y, 0) / within.length;
        });
        smooth(xs, ys, radius).forEach((value, index) => {
          const wanted = expected[index];
          if (wanted === null || wanted === undefined) expect(value).toBeNull();
          else expect(value).toBeCloseTo(wanted, 9);
        });
      }),
    );
  });
});

describe('logarithmicTicks', () => {
  it('are round, within the range and few', () => {
    expect(logarithmicTicks(42, 2_000)).toEqual([100, 300, 1_000]);
    expect(logarithmicTicks(0.5, 12_000)).toEqual([1, 10, 100, 1_000, 10_000]);
    expect(logarithmicTicks(4, 33)).toEqual([5, 10, 20]);
    expect(logarithmicTicks(30, 55)).toEqual([30, 40, 50]);
    expect(logarithmicTicks(0, 10)).toEqual([]);
  });
});
