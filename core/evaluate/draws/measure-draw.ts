/** What a kept draw can be sorted by: how near each sample comes to the training images, and which class it is taken for. */
import { setImmediate as turn } from 'node:timers/promises';
import type { PackedDataset } from '../../data/packed.ts';
import type { DrawMeasures, MeasureBy } from '../../explore/draws/draw-record.ts';
import {
  placesFrom,
  readDraw,
  readDrawMeasures,
  readSamples,
  writeDrawMeasures,
} from '../../explore/draws/draw-store.ts';
import { runFolder } from '../../library.ts';
import type { Features } from '../../metrics/moments.ts';
import { nearest } from '../../metrics/nearest.ts';
import { openDatasetOf } from '../../run/run-dataset.ts';
import { readRunManifest } from '../../run/run-folder.ts';
import { likeliest, openClassifier } from '../classifier/classifier.ts';

/** Samples that are held against the data set at a time, and images of it: what bounds the memory. */
const SAMPLES = 2048;
const IMAGES = 4096;
/** Samples that the classifier looks at in one go. */
const LOOKED = 256;

export interface MeasureDrawOptions {
  signal?: AbortSignal | undefined;
  /** In samples; where they are held against the data set, in shares of one. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Measures every sample of a draw, unless that was done, and keeps it beside the draw.
 *
 * @throws UserError in one sentence: no such draw, no data set, no classifier; the signal's reason when aborted
 */
export async function measureDraw(
  home: string,
  runId: string,
  id: string,
  by: MeasureBy,
  options: MeasureDrawOptions = {},
): Promise<DrawMeasures> {
  const runDir = runFolder(home, runId);
  const draw = await readDraw(runDir, id);
  const dataset = await openDatasetOf(home, await readRunManifest(runDir));
  try {
    const { name, fingerprint } = dataset.record;
    const known = await readDrawMeasures(runDir, id);
    const before = known?.dataset === fingerprint ? known : { dataset: fingerprint };
    const read = (start: number, wanted: number) =>
      readSamples(runDir, id, placesFrom(start, wanted, draw.count));
    let measures: DrawMeasures;
    if (by === 'closeness') {
      // A draw may have grown since.
      if (before.closeness?.distance.length === draw.count) return before;
      measures = { ...before, closeness: await closeness(read, draw.count, dataset, options) };
    } else {
      const classes = await classesOf(home, name, read, draw.count, before, options);
      measures = { ...before, classes };
    }
    await writeDrawMeasures(runDir, id, measures);
    return measures;
  } finally {
    dataset.close();
  }
}

type Read = (start: number, wanted: number) => ReturnType<typeof readSamples>;

async function closeness(
  read: Read,
  count: number,
  dataset: PackedDataset,
  { signal, onProgress }: MeasureDrawOptions,
): Promise<NonNullable<DrawMeasures['closeness']>> {
  const image = new Array<number>(count).fill(0);
  const distance = new Array<number>(count).fill(Infinity);
  for (let start = 0; start < count; start += SAMPLES) {
    const samples = featuresOf(await read(start, SAMPLES));
    for (let from = 0; from < dataset.count; from += IMAGES) {
      signal?.throwIfAborted();
      const some = featuresOf(await dataset.readImages(from, IMAGES));
      const found = await nearest(samples, some, { k: 1, ...(signal && { signal }) });
      for (let i = 0; i < samples.count; i++) {
        if (found.distances[i]! >= distance[start + i]!) continue;
        distance[start + i] = found.distances[i]!;
        image[start + i] = from + found.indices[i]!;
      }
      const share = Math.min(1, (from + IMAGES) / dataset.count);
      onProgress?.(Math.floor(start + share * samples.count), count);
    }
  }
  // What inner products in float32 give is rounded; of the few that count, the distance is worked out once more.
  const size = dataset.record.height * dataset.record.width * dataset.record.channels;
  for (let start = 0; start < count; start += SAMPLES) {
    await turn();
    const { data, count: some } = await read(start, SAMPLES);
    const near = dataset.readAt(image.slice(start, start + some));
    for (let i = 0; i < some; i++) {
      let square = 0;
      for (let k = i * size; k < (i + 1) * size; k++) square += (data[k]! - near[k]!) ** 2;
      distance[start + i] = Number((Math.sqrt(square / size) / 255).toPrecision(7));
    }
  }
  return { image, distance };
}

/** Pixels around the middle of their range, so that distances lose no digits. */
function featuresOf({ count, data }: { count: number; data: Uint8Array }): Features {
  const values = Float32Array.from(data, (value) => value - 128);
  return { count, size: count === 0 ? 0 : data.length / count, values };
}

async function classesOf(
  home: string,
  name: string,
  read: Read,
  count: number,
  { classes: known }: DrawMeasures,
  { signal, onProgress }: MeasureDrawOptions,
): Promise<NonNullable<DrawMeasures['classes']>> {
  const classifier = await openClassifier(home, name);
  try {
    if (known?.classifier === classifier.sha256 && known.label.length === count) return known;
    const names = classifier.record.classes;
    const label: number[] = [];
    const probability: number[] = [];
    for (let start = 0; start < count; start += LOOKED) {
      await turn();
      signal?.throwIfAborted();
      const { data, height, width, channels, count: some } = await read(start, LOOKED);
      const size = height * width * channels;
      const planes = Array.from({ length: some }, (_, i) => ({
        ...{ height, width, channels },
        data: data.subarray(i * size, (i + 1) * size),
      }));
      const { probabilities } = classifier.look(planes);
      likeliest(probabilities, names.length).forEach((best, i) => {
        label.push(best);
        probability.push(Number(probabilities[i * names.length + best]!.toPrecision(5)));
      });
      onProgress?.(start + some, count);
    }
    return { classifier: classifier.sha256, names, label, probability };
  } finally {
    classifier.dispose();
  }
}
