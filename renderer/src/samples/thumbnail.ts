import type { ImageBatch } from '../../../core/data/dataset.ts';
import { Atlas } from '../images/atlas.ts';

const SIDE = 160;
/** Most samples that a thumbnail shows. */
export const THUMBNAIL_IMAGES = 16;

/** A small PNG of the first images of a batch: one, four or sixteen. */
export async function thumbnail(batch: ImageBatch): Promise<Blob> {
  const columns = batch.count >= THUMBNAIL_IMAGES ? 4 : batch.count >= 4 ? 2 : 1;
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('The thumbnail could not be drawn, because the window has no canvas.');
  const atlas = new Atlas(batch);
  const cell = SIDE / columns;
  for (let index = 0; index < Math.min(batch.count, columns * columns); index++) {
    atlas.draw(context, index, (index % columns) * cell, Math.floor(index / columns) * cell, cell);
  }
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) =>
      blob ? resolve(blob) : reject(new Error('The thumbnail could not be written.')),
    ),
  );
}
