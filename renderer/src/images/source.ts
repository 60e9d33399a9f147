import type { DatasetRecord, ImageBatch } from '../../../core/data/dataset.ts';
import type { Picture } from '../../../main/ipc/contract.ts';
import type { PixelClient } from '../bridge.ts';
import { Atlas } from './atlas.ts';
import { PageCache } from './page-cache.ts';

/** Images that a grid can draw, whether all at hand or fetched page by page. */
export interface ImageSource {
  readonly count: number;
  /** Pixels of an image's longer side. */
  readonly side: number;
  /** Which draw an image is of; nothing for others. */
  origin?(place: number): Picture['origin'];
  /** Draws an image; false while its pixels are not here yet. */
  draw(context: CanvasRenderingContext2D, index: number, x: number, y: number, size: number): boolean;
  /** Says which images are looked at now. */
  want(start: number, end: number): void;
  /** Index in the data set of the image at this place; the place itself where none is left out. */
  indexAt?(place: number): number;
  /** Called when more images have come, or with what went wrong. Returns the function that ends it. */
  subscribe(listener: (error: unknown) => void): () => void;
}

/** Images in memory, such as a draw. */
export class BatchSource implements ImageSource {
  readonly count: number;
  readonly side: number;
  readonly origin: (place: number) => Picture['origin'];
  readonly #atlas: Atlas;

  /** @param origin which draw an image is of */
  constructor(batch: ImageBatch, origin: (place: number) => Picture['origin'] = () => null) {
    this.count = batch.count;
    this.side = Math.max(batch.height, batch.width);
    this.origin = origin;
    this.#atlas = new Atlas(batch);
  }

  draw(context: CanvasRenderingContext2D, index: number, x: number, y: number, size: number): boolean {
    this.#atlas.draw(context, index, x, y, size);
    return true;
  }

  want(): void {}

  subscribe(): () => void {
    return () => {};
  }
}

/** Pixels of one fetched page: about 4 MB as RGBA, so that 24 pages stay below 100 MB. */
const PAGE_PIXELS = 1 << 20;

/** Images a page for images of this size. */
export function pageLength(height: number, width: number): number {
  return Math.min(512, Math.max(16, Math.floor(PAGE_PIXELS / Math.max(1, height * width))));
}

/** The images of a data set on disk: all of them, or some in an order of their own. */
export class DatasetSource implements ImageSource {
  readonly count: number;
  readonly side: number;
  readonly #chosen: ArrayLike<number> | null;
  readonly #page: number;
  readonly #cache: PageCache<Atlas>;
  readonly #listeners = new Set<(error: unknown) => void>();

  /** @param chosen indices of the images to show; null for all */
  constructor(pixels: PixelClient, record: DatasetRecord, chosen: Uint32Array | null = null) {
    this.count = chosen?.length ?? record.count;
    this.side = Math.max(record.height, record.width);
    this.#chosen = chosen;
    const { name } = record;
    const length = pageLength(record.height, record.width);
    this.#page = length;
    this.#cache = new PageCache({
      capacity: 24,
      load: async (page) => {
        const start = page * length;
        return new Atlas(
          await (chosen === null
            ? pixels.request('dataset.images', { name, start, count: length })
            : pixels.request('dataset.imagesAt', {
                name,
                indices: [...chosen.slice(start, start + length)],
              })),
        );
      },
      changed: (error) => {
        for (const listener of this.#listeners) listener(error);
      },
    });
  }

  indexAt(place: number): number {
    return this.#chosen?.[place] ?? place;
  }

  draw(context: CanvasRenderingContext2D, index: number, x: number, y: number, size: number): boolean {
    const atlas = this.#cache.get(Math.floor(index / this.#page));
    const within = index % this.#page;
    if (!atlas || within >= atlas.count) return false;
    atlas.draw(context, within, x, y, size);
    return true;
  }

  want(start: number, end: number): void {
    if (end <= start) return;
    const first = Math.floor(start / this.#page);
    const last = Math.floor((end - 1) / this.#page);
    const pages: number[] = [];
    for (let page = first; page <= last; page++) pages.push(page);
    // One page ahead in either direction, after what is seen.
    if ((last + 1) * this.#page < this.count) pages.push(last + 1);
    if (first > 0) pages.push(first - 1);
    this.#cache.want(pages);
  }

  subscribe(listener: (error: unknown) => void): () => void {
    this.#cache.retry();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
