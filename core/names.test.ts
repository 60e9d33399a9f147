import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { distinctName, FreeNameSchema, NameSchema, plainName } from './names.ts';

describe('names of runs', () => {
  it.each([
    'digits',
    'Ziffern größer',
    '数字',
    'рукописные',
    'a+b = c',
    '🙂',
    'Nº 5 (β = 0.1)',
    'x'.repeat(64),
    '.a',
  ])('may be %s', (name) => expect(v.is(FreeNameSchema, name)).toBe(true));

  it.each([
    '',
    ' ',
    ' a',
    'a ',
    '..',
    'a/b',
    'a\\b',
    'a:b',
    'what?',
    'a\nb',
    'a\0b',
    'a\u2028b',
    '\ud800',
    'x'.repeat(65),
  ])('may not be %j', (name) => expect(v.is(FreeNameSchema, name)).toBe(false));

  it.each([
    ['digits tiny', 'digits tiny'],
    ['Müller’s Größe', 'Muller-s-Grosse'],
    ['数字', 'run'],
    ['数字 28', '28'],
    ['β = 0.1', '0.1'],
    ['.a', 'a'],
    ['🙂 smile', 'smile'],
    ['é'.repeat(64), 'e'.repeat(64)],
  ])('%s goes by %s in files', (name, plain) => {
    expect(plainName(name)).toBe(plain);
    expect(v.is(NameSchema, plain)).toBe(true);
  });

  it('get a number where there is one already', () => {
    expect(distinctName('a', new Set(['b']))).toBe('a');
    expect(distinctName('a', new Set(['a']))).toBe('a-2');
    expect(distinctName('a', new Set(['a', 'a-2', 'a-3']))).toBe('a-4');
    const long = '数'.repeat(64);
    const distinct = distinctName(long, new Set([long]));
    expect(distinct).toBe(`${'数'.repeat(62)}-2`);
    expect(v.is(FreeNameSchema, distinct)).toBe(true);
  });
});
