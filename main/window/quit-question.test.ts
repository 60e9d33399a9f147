import { expect, it } from 'vitest';
import { quitQuestion } from './quit-question.ts';

it('asks for what is under way, and not for nothing', () => {
  expect(quitQuestion({ training: false, imports: 0, evaluations: 0, exports: 0 })).toBeNull();
  expect(quitQuestion({ training: true, imports: 0, evaluations: 0, exports: 0 })).toEqual({
    message: 'A training is under way.',
    detail: 'It can be stopped with a checkpoint and gone on with later from there.',
  });
  expect(quitQuestion({ training: false, imports: 1, evaluations: 0, exports: 0 })).toEqual({
    message: 'An import is under way.',
    detail: 'It is cancelled and leaves nothing behind.',
  });
  expect(quitQuestion({ training: false, imports: 3, evaluations: 0, exports: 0 })).toEqual({
    message: '3 imports are under way.',
    detail: 'They are cancelled and leave nothing behind.',
  });
  expect(quitQuestion({ training: true, imports: 2, evaluations: 0, exports: 0 })).toEqual({
    message: 'A training and 2 imports are under way.',
    detail:
      'The training can be stopped with a checkpoint and gone on with later from there. ' +
      'The imports are cancelled and leave nothing behind.',
  });
  expect(quitQuestion({ training: false, imports: 0, evaluations: 1, exports: 0 })).toEqual({
    message: 'An evaluation is under way.',
    detail: 'It is stopped, and its numbers are given up.',
  });
  expect(quitQuestion({ training: true, imports: 1, evaluations: 2, exports: 0 })).toEqual({
    message: 'A training, an import and 2 evaluations are under way.',
    detail:
      'The training can be stopped with a checkpoint and gone on with later from there. ' +
      'The import is cancelled and leaves nothing behind. The evaluations are stopped, and their numbers are given up.',
  });
});
