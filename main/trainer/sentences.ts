import { sentenceOf, UserError, withSentence } from '../../core/errors.ts';

/** The sentence under which a training ended. */
export function trainingFailure(error: unknown): string {
  const known = withSentence(error);
  if (known instanceof UserError) return known.window;
  const firstLine = sentenceOf(error).split('\n', 1)[0] ?? '';
  return `The training ended with an error: ${firstLine.replace(/[.\s]+$/, '')}.`;
}
