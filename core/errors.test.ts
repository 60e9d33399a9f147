import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { UnusableImage } from './data/decode/unusable-image.ts';
import { ErrorDataSchema, fromErrorData, toErrorData } from './error-data.ts';
import { isCancellation, UserError } from './errors.ts';

describe('UserError', () => {
  it('has a code, and the sentence for where its key is shown', () => {
    expect(new UserError('No.')).toMatchObject({ code: 'invalid', key: undefined, brief: 'No.' });
    const facts = { code: 'settings', key: 'a.b', file: '/x', brief: 'is\nodd.' } as const;
    expect(new UserError('"a\u202eb" is odd.').message).toBe(String.raw`"a\u202eb" is odd.`);
    expect(new UserError('x: key "a.b" is odd.', facts)).toMatchObject({
      ...facts,
      brief: String.raw`is\nodd.`,
    });
  });

  it('is a cancellation by its code, as an aborted signal is by its reason', () => {
    expect(isCancellation(new UserError('No.', { code: 'cancelled' }))).toBe(true);
    expect(isCancellation(AbortSignal.abort().reason)).toBe(true);
    expect(isCancellation(new UserError('cancelled'))).toBe(false);
    expect(isCancellation(new Error('cancelled'))).toBe(false);
  });

  it('is the same in another process', () => {
    for (const facts of [
      {},
      { code: 'unreadable', file: '/x' },
      { code: 'settings', key: 'a', brief: 'b.' },
      { code: 'invalid', window: 'Press a button.' },
    ] as const) {
      const error = new UserError('Sentence.', facts);
      const data = toErrorData(error);
      expect(v.parse(ErrorDataSchema, JSON.parse(JSON.stringify(data)))).toEqual(data);
      const { code, key, file, brief, window, message } = error;
      expect(fromErrorData(data)).toMatchObject({ code, key, file, brief, window, message });
    }
    expect(toErrorData(new TypeError('x is undefined'))).toEqual({
      code: 'internal',
      message: 'x is undefined',
    });
    expect(fromErrorData({ code: 'internal', message: 'x' })).not.toBeInstanceOf(UserError);
    expect(toErrorData(AbortSignal.abort().reason)).toMatchObject({ code: 'cancelled' });
  });
});

it('no name breaks a message into lines', () => {
  expect(new UserError('a\nb.zip is empty.').message).toBe(String.raw`a\nb.zip is empty.`);
  expect(new UnusableImage('in a\nb').message).toBe(String.raw`in a\nb`);
  const cause = new Error('why');
  expect(new UserError('x.', { cause }).cause).toBe(cause);
});
