import { sentenceOf, UserError } from '../../core/errors.ts';

/** What TensorFlow, the driver and Node say when memory runs out. */
const OUT_OF_MEMORY =
  /OOM when allocating|ResourceExhausted|RESOURCE_EXHAUSTED|out of memory|bad_alloc|Array buffer allocation failed/i;

/**
 * Turns anything that computing can throw into an error with a sentence for the person. What it cannot name is
 * given back as it is.
 */
export function withSentence(error: unknown): unknown {
  if (error instanceof UserError || !OUT_OF_MEMORY.test(sentenceOf(error))) return error;
  return new UserError('There is not enough memory for this; use a smaller batch or a smaller network.', {
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
