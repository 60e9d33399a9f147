import type { ImageBatch } from '../../../core/data/dataset.ts';

/**
 * Writes one image of a batch as RGBA into a larger RGBA image whose rows are `stride` pixels long, with its
 * left upper corner at (x, y).
 */
export function writeRgba(
  batch: ImageBatch,
  index: number,
  target: Uint8ClampedArray,
  stride: number,
  x: number,
  y: number,
): void {
  const { height, width, channels, data } = batch;
  let from = index * height * width * channels;
  for (let row = 0; row < height; row++) {
    let to = ((y + row) * stride + x) * 4;
    for (let column = 0; column < width; column++) {
      const red = data[from] ?? 0;
      target[to] = red;
      target[to + 1] = channels === 1 ? red : (data[from + 1] ?? 0);
      target[to + 2] = channels === 1 ? red : (data[from + 2] ?? 0);
      target[to + 3] = 255;
      from += channels;
      to += 4;
    }
  }
}

/** The images of a batch side by side on one canvas, from which each can be drawn at any size. */
export class Atlas {
  readonly count: number;
  readonly #canvas: OffscreenCanvas;
  readonly #columns: number;
  readonly #height: number;
  readonly #width: number;

  constructor(batch: ImageBatch) {
    this.count = batch.count;
    this.#height = batch.height;
    this.#width = batch.width;
    this.#columns = Math.max(1, Math.ceil(Math.sqrt(batch.count)));
    const width = this.#columns * batch.width;
    const height = Math.max(1, Math.ceil(batch.count / this.#columns)) * batch.height;
    this.#canvas = new OffscreenCanvas(Math.max(1, width), Math.max(1, height));
    const context = this.#canvas.getContext('2d');
    if (!context || batch.count === 0) return;
    const sheet = context.createImageData(width, height);
    for (let index = 0; index < batch.count; index++) {
      const x = (index % this.#columns) * batch.width;
      const y = Math.floor(index / this.#columns) * batch.height;
      writeRgba(batch, index, sheet.data, width, x, y);
    }
    context.putImageData(sheet, 0, 0);
  }

  /** Draws one image into a square of side `size`, centred, in its own proportions; crisp when enlarged. */
  draw(
    context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
    index: number,
    x: number,
    y: number,
    size: number,
  ): void {
    const scale = Math.min(size / this.#width, size / this.#height);
    const width = Math.round(this.#width * scale);
    const height = Math.round(this.#height * scale);
    context.imageSmoothingEnabled = scale < 1;
    context.imageSmoothingQuality = 'high';
    context.drawImage(
      this.#canvas,
      (index % this.#columns) * this.#width,
      Math.floor(index / this.#columns) * this.#height,
      this.#width,
      this.#height,
      x + Math.floor((size - width) / 2),
      y + Math.floor((size - height) / 2),
      width,
      height,
    );
  }
}
