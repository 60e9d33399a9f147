/** Previews of the import that is being set up: one source at a time stays open, and only the newest wish counts. */
import { UserError } from '../../core/errors.ts';
import { openPreview, type Previewer } from '../../core/data/import/preview.ts';
import type { ImportSettings, PixelResult, SourceRequest } from '../ipc/contract.ts';

type Answer = PixelResult<'import.preview'>;

export class Previews {
  #opened: { key: string; previewer: Previewer } | null = null;
  #asked: AbortController | null = null;
  /** Settles with the newest request: one at a time is worked on. */
  #working: Promise<unknown> = Promise.resolve();

  /**
   * Some images of a source, as an import with these settings would make them.
   *
   * @throws UserError with what is wrong with the source, or because a newer request has come
   */
  async ask(home: string, request: SourceRequest, settings: ImportSettings, count: number): Promise<Answer> {
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    const { signal } = asked;
    const work = this.#working.then(async () => {
      signal.throwIfAborted();
      const previewer = await this.#open(home, request, signal);
      const { pixels, ...preview } = await previewer.preview(settings, count, signal);
      return { pixels, preview };
    });
    this.#working = work.catch(() => undefined);
    try {
      const answer = await work;
      signal.throwIfAborted();
      return answer;
    } catch (error) {
      if (signal.aborted) {
        throw new UserError('Something else was to be looked at meanwhile.', { cause: error });
      }
      throw error;
    }
  }

  /** Closes the source that was looked at. */
  async end(): Promise<void> {
    this.#asked?.abort();
    await this.#working;
    await this.#close();
  }

  async #open(home: string, request: SourceRequest, signal: AbortSignal): Promise<Previewer> {
    const key = JSON.stringify([home, request]);
    if (this.#opened?.key === key) return this.#opened.previewer;
    await this.#close();
    const previewer = await openPreview(home, request, signal);
    this.#opened = { key, previewer };
    return previewer;
  }

  async #close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.previewer.close();
  }
}
