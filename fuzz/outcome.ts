/** What may come of an input: a result, or one sentence. */
import { UserError } from '../core/errors.ts';
import { isSentence } from '../core/data/testdata/corpus.ts';

export type Outcome = 'result' | 'refusal';

/**
 * Runs something to its end.
 *
 * @throws Error when anything else than a `UserError` of one sentence is thrown
 */
export async function outcomeOf(work: () => Promise<void>): Promise<Outcome> {
  try {
    await work();
    return 'result';
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    checkSentence(error.message);
    return 'refusal';
  }
}

export function checkSentence(text: string): void {
  // A long text of the input may stand in a sentence; it is cut somewhere, and not judged by its content.
  const plain = text.replace(/"[^"]*"/g, '""').replace(/\([^)]*JSON[^)]*\)/g, '()');
  if (!isSentence(plain)) throw new Error(`no single sentence: ${text.slice(0, 500)}`);
  if (text.length > MOST_CHARACTERS)
    throw new Error(`a sentence of ${text.length} characters: ${text.slice(0, 300)}`);
}

/** More than a screen is no sentence. */
const MOST_CHARACTERS = 2000;
