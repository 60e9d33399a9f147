/** Previews of the import that is being set up: one source at a time stays open, and only the newest wish counts. */
import { UserError } from '../../core/errors.ts';
import { openPreview, type Previewer } from '../../core/data/import/preview.ts';
import type { ImportSettings, PixelResult, SourceRequest } from '../ipc/contract.ts';

type Answer = PixelResult<'import.preview'>;

export class Previews {
  readonly #home: string;
  #opened: { key: string; previewer: Previewer } | null = null;
  #asked: AbortController | null = null;
  /** Settles with the newest request: one at a time is worked on. */
  #working: Promise<unknown> = Promise.resolve();

  /** @param home the library folder */
  constructor(home: string) {
    this.#home = home;
  }

  /**
   * Some images of a source, as an import with these settings would make them.
   *
   * @param cancelled aborted when they are not wanted any more
   * @throws UserError with what is wrong with the source, or with the code `cancelled` when it is not wanted any more or a
   *   newer request has come
   */
  async ask(
    request: SourceRequest,
    settings: ImportSettings,
    count: number,
    cancelled?: AbortSignal,
  ): Promise<Answer> {
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    const { signal } = asked;
    const cancel = (): void => asked.abort();
    cancelled?.addEventListener('abort', cancel, { once: true });
    const work = this.#working.then(async () => {
      signal.throwIfAborted();
      const previewer = await this.#open(request, signal);
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
        throw new UserError('A newer preview was asked for meanwhile.', {
          code: 'cancelled',
          cause: error,
        });
      }
      throw error;
    } finally {
      cancelled?.removeEventListener('abort', cancel);
    }
  }

  /** Closes the source that was looked at. */
  async end(): Promise<void> {
    this.#asked?.abort();
    await this.#working;
    await this.#close();
  }

  async #open(request: SourceRequest, signal: AbortSignal): Promise<Previewer> {
    const key = JSON.stringify(request);
    if (this.#opened?.key === key) return this.#opened.previewer;
    await this.#close();
    const previewer = await openPreview(this.#home, request, signal);
    this.#opened = { key, previewer };
    return previewer;
  }

  async #close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.previewer.close();
  }
}
