import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { curvesCsv, curvesOf, keysOf, placesOn, pointsOf, smoothed } from './curves.ts';
import type { MetricsLine } from './manifest.ts';

function line(step: number, more: Partial<MetricsLine> = {}): MetricsLine {
  return {
    ...{ step, loss: 10 / step, recLoss: 5, denoiserLoss: null, klLoss: 2, gradNorm: 1, learningRate: 1e-3 },
    ...{ intervals: 2, stepsPerSecond: 4, seconds: step / 4 },
    ...more,
  };
}

const of = { batchSize: 16, images: 160 };

describe('the curves of a run', () => {
  it('are means of all steps with the least and the largest, also beside lines of older versions', () => {
    const over = { steps: 10, loss: [3, 1, 8] as [number, number, number] };
    const curves = curvesOf([line(10), line(20, { over, memory: 2.5e9 })], of);
    expect(keysOf(curves)).toEqual([
      ...['loss', 'recLoss', 'klLoss', 'gradNorm', 'learningRate', 'intervals', 'imagesPerSecond', 'memory'],
    ]);
    expect(curves.columns.loss).toEqual({
      mean: Float64Array.of(1, 3),
      min: Float64Array.of(1, 1),
      max: Float64Array.of(1, 8),
    });
    expect(curves.columns.memory?.mean).toEqual(Float64Array.of(NaN, 2.5));
    expect(curves.columns.imagesPerSecond?.mean).toEqual(Float64Array.of(64, 64));
    expect(pointsOf(line(3, { stepsPerSecond: 0 }), 1).imagesPerSecond).toBeUndefined();
  });

  it('lie on four axes', () => {
    const curves = curvesOf([line(10), line(20)], of);
    expect([...placesOn('step', curves)]).toEqual([10, 20]);
    expect([...placesOn('images', curves)]).toEqual([160, 320]);
    expect([...placesOn('epochs', curves)]).toEqual([1, 2]);
    expect([...placesOn('time', curves)]).toEqual([2.5, 5]);
  });

  it('are written as a table, with nothing where nothing was logged', () => {
    const over = { steps: 10, loss: [3, 1, 8.25] as [number, number, number] };
    const curves = curvesOf([line(10), line(20, { over, memory: 1e9 })], of);
    expect(curvesCsv(curves, ['loss', 'memory'])).toBe(
      'step,images,epochs,seconds,loss,loss_min,loss_max,memory,memory_min,memory_max\r\n' +
        '10,160,1,2.5,1,1,1,,,\r\n20,320,2,5,3,1,8.25,1,1,1\r\n',
    );
    expect(curvesCsv(curvesOf([], { ...of, images: null }))).toBe('step,images,seconds\r\n');
  });

  it('are read by Python as they were written', () => {
    const curves = curvesOf([line(3, { loss: 1 / 3 }), line(7, { loss: 1e-30 })], of);
    const script = [
      'import csv, sys, json',
      'rows = list(csv.DictReader(sys.stdin))',
      'print(json.dumps([float(row["loss"]) for row in rows]))',
    ].join('\n');
    const read = execFileSync('python3', ['-c', script], { input: curvesCsv(curves), encoding: 'utf8' });
    expect(JSON.parse(read)).toEqual([1 / 3, 1e-30]);
  });
});

describe('smoothed', () => {
  it('is the moving average without its bias: the first value is itself, a constant stays', () => {
    expect([...smoothed([5, 5, 5], 0.9)].map((value) => value.toFixed(9))).toEqual(
      Array(3).fill('5.000000000'),
    );
    const values = [1, 4, -2, 8];
    const weight = 0.6;
    // Of each value so far, weighted by 0.6 to the power of its age.
    const expected = values.map((_, n) => {
      const weights = values.slice(0, n + 1).map((__, i) => weight ** (n - i));
      const sum = weights.reduce((total, w, i) => total + w * values[i]!, 0);
      return sum / weights.reduce((total, w) => total + w, 0);
    });
    [...smoothed(values, weight)].forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 12));
    expect([...smoothed(values, 0)]).toEqual(values);
  });

  it('leaves gaps as they are', () => {
    expect([...smoothed([1, NaN, 3], 0.5)]).toEqual([1, NaN, (0.5 * 0.5 * 1 + 0.5 * 3) / 0.75]);
  });
});
