import { setLanguage } from '../../../text/language.ts';
import { expect, it } from 'vitest';
import { readBetween, readPositive, readWhole } from './numbers.ts';

it('reads whole numbers within their bounds', () => {
  expect(readWhole('', 1, 10)).toEqual({ value: null, problem: null });
  expect(readWhole(' 7 ', 1, 10)).toEqual({ value: 7, problem: null });
  for (const typed of ['0', '11', '1.5', 'x', '-3', '1e3']) {
    expect(readWhole(typed, 1, 10)).toEqual({ value: null, problem: 'A whole number from 1 to 10.' });
  }
});

it('reads positive numbers, with exponents', () => {
  expect(readPositive('1e-3', 1)).toEqual({ value: 0.001, problem: null });
  for (const typed of ['0', '-1', '2', 'NaN', 'Infinity']) {
    expect(readPositive(typed, 1).problem).toBe('A number above 0, at most 1.');
  }
});

it('reads numbers of a range, both ends included', () => {
  expect(readBetween('0', 0, 10)).toEqual({ value: 0, problem: null });
  expect(readBetween('0.8', 0, 10)).toEqual({ value: 0.8, problem: null });
  expect(readBetween('', 0, 10)).toEqual({ value: null, problem: null });
  for (const typed of ['-0.1', '10.1', 'x']) {
    expect(readBetween(typed, 0, 10).problem).toBe('A number from 0 to 10.');
  }
});

it('takes a decimal comma in German, and a point as well', () => {
  expect(readBetween('0,5', 0, 1).problem).not.toBeNull();
  setLanguage('de');
  expect(readBetween('0,5', 0, 1)).toEqual({ value: 0.5, problem: null });
  expect(readBetween('0.5', 0, 1)).toEqual({ value: 0.5, problem: null });
  expect(readBetween('1,0,5', 0, 1).value).toBeNull();
  setLanguage('en');
});
