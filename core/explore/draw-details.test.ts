import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { SampleOptions } from './api.ts';
import { drawDetails, DrawDetailsSchema, drawWords } from './draw-details.ts';

const plain: SampleOptions = { seed: 3, count: 64, passes: 1 };
const special: SampleOptions = {
  seed: 4,
  count: 8,
  passes: 3,
  start: 64,
  reencodeAt: [{ timeIndex: 129 }, { t: 0.5 }],
  prior: 'fitted',
  temperature: 0.8,
  laterTemperature: 0,
  weights: 'raw',
  label: 0,
  guidance: 2.5,
};

describe('the details of a draw', () => {
  it('leave out what is as usual', () => {
    expect(drawDetails(plain)).toEqual({ kind: 'samples', ...plain, weights: 'ema' });
    expect(drawDetails({ ...plain, start: 0, temperature: 1, label: null, guidance: 3 })).toEqual(
      drawDetails(plain),
    );
    expect(drawDetails(plain, 12)).toMatchObject({ lastStep: 12 });
  });

  it('come back from an image as they were', () => {
    const text = JSON.stringify({ run: 'a', step: 7, ...drawDetails(special) });
    expect(v.parse(DrawDetailsSchema, JSON.parse(text))).toEqual({ step: 7, ...special });
    expect(v.parse(DrawDetailsSchema, { step: 7, ...plain })).toEqual({ step: 7, ...plain });
  });

  it('that name no places are refused', () => {
    expect(v.is(DrawDetailsSchema, { step: 7, ...plain, reencodeAt: 'middle' })).toBe(false);
  });

  it('tell names of files apart, without characters that a disk refuses', () => {
    expect(drawWords(plain)).toBe('');
    expect(drawWords(special)).toBe(
      '-start-64-at-129+t=0.5-fitted-temperature-0.8-later-temperature-0-raw-label-0-guidance-2.5',
    );
  });
});
