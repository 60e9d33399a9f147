import type { ImageBatch } from '../../../core/data/dataset.ts';
import type { Picture, PixelParams } from '../../../main/ipc/contract.ts';
import type { PixelClient } from '../bridge.ts';
import { BatchSource } from '../images/source.ts';
import { Latest } from '../latest.ts';
import { Slow } from '../ui/slow.svelte.ts';

export type Request = PixelParams<'explore.draw'>;

/** Pictures of a view, asked for one request at a time: of all that come in meanwhile just the last. */
export class Pictures {
  images = $state.raw<ImageBatch | null>(null);
  /** What they are of; null for what nobody can draw again. */
  #of: Request | null = null;
  /** Whether newer ones are on their way. */
  busy = $state(false);
  /** Whether they are so long in coming that it has to be said. */
  readonly slow = new Slow();
  readonly source = $derived(this.images ? new BatchSource(this.images, originIn(this.#of)) : null);

  readonly #queue: Latest<Request>;
  #asked = '';

  /**
   * @param failed told what went wrong
   * @param live what is a little late is still worth seeing: of a slider
   * @param learns whether the weights of a run change while it draws, and are kept nowhere
   */
  constructor(
    pixels: PixelClient,
    failed: (error: unknown) => void,
    { live = false, learns = () => false }: { live?: boolean; learns?: (request: Request) => boolean } = {},
  ) {
    this.#queue = new Latest(
      (request, signal) =>
        this.slow.during(async () => {
          const images = await pixels.request('explore.draw', request, { signal });
          this.#of = learns(request) ? null : request;
          this.images = images;
          this.busy = false;
        }),
      (error) => {
        this.#asked = '';
        this.busy = false;
        failed(error);
      },
      () => !live,
    );
  }

  /** Shows a view; asks nothing when that is what was asked last. */
  show(request: Request): void {
    const asked = JSON.stringify(request);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.busy = true;
    this.#queue.request(request);
  }

  /** Asks again with the next {@link show}: the weights have changed. */
  renew(): void {
    this.#asked = '';
  }

  clear(): void {
    this.#queue.clear();
    this.#asked = '';
    this.busy = false;
    this.images = null;
  }
}

function originIn(request: Request | null): (index: number) => Picture['origin'] {
  return (index) => request && { ...request, index };
}
