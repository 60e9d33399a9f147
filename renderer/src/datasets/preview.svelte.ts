import { isCancellation, type PixelClient, sentenceOf } from '../bridge.ts';
import type { ImportPreview, ImportSettings, SourceRequest } from '../../../main/ipc/contract.ts';
import { BatchSource } from '../images/source.ts';

/** So many images are shown before an import. */
export const PREVIEW_IMAGES = 40;
/** Typing and dragging ask once they rest, milliseconds. */
const REST = 160;

/** What an import would give, followed while its options change. What is shown stays until the next has come. */
export class Preview {
  shown = $state.raw<{ source: BatchSource; about: ImportPreview } | null>(null);
  /** Why there is nothing to show, in one sentence. */
  problem = $state<string | null>(null);
  busy = $state(false);
  readonly #pixels: PixelClient;
  #newest = 0;
  /** Cancels the newest request. */
  #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(pixels: PixelClient) {
    this.#pixels = pixels;
  }

  /** Asks for these options, unless others follow at once. Only the newest answer counts. */
  ask(request: SourceRequest, settings: ImportSettings): void {
    const number = ++this.#newest;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.busy = true;
    clearTimeout(this.#timer);
    // The first preview need not wait.
    this.#timer = setTimeout(
      () => void this.#fetch(number, request, settings),
      this.shown === null && number === 1 ? 0 : REST,
    );
  }

  /** Nothing that is under way is shown any more. */
  end(): void {
    this.#newest++;
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  async #fetch(number: number, request: SourceRequest, settings: ImportSettings): Promise<void> {
    try {
      const { pixels, preview } = await this.#pixels.request(
        'import.preview',
        { request, settings, count: PREVIEW_IMAGES },
        { signal: this.#abort.signal },
      );
      if (number !== this.#newest) return;
      this.shown = { source: new BatchSource(pixels), about: preview };
      this.problem = null;
    } catch (error) {
      if (number !== this.#newest || isCancellation(error)) return;
      this.problem = sentenceOf(error);
    }
    this.busy = false;
  }
}
