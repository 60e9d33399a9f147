import { describe, expect, it } from 'vitest';
import type { MetricsLine } from '../../../../core/run/manifest.ts';
import { curvesOf } from '../../../../main/ipc/contract.ts';
import { CurveStore, nearestIndex } from './curve-store.ts';
import { decimate } from './decimate.ts';

function line(step: number, loss = step, more: Partial<MetricsLine> = {}): MetricsLine {
  return {
    ...{ step, loss, recLoss: 5, denoiserLoss: null, klLoss: 2, gradNorm: 1, learningRate: 1e-3 },
    ...{ intervals: 2, stepsPerSecond: 4, seconds: step / 4 },
    ...more,
  };
}

const of = { batchSize: 16, images: 100 };

describe('CurveStore', () => {
  it('is the same grown line by line as read at once, whatever its length', () => {
    const lines = Array.from({ length: 1000 }, (_, i) =>
      line(10 * (i + 1), Math.sin(i), i > 600 ? { memory: i * 1e6 } : {}),
    );
    const read = new CurveStore();
    read.replace(curvesOf(lines, of));
    const grown = new CurveStore();
    grown.replace(curvesOf(lines.slice(0, 3), of));
    for (const each of lines.slice(3)) grown.add(each);
    expect(grown.keys).toEqual(read.keys);
    expect(grown.steps).toEqual(read.steps);
    expect(grown.seconds).toEqual(read.seconds);
    for (const key of read.keys) expect(grown.column(key)).toEqual(read.column(key));
    expect(grown.last('loss')).toBe(Math.sin(999));
    expect(grown.last('klTop')).toBeNull();
  });

  it('drops what came after the step that a run went back to, and takes no line twice', () => {
    const store = new CurveStore();
    for (const step of [10, 20, 30, 40]) store.add(line(step));
    store.add(line(20, 7));
    expect([...store.steps]).toEqual([10, 20]);
    store.add(line(20, 7));
    expect([...store.column('loss').mean]).toEqual([10, 7]);
  });

  it('finds the nearest line', () => {
    const store = new CurveStore();
    expect(store.nearest(5)).toBe(-1);
    for (const step of [10, 20, 40]) store.add(line(step));
    expect([0, 14, 16, 29, 31, 99].map((step) => store.nearest(step))).toEqual([0, 0, 1, 1, 2, 2]);
    expect(nearestIndex([3], 9)).toBe(0);
  });
});

describe('decimate', () => {
  const values = (length: number, of: (i: number) => number) =>
    Float64Array.from({ length }, (_, i) => of(i));
  const column = (length: number) => ({
    x: values(length, (i) => i),
    mean: values(length, () => 1),
    smooth: values(length, (i) => i),
    min: values(length, (i) => (i === 1234 ? 0.01 : 0.9)),
    max: values(length, (i) => (i === 77_777 ? 500 : 1.1)),
  });

  it('keeps every peak, however many points there are', () => {
    const shown = decimate(column(100_000), null, 600, true);
    expect(shown.x.length).toBeLessThanOrEqual(600);
    expect(shown.x.at(-1)).toBe(99_999);
    expect(Math.min(...shown.min.map(Number))).toBe(0.01);
    expect(Math.max(...shown.max.map(Number))).toBe(500);
    expect(shown.mean.every((mean) => mean === 1)).toBe(true);
    expect(shown.smooth.at(-1)).toBe(99_999);
  });

  it('leaves few points as they are, and shows a point on either side of a range', () => {
    const shown = decimate(column(2000), [1234, 1236], 600, false);
    expect(shown.x).toEqual([1233, 1234, 1235, 1236, 1237]);
    expect(shown.min[1]).toBe(0.01);
    expect(decimate(column(10), null, 600, false).x).toHaveLength(10);
  });

  it('leaves gaps where nothing was logged, and what has no logarithm', () => {
    const shown = decimate(
      { x: [1, 2, 3], mean: [NaN, -1, 4], min: [NaN, -2, -1], max: [NaN, 1, 5], smooth: [NaN, -1, 3] },
      null,
      600,
      true,
    );
    expect(shown.mean).toEqual([null, null, 4]);
    expect(shown.min).toEqual([null, null, 4]);
    expect(shown.max).toEqual([null, null, 5]);
    expect(shown.smooth).toEqual([null, null, 3]);
  });
});
