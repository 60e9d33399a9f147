/** Samples of kept draws as a grid shows them: fetched page by page, some of one draw or of several side by side. */
import type { ImageBatch } from '../../../core/data/dataset.ts';
import type { KeptDraw, Picture } from '../../../main/ipc/contract.ts';
import type { PixelClient } from '../bridge.ts';
import { Atlas } from '../images/atlas.ts';
import { PageCache } from '../images/page-cache.ts';
import { type ImageSource, pageLength } from '../images/source.ts';
import { keptOptions } from './options.ts';

/** Which sample lies at each place. */
export interface Listing {
  /** Changes when places mean other samples; not when more are added at the end. */
  key: string;
  count: number;
  at(place: number): { draw: KeptDraw; index: number };
}

/** Pages kept at once: about 4 MB each. */
const PAGES = 24;

export class SampleSource implements ImageSource {
  count = $state(0);
  readonly side: number;
  readonly #pixels: PixelClient;
  readonly #page: number;
  readonly #cache: PageCache<Atlas>;
  readonly #listeners = new Set<(error: unknown) => void>();
  #listing: Listing;

  constructor(pixels: PixelClient, listing: Listing, { height, width }: Pick<KeptDraw, 'height' | 'width'>) {
    this.#pixels = pixels;
    this.#listing = listing;
    this.count = listing.count;
    this.side = Math.max(height, width);
    this.#page = pageLength(height, width);
    this.#cache = new PageCache({
      capacity: PAGES,
      load: async (page) => new Atlas(await this.#load(page)),
      changed: (error) => this.#listeners.forEach((listener) => listener(error)),
    });
  }

  get listing(): Listing {
    return this.#listing;
  }

  /** Goes on with another listing; what is of the same key stays, and grows at its end. */
  update(listing: Listing): void {
    if (listing === this.#listing) return;
    if (listing.key !== this.#listing.key) this.#cache.clear();
    else if (listing.count > this.#listing.count) {
      this.#cache.outdate(Math.floor(Math.max(0, this.#listing.count - 1) / this.#page));
    }
    this.#listing = listing;
    this.count = listing.count;
  }

  indexAt = (place: number): number => (place < this.#listing.count ? this.#listing.at(place).index : place);

  origin = (place: number): Picture['origin'] => {
    if (place >= this.#listing.count) return null;
    const { draw, index } = this.#listing.at(place);
    const { run: runId, step, lastStep, asked: count, seed, passes } = draw;
    // What a run drew while it learned comes from weights that nobody has kept.
    if (lastStep !== undefined) return null;
    return { ...{ runId, checkpoint: step, index, count, seed, passes }, ...keptOptions(draw) };
  };

  draw(context: CanvasRenderingContext2D, index: number, x: number, y: number, size: number): boolean {
    const atlas = this.#cache.get(Math.floor(index / this.#page));
    const within = index % this.#page;
    if (!atlas || within >= atlas.count) return false;
    atlas.draw(context, within, x, y, size);
    return true;
  }

  want(start: number, end: number): void {
    if (end <= start) return;
    const [first, last] = [Math.floor(start / this.#page), Math.floor((end - 1) / this.#page)];
    this.#cache.want(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  }

  subscribe(listener: (error: unknown) => void): () => void {
    this.#cache.retry();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The samples of a page, each draw's by one request. */
  async #load(page: number): Promise<ImageBatch> {
    const listing = this.#listing;
    const start = page * this.#page;
    const wanted = Array.from({ length: Math.min(this.#page, listing.count - start) }, (_, i) =>
      listing.at(start + i),
    );
    const draws = new Map<string, { draw: KeptDraw; places: number[] }>();
    wanted.forEach(({ draw }, i) => {
      const key = `${draw.run}/${draw.id}`;
      const of = draws.get(key) ?? { draw, places: [] };
      of.places.push(i);
      draws.set(key, of);
    });
    let all: ImageBatch | null = null;
    for (const { draw, places } of draws.values()) {
      const images = await this.#pixels.request('draws.images', {
        ...{ runId: draw.run, id: draw.id },
        indices: places.map((i) => wanted[i]!.index),
      });
      if (draws.size === 1) return images;
      const size = images.data.length / images.count;
      all ??= { ...images, count: wanted.length, data: new Uint8Array(wanted.length * size) };
      for (const [k, i] of places.entries()) {
        all.data.set(images.data.subarray(k * size, (k + 1) * size), i * size);
      }
    }
    if (all === null) throw new Error('a page without samples');
    return all;
  }
}
