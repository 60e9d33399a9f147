/**
 * Looks at a model while it learns: grids of samples, always from the same noise, reconstructions of always the same images,
 * and measurements over t.
 */
import type { ImageBatch } from '../data/dataset.ts';
import type { Generator } from '../explore/api.ts';
import { imageErrors } from '../explore/image-error.ts';
import { sampleInParts } from '../explore/parts.ts';
import { binarise } from '../explore/pixels.ts';
import { type DrawingDetails, provenanceOf } from '../explore/provenance.ts';
import { writeGridPng } from '../export/grid.ts';
import type { Diagnostics } from '../run/diagnostics.ts';
import { gridFile } from '../run/grid-files.ts';
import { GRID_COLUMNS, type GridKind } from '../run/grid-kinds.ts';
import { thin } from '../thin.ts';
import { diagnose, MAX_MEASURED_IMAGES } from './diagnostics/diagnose.ts';
import type { TrainingData } from './training-data.ts';

const GRID_SAMPLES = 64;
/** Images that are reconstructed, and times at which they are, at most. */
const RECONSTRUCTED = 8;
const TIMES = 4;

/**
 * Draws the samples of the grid.
 *
 * @param passes 1 or 2
 * @param between awaited before each call of the network
 */
export async function drawSamples(
  generator: Generator,
  passes: 1 | 2,
  between: () => Promise<void>,
): Promise<ImageBatch> {
  const modelNow = async (): Promise<Generator> => {
    await between();
    return generator;
  };
  const options = { count: GRID_SAMPLES, seed: generator.manifest.seed, passes };
  return (await sampleInParts(modelNow, options)).images;
}

/** Writes samples as a grid into the run's folder. @returns the file */
export async function writeSamples(
  { manifest, step }: Generator,
  folder: string,
  images: ImageBatch,
  passes: 1 | 2,
): Promise<string> {
  const { seed } = manifest;
  return write(manifest, step, folder, `passes-${passes}`, images, { kind: 'samples', seed, passes });
}

/**
 * Writes a grid of images as they are and as the model reconstructs them at some times, from the smallest t on, one row
 * each. The images are held out of training where there are enough.
 *
 * @param between awaited before each call of the network
 * @returns the file
 */
export async function writeReconstructions(
  generator: Generator,
  folder: string,
  data: Pick<TrainingData, 'dataset' | 'split'>,
  between: () => Promise<void>,
): Promise<string> {
  const { manifest, step, timeSteps } = generator;
  const { images, indices } = imagesOf(generator, data.dataset, data.split.measured(RECONSTRUCTED));
  const known = Array.from(timeSteps.keys()).filter((index) => (timeSteps[index] ?? 0) > 0);
  const times = thin(known, TIMES);
  const rows = [images.data];
  for (const timeIndex of times) {
    await between();
    rows.push(generator.reconstruct(images, { at: { timeIndex } }).data);
  }
  const all = new Uint8Array(rows.length * images.data.length);
  rows.forEach((row, at) => all.set(row, at * images.data.length));
  const grid = { ...images, count: rows.length * images.count, data: all };
  return write(manifest, step, folder, 'reconstructions', grid, {
    kind: 'training-reconstructions',
    images: indices.join(', '),
    times: times.map((index) => String(timeSteps[index])).join(', '),
  });
}

async function write(
  manifest: Generator['manifest'],
  step: number,
  folder: string,
  kind: GridKind,
  images: ImageBatch,
  details: DrawingDetails,
): Promise<string> {
  const file = gridFile(folder, { step, kind });
  const columns = Math.min(GRID_COLUMNS[kind], images.count);
  await writeGridPng(file, images, { columns, provenance: provenanceOf(manifest, step, details) });
  return file;
}

/**
 * Measures the model over t: on images held out of training where there are enough, else on any, spread over the
 * data set, since neighbours are often of one class.
 * @param samples one-pass samples, just drawn
 * @param between awaited between two times
 */
export async function measure(
  generator: Generator,
  data: Pick<TrainingData, 'dataset' | 'split'>,
  samples: ImageBatch,
  between: () => Promise<void>,
): Promise<Diagnostics> {
  const { dataset, split } = data;
  const { images } = imagesOf(generator, dataset, split.measured(MAX_MEASURED_IMAGES));
  const diagnostics = await diagnose(generator, images, generator.step, samples, between);
  const compared = split.compared(MAX_MEASURED_IMAGES);
  if (compared === null) return diagnostics;
  const errorOf = async (indices: number[]): Promise<number> => {
    await between();
    const { images: originals } = imagesOf(generator, dataset, indices);
    const errors = imageErrors(originals, generator.reconstruct(originals));
    return errors.reduce((sum, { mse }) => sum + mse, 0) / errors.length;
  };
  const training = await errorOf(compared.training);
  const heldOut = await errorOf(compared.heldOut);
  return { ...diagnostics, fit: { images: compared.training.length, training, heldOut } };
}

function imagesOf(
  { manifest }: Generator,
  dataset: TrainingData['dataset'],
  indices: number[],
): { images: ImageBatch; indices: number[] } {
  const data = dataset.readAt(indices);
  if (manifest.config.training.binarise) binarise(data);
  const { height, width, channels } = dataset.record;
  return { images: { count: indices.length, height, width, channels, data }, indices };
}
