import { describe, expect, it } from 'vitest';
import { formatTimePoints, parseTimePoints } from './time-point.ts';

describe('places on the time axis', () => {
  it.each([
    ['129', [{ timeIndex: 129 }]],
    ['129,64', [{ timeIndex: 129 }, { timeIndex: 64 }]],
    [' 3 , t = 0.25', [{ timeIndex: 3 }, { t: 0.25 }]],
    ['t=1e-3', [{ t: 0.001 }]],
  ])('%j are read, and written so that they can be read again', (text, points) => {
    expect(parseTimePoints(text)).toEqual(points);
    expect(parseTimePoints(formatTimePoints(points))).toEqual(points);
  });

  it.each(['', '1,', '-1', '1.5', 't=', 't=0', 't=-1', 't=Infinity', 't=x', 'x=1', '12345678', '0x10'])(
    '%j are none',
    (text) => expect(parseTimePoints(text)).toBeNull(),
  );
});
