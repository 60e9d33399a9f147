/** A map of a run's data set: images encoded at one time or several, laid out together in the plane. */
import { UserError } from '../../errors.ts';
import { runFolder } from '../../library.ts';
import { weightsHash } from '../../run/checkpoint-hash.ts';
import { reencodingIndex } from '../../schedule/time-steps.ts';
import type { TimePoint } from '../api.ts';
import { spread } from '../directions/make-directions.ts';
import { encodeDataset } from '../neighbours/encodings.ts';
import type { ModelNow } from '../parts.ts';
import { timeOf } from '../points/latents.ts';
import { checkIndices, type RunSupplies } from '../run-supplies.ts';
import { checkMap } from './map.ts';
import type { MapOrder } from './map-order.ts';
import { layOut } from './map-thread.ts';

export interface ImageMap {
  /** Numbers of the images in the data set. */
  indices: number[];
  /** Class of each; null for one without. */
  labels: (number | null)[];
  classes: string[];
  t: number[];
  /** x and y of each image at each time: times × images × 2, time after time. */
  positions: number[];
}

export interface MapImagesOptions {
  home: string;
  modelNow: ModelNow;
  supplies: RunSupplies;
  signal?: AbortSignal | undefined;
  onProgress?: ((phase: 'encoding' | 'mapping', done: number, total: number) => void) | undefined;
}

/** @throws UserError in one sentence; the signal's reason when aborted */
export async function mapImages(
  order: MapOrder,
  { home, modelNow, supplies, signal, onProgress }: MapImagesOptions,
): Promise<ImageMap> {
  const { method, seed, weights = 'ema' } = order;
  const { manifest, step } = await modelNow();
  const middle: TimePoint = { timeIndex: reencodingIndex(manifest.config.objective) };
  const times = order.times ?? [middle];
  return supplies.withDataset(async (dataset) => {
    if (order.indices) checkIndices(dataset, order.indices);
    if (order.indices?.length === 0) throw new UserError('There are no images to map; choose some.');
    const indices = order.indices
      ? Uint32Array.from(order.indices)
      : spread(dataset.count, order.count ?? 500);
    checkMap(indices.length * times.length, method);
    const checkpoint = await weightsHash(runFolder(home, manifest.id), step, weights);
    const all: Float32Array[] = [];
    let size = 0;
    for (const [i, at] of times.entries()) {
      const found = await encodeDataset(modelNow, dataset, {
        ...{ at, weights, indices, checkpoint, signal },
        onProgress: (done, total) => onProgress?.('encoding', i * total + done, times.length * total),
      });
      size = found.size;
      all.push(found.values);
    }
    const values = new Float32Array(all.length * indices.length * size);
    all.forEach((part, i) => values.set(part, i * part.length));
    const count = indices.length * times.length;
    const positions = await layOut(
      { count, size, values },
      { method, seed, signal, onProgress: (done, total) => onProgress?.('mapping', done, total) },
    );
    const classes = dataset.record.classes ?? [];
    const labels = await dataset.labels();
    const model = await modelNow();
    return {
      indices: Array.from(indices),
      labels: Array.from(indices, (image) => {
        const label = labels?.[image];
        return label !== undefined && label < classes.length ? label : null;
      }),
      classes: [...classes],
      t: times.map((at) => timeOf(model, at)),
      positions: Array.from(positions),
    };
  });
}

/** One line an image and time: `image,class,t,x,y`. */
export function mapCsv({ indices, labels, classes, t, positions }: ImageMap): string {
  const lines = ['image,class,t,x,y'];
  t.forEach((time, k) =>
    indices.forEach((image, i) => {
      const at = 2 * (k * indices.length + i);
      const label = labels[i];
      const name = label == null ? '' : csvWord(classes[label] ?? String(label));
      lines.push([image, name, time, positions[at], positions[at + 1]].join(','));
    }),
  );
  return `${lines.join('\n')}\n`;
}

function csvWord(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
