import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDate,
  formatDuration,
  formatLoss,
  formatNumber,
  formatParameters,
  formatPercent,
  formatPlural,
  formatRate,
  UNKNOWN,
} from './format.ts';

describe('formatDuration', () => {
  it.each([
    [0.2, 'under 1 s'],
    [45.4, '45 s'],
    [59.6, '1 min 00 s'],
    [185, '3 min 05 s'],
    [3600, '1 h 00 min'],
    [4320, '1 h 12 min'],
    [183_600, '2 d 3 h'],
  ])('%d seconds', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it.each([null, NaN, Infinity, -1])('%s is not known', (seconds) =>
    expect(formatDuration(seconds)).toBe(UNKNOWN),
  );
});

describe('numbers', () => {
  it('has three digits for sizes', () => {
    expect([0, 512, 1234, 999_900, 12_345_678, 2e9].map(formatBytes)).toEqual([
      '0 bytes',
      '512 bytes',
      '1.23 kB',
      '1 MB',
      '12.3 MB',
      '2 GB',
    ]);
  });

  it('has three digits for rates', () => {
    expect([0.523, 5, 12.44, 1240.4, 0].map(formatRate)).toEqual(['0.52', '5.00', '12.4', '1,240', UNKNOWN]);
  });

  it('shows losses at any size and says when they diverge', () => {
    expect([41.234, 0.01234, 12_345.6, 3.2e-6, 2.5e7, 0].map(formatLoss)).toEqual([
      '41.23',
      '0.01234',
      '12,346',
      '3.20e-6',
      '2.50e+7',
      '0',
    ]);
    expect(formatLoss(NaN)).toBe('not finite');
    expect(formatLoss(null)).toBe(UNKNOWN);
  });

  it('is never at 100 % before the end', () => {
    expect([0, 0.5, 0.9999, 1, 1.2].map(formatPercent)).toEqual(['0 %', '50 %', '99 %', '100 %', '100 %']);
  });

  it('groups, counts and shortens', () => {
    expect(formatCount(60_000)).toBe('60,000');
    expect(formatPlural(1, 'image')).toBe('1 image');
    expect(formatPlural(0, 'pass', 'passes')).toBe('0 passes');
    expect(formatParameters(1_480_000)).toBe('1.48 M');
    expect(formatParameters(82_680_000)).toBe('82.7 M');
    expect([0.001, 12.634, 0.0001, 0.00005].map(formatNumber)).toEqual(['0.001', '12.6', '0.0001', '5e-5']);
  });
});

describe('formatDate', () => {
  const now = new Date('2026-03-02T18:00:00');
  it('names today, and other days by their date', () => {
    expect(formatDate(new Date('2026-03-02T14:05:00').toISOString(), now)).toBe('today, 14:05');
    expect(formatDate(new Date('2026-02-27T09:00:00').toISOString(), now)).toBe('27 Feb 2026, 09:00');
    expect(formatDate('yesterday', now)).toBe(UNKNOWN);
  });
});
