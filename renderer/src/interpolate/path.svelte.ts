import type { ImageBatch } from '../../../core/data/dataset.ts';
import type { PixelClient } from '../bridge.ts';
import { Latest } from '../latest.ts';

/** Samples in the strip below the slider. */
export const STRIP = 9;

/** Two images of a run's data set. */
export interface Ends {
  runId: string;
  a: number;
  b: number;
  /** Index of the time step at which the images are encoded; null for the middle. */
  place: number | null;
  /** The checkpoint that draws: the best one, or that of a step; null for the newest. */
  checkpoint: 'best' | number | null;
}

interface Request extends Ends {
  /** 0 … 1. */
  position: number;
}

const stripPositions = Array.from({ length: STRIP }, (_, index) => index / (STRIP - 1));

/** The samples on the way between two images: the one at the slider and the strip, asked for one request at a time. */
export class Path {
  /** Sample at the position asked for last that has been answered. */
  sample = $state.raw<ImageBatch | null>(null);
  strip = $state.raw<ImageBatch | null>(null);

  readonly #pixels: PixelClient;
  readonly #queue: Latest<Request>;
  /** Ends of the strip that is shown. */
  #stripOf = '';

  constructor(pixels: PixelClient, failed: (error: unknown) => void) {
    this.#pixels = pixels;
    this.#queue = new Latest(
      (request, signal) => this.#fetch(request, signal),
      failed,
      // What the slider has left behind is still worth seeing; what other ends have is not.
      (running, next) => endsOf(running) !== endsOf(next),
    );
  }

  /** Shows the sample at a position; the strip comes with it when the ends are others than before. */
  show(request: Request): void {
    this.#queue.request(request);
  }

  /** Asks for the strip again with the next sample: the weights have changed. */
  renew(): void {
    this.#stripOf = '';
  }

  clear(): void {
    this.#queue.clear();
    this.#stripOf = '';
    this.sample = null;
    this.strip = null;
  }

  async #fetch(request: Request, signal: AbortSignal): Promise<void> {
    const { runId, a, b, place, checkpoint, position } = request;
    const ends = endsOf(request);
    const withStrip = ends !== this.#stripOf;
    const positions = withStrip ? [position, ...stripPositions] : [position];
    if (withStrip) this.#stripOf = ends;
    try {
      const batch = await this.#pixels.request(
        'model.interpolate',
        {
          ...{ runId, a, b, positions },
          ...(place !== null && { at: { timeIndex: place } }),
          ...(checkpoint !== null && { checkpoint }),
        },
        { signal },
      );
      this.sample = slice(batch, 0, 1);
      if (withStrip) this.strip = slice(batch, 1, batch.count);
    } catch (error) {
      if (withStrip) this.#stripOf = '';
      throw error;
    }
  }
}

function endsOf({ runId, a, b, place, checkpoint }: Ends): string {
  return `${runId}/${a}/${b}/${place}/${checkpoint}`;
}

/** Images `start` … `end − 1` of a batch. */
export function slice(batch: ImageBatch, start: number, end: number): ImageBatch {
  const size = batch.height * batch.width * batch.channels;
  return { ...batch, count: end - start, data: batch.data.subarray(start * size, end * size) };
}
