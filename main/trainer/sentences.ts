import { isOutOfMemory, sentenceOf, UserError } from '../../core/errors.ts';

/**
 * Turns anything that computing can throw into an error with a sentence for the person. What it cannot name is
 * given back as it is.
 */
export function withSentence(error: unknown): unknown {
  if (error instanceof UserError || !isOutOfMemory(error)) return error;
  return new UserError('There is not enough memory for this; use a smaller batch or a smaller network.', {
    code: 'out-of-memory',
    cause: error,
  });
}

/** The sentence under which a training ended. */
export function trainingFailure(error: unknown): string {
  const known = withSentence(error);
  if (known instanceof UserError) return known.message;
  const firstLine = sentenceOf(error).split('\n', 1)[0] ?? '';
  return `The training ended with an error: ${firstLine.replace(/[.\s]+$/, '')}.`;
}
