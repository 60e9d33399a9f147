/** Looks at a model while it learns: a grid of samples, always from the same noise, and measurements over t. */
import path from 'node:path';
import type { ImageBatch } from '../data/dataset.ts';
import type { Generator } from '../explore/api.ts';
import { imageErrors } from '../explore/image-error.ts';
import { binarise } from '../explore/pixels.ts';
import { provenanceOf } from '../explore/provenance.ts';
import { writeGridPng } from '../export/grid.ts';
import type { Diagnostics } from '../run/diagnostics.ts';
import { diagnose, MAX_MEASURED_IMAGES } from './diagnostics/diagnose.ts';
import type { TrainingData } from './training-data.ts';

const GRID_SAMPLES = 64;
const GRID_COLUMNS = 8;

/** Draws the samples of the grid, in one pass. */
export function drawSamples(generator: Generator): ImageBatch {
  return generator.sample({ count: GRID_SAMPLES, seed: generator.manifest.seed, passes: 1 });
}

/** Writes the samples as a grid into the run's folder. @returns the file */
export async function writeGrid(generator: Generator, folder: string, images: ImageBatch): Promise<string> {
  const { manifest, step } = generator;
  const { seed } = manifest;
  const file = path.join(folder, 'samples', `step-${String(step).padStart(8, '0')}.png`);
  await writeGridPng(file, images, {
    columns: GRID_COLUMNS,
    provenance: provenanceOf(manifest, step, { kind: 'samples', seed, passes: 1 }),
  });
  return file;
}

/**
 * Measures the model over t: on images held out of training where there are enough, else on any, spread over the
 * data set, since neighbours are often of one class.
 * @param samples one-pass samples, just drawn
 */
export async function measure(
  generator: Generator,
  { dataset, split }: Pick<TrainingData, 'dataset' | 'split'>,
  samples: ImageBatch,
): Promise<Diagnostics> {
  const indices = split.measured(MAX_MEASURED_IMAGES);
  const data = dataset.readAt(indices);
  if (generator.manifest.config.training.binarise) binarise(data);
  const { height, width, channels } = dataset.record;
  const compared = split.compared(MAX_MEASURED_IMAGES);
  const errorOf = (images: number[]): number => {
    const pixels = dataset.readAt(images);
    if (generator.manifest.config.training.binarise) binarise(pixels);
    const batch = { count: images.length, height, width, channels, data: pixels };
    const errors = imageErrors(batch, generator.reconstruct(batch));
    return errors.reduce((sum, { mse }) => sum + mse, 0) / errors.length;
  };
  const diagnostics = await diagnose(
    generator,
    { count: indices.length, height, width, channels, data },
    generator.step,
    samples,
  );
  return compared === null
    ? diagnostics
    : {
        ...diagnostics,
        fit: {
          images: compared.training.length,
          training: errorOf(compared.training),
          heldOut: errorOf(compared.heldOut),
        },
      };
}
