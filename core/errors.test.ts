import { describe, expect, it } from 'vitest';
import { UnusableImage } from './data/decode/unusable-image.ts';
import { UserError, oneLine } from './errors.ts';

describe('oneLine', () => {
  it.each([
    ['a\nb.npy', String.raw`a\nb.npy`],
    ['a\r\n\tb', String.raw`a\x0d\n\x09b`],
    ['\u001b[31mred', String.raw`\x1b[31mred`],
    ['two\u2028lines', String.raw`two\u2028lines`],
    ['картинки 猫 🐈 “é”', 'картинки 猫 🐈 “é”'],
  ])('%j', (text, expected) => expect(oneLine(text)).toBe(expected));
});

it('no name breaks a message into lines', () => {
  expect(new UserError('a\nb.zip is empty.').message).toBe(String.raw`a\nb.zip is empty.`);
  expect(new UnusableImage('in a\nb').message).toBe(String.raw`in a\nb`);
  const cause = new Error('why');
  expect(new UserError('x.', { cause }).cause).toBe(cause);
});
