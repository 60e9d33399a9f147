import { describe, expect, it } from 'vitest';
import { momentsOf } from '../../bench/quality.mjs';
import { goalLines, qualityGoals, qualityLines, secondsTo } from './quality-report.mjs';

const point = (seconds, one, two = one) => ({
  ...{ step: 10 * seconds, images: 160 * seconds, seconds, reconstruction: 0.004 },
  passes: [one, two].map((sure) => ({ sure, imbalance: 0.1, distance: 12.34 })),
});
const own = (seed, ...points) => ({ name: 'tiny', seed, backend: 'covae', points });
const torch = (seed, ...points) => ({ name: 'paper', seed, backend: 'PyTorch', points });

describe('the yardstick of quality', () => {
  it('judges at moments that end with the training', () => {
    expect(momentsOf(90, 3)).toEqual([30, 60, 90]);
    expect(momentsOf(10, 3)).toEqual([4, 8, 10]);
    expect(momentsOf(2, 3)).toEqual([1, 2]);
    expect(momentsOf(1, 1)).toEqual([1]);
  });

  it('finds the time to a quality between two moments, or that it was never reached', () => {
    const points = [point(100, 0.2), point(200, 0.6)];
    expect(secondsTo(points, 0.4)).toBeCloseTo(150);
    expect(secondsTo(points, 0.1)).toBeCloseTo(50);
    expect(secondsTo(points, 0.7)).toBeNull();
  });

  it('holds the mean of the seeds against the goals, and the time against that of PyTorch', () => {
    const results = [
      own(0, point(100, 0.8, 0.9), point(200, 0.9, 0.95)),
      own(1, point(100, 0.6, 0.8), point(200, 0.7, 0.85)),
      torch(0, point(900, 0.1), point(1800, 0.4)),
      torch(1, point(900, 0.1), point(1800, 0.3)),
    ];
    const goals = qualityGoals(results);
    expect(goals.map(({ value }) => value)).toEqual([
      expect.closeTo(0.8),
      expect.closeTo(0.9),
      // 50 seconds of 1,800 each.
      expect.closeTo(50 / 1800),
    ]);
    expect(goals.map(({ reached }) => reached)).toEqual([false, false, true]);
    expect(goalLines(goals)[0]).toBe(
      'tiny: sure of samples after one pass: 80.0 % (goal ≥ 85.0 %: NOT reached)',
    );
    expect(qualityGoals(results.slice(0, 2)).at(-1)).toMatchObject({ value: null, reached: null });
  });

  it('has a line for each moment', () => {
    const lines = qualityLines({
      ...{ accuracy: 0.986, real: 0.972 },
      results: [own(0, point(100, 0.2)), torch(0, { ...point(1800, 0.4), reconstruction: null })],
    });
    expect(lines[0]).toContain('98.6 % of images held out');
    expect(lines.at(-2)).toMatch(
      /^tiny +0 +16,000 +100 +20\.0 % +20\.0 % +12\.3 +12\.3 +0\.0040 +– +– +– +–$/,
    );
    const withFit = { ...point(100, 0.2), fitted: point(100, 0.9, 0.95).passes };
    expect(qualityLines({ accuracy: 1, real: 1, results: [own(0, withFit)] }).at(-1)).toMatch(
      /0\.0040 +90\.0 % +95\.0 % +12\.3 +12\.3$/,
    );
    expect(qualityGoals([own(0, withFit)]).map(({ reached }) => reached)).toEqual([
      ...[false, false, true, true],
      null,
    ]);
    expect(lines.at(-1)).toMatch(/^paper, PyTorch +0 +288,000 +1800 +40\.0 % .* –$/);
  });
});
