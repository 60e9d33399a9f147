import { permutation, streamSeed } from '../tensor/random.ts';

/**
 * In which order a training sees its images: each once an epoch, shuffled by (seed, epoch) alone, so that any position
 * can be asked for.
 */
export class ImageOrder {
  private epoch = -1;
  private order: Uint32Array = new Uint32Array(0);
  private readonly count: number;

  /** @param drawn number of images, or the indices of those to draw from */
  constructor(
    private readonly seed: number,
    private readonly drawn: number | Uint32Array,
  ) {
    this.count = typeof drawn === 'number' ? drawn : drawn.length;
  }

  /** Index of the image at a position, counted from 0 over all epochs. */
  at(position: number): number {
    const epoch = Math.floor(position / this.count);
    if (epoch !== this.epoch) {
      this.order = permutation(streamSeed(this.seed, 'order', epoch), this.count);
      this.epoch = epoch;
    }
    const at = this.order[position % this.count] ?? 0;
    return typeof this.drawn === 'number' ? at : (this.drawn[at] ?? 0);
  }
}
