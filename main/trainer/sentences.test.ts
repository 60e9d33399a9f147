import { describe, expect, it } from 'vitest';
import { UserError, withSentence } from '../../core/errors.ts';
import { trainingFailure } from './sentences.ts';

describe('withSentence', () => {
  it('says in plain words that memory ran out', () => {
    const error = withSentence(new Error('ResourceExhausted: OOM when allocating tensor with shape[4096]'));
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ message: expect.stringContaining('not enough memory') as string });
  });

  it('leaves the rest as it is', () => {
    const errors = [new UserError('Do this.'), new TypeError('odd')];
    expect(errors.map(withSentence)).toEqual(errors);
  });
});

describe('trainingFailure', () => {
  it('is one sentence without a stack', () => {
    expect(trainingFailure(new UserError('It diverged.'))).toBe('It diverged.');
    expect(trainingFailure(new Error('bad shape.\n  at node 7'))).toBe(
      'The training ended with an error: bad shape.',
    );
  });
});
