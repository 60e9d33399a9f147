import { writeRgba } from '../images/atlas.ts';
import type { Picture } from './film.svelte.ts';

/** Paints all images of a picture at their own resolution, one pixel apart; the element enlarges them crisply. */
export function paintGrid(canvas: HTMLCanvasElement, shown: Picture): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { columns } = shown;
  const width = columns * (shown.width + 1) - 1;
  const height = Math.ceil(shown.count / columns) * (shown.height + 1) - 1;
  canvas.width = width;
  canvas.height = height;
  const image = context.createImageData(width, height);
  for (let index = 0; index < shown.count; index++) {
    const x = (index % columns) * (shown.width + 1);
    const y = Math.floor(index / columns) * (shown.height + 1);
    writeRgba(shown, index, image.data, width, x, y);
  }
  context.putImageData(image, 0, 0);
}
