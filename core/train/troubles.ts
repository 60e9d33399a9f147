/** Small failures beside a training: told once, tried again at their next turn. */
import { sentenceOf, UserError, withSentence } from '../errors.ts';

export type NoticeKind = 'trouble' | 'over';

/** What goes wrong beside the training, by its name in words. */
export class Troubles {
  readonly #failing = new Set<string>();
  readonly #tell: (sentence: string, kind: NoticeKind) => void;

  /** @param tell told when something fails that did not before, and when it succeeds again */
  constructor(tell: (sentence: string, kind: NoticeKind) => void) {
    this.#tell = tell;
  }

  /**
   * Does something that the training can do without.
   *
   * @param what in words, for the sentence: `grid of samples`
   * @returns null when it failed
   */
  async attempt<T>(what: string, work: () => T | Promise<T>): Promise<T | null> {
    try {
      const made = await work();
      this.worked(what);
      return made;
    } catch (error) {
      this.failed(what, error);
      return null;
    }
  }

  failed(what: string, error: unknown): void {
    if (this.#failing.has(what)) return;
    this.#failing.add(what);
    const known = withSentence(error);
    const firstLine = sentenceOf(known).split('\n', 1)[0] ?? '';
    const sentence = known instanceof UserError ? firstLine : `The ${what} failed: ${firstLine}`;
    this.#tell(
      `${sentence.replace(/[.\s]+$/, '')}; the training goes on and tries it again later.`,
      'trouble',
    );
  }

  worked(what: string): void {
    if (this.#failing.delete(what)) this.#tell(`The ${what} works again.`, 'over');
  }
}
