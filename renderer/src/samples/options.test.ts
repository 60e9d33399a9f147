import { describe, expect, it } from 'vitest';
import {
  type Chosen,
  type DrawingInfo,
  firstPlace,
  keptOptions,
  optionsFor,
  optionWords,
  placesOf,
} from './options.ts';

const info: DrawingInfo = {
  timeSteps: [0, 0.1, 0.5, 1, 3],
  middle: 2,
  classes: ['cat', 'dog'],
  temperature: true,
  fittable: true,
  latent: [7, 7, 1],
};
const usual: Chosen = {
  passes: 1,
  prior: 'normal',
  weights: 'ema',
  temperature: 1,
  laterTemperature: 1,
  label: null,
  guidance: 1,
  places: [],
};

describe('the options of a draw', () => {
  it('leave out what is as usual', () => {
    expect(optionsFor(usual, info)).toEqual({});
    expect(optionsFor({ ...usual, passes: 3, places: [null, 2], guidance: 4 }, info)).toEqual({});
    expect(optionsFor({ ...usual, laterTemperature: 0 }, info)).toEqual({});
  });

  it('carry what is chosen', () => {
    expect(
      optionsFor(
        {
          ...{
            passes: 3,
            weights: 'raw',
            prior: 'fitted',
            temperature: 0.5,
            laterTemperature: 0,
            label: 1,
            guidance: 2,
          },
          places: [3],
        },
        info,
      ),
    ).toEqual({
      weights: 'raw',
      prior: 'fitted',
      temperature: 0.5,
      laterTemperature: 0,
      label: 1,
      guidance: 2,
      reencodeAt: [{ timeIndex: 3 }, { timeIndex: 2 }],
    });
  });

  it('leave out what the run does not know', () => {
    const chosen: Chosen = {
      ...usual,
      prior: 'fitted',
      temperature: 0.5,
      label: 1,
      guidance: 2,
      passes: 2,
      places: [99],
    };
    expect(optionsFor(chosen, { ...info, classes: [], temperature: false, fittable: false })).toEqual({
      reencodeAt: [{ timeIndex: 4 }],
    });
    expect(optionsFor({ ...chosen, weights: 'raw' }, null)).toEqual({ weights: 'raw' });
  });

  it('come back from a kept draw', () => {
    const kept = {
      weights: 'ema' as const,
      prior: 'fitted' as const,
      temperature: 0.5,
      laterTemperature: 0,
      reencodeAt: [{ t: 0.5 }],
      start: 64,
    };
    expect(keptOptions(kept)).toEqual({
      ...{ prior: 'fitted', temperature: 0.5, laterTemperature: 0 },
      ...{ reencodeAt: [{ t: 0.5 }], start: 64 },
    });
    expect(keptOptions({})).toEqual({});
  });

  it('are told in words', () => {
    const options = {
      weights: 'raw' as const,
      label: 1,
      guidance: 2,
      temperature: 0.5,
      reencodeAt: [{ timeIndex: 3 }, { t: 0.25 }],
      start: 64,
    };
    expect(optionWords(options, info.classes)).toEqual([
      'dog',
      'guidance 2',
      'raw weights',
      'temperature 0.5',
      'encoded again at 3, t = 0.25',
      'from number 64',
    ]);
    expect(optionWords({ prior: 'fitted' })).toEqual(['fitted prior']);
    expect(optionWords({ laterTemperature: 0 })).toEqual(['later passes by the mean']);
    expect(optionWords({ laterTemperature: 0.5 })).toEqual(['later passes at temperature 0.5']);
    expect(optionWords({ label: 7 })).toEqual(['class 7']);
    expect(optionWords({ weights: 'ema' })).toEqual([]);
  });
});

describe('places', () => {
  it('begin where an image can be encoded, and stay within the run’s times', () => {
    expect(firstPlace(info)).toBe(1);
    expect(firstPlace({ timeSteps: [0.002, 80] })).toBe(0);
    expect(placesOf({ passes: 4, places: [0, null, 9] }, info)).toEqual([1, 2, 4]);
    expect(placesOf({ passes: 1, places: [3] }, info)).toEqual([]);
  });
});
