import { componentDirections, type FoundDirection } from '../../explore/directions/make.ts';
import { categoriesOf } from '../../config/objective.ts';
import { passTimes } from '../functions.ts';
import { withGenerator } from '../portable-generator.ts';
import type { PortableModel } from '../portable-model.ts';

const SAMPLES = 256;
const PART = 32;
/** Sliders on the page. */
const DIRECTIONS = 8;

/**
 * The first principal components of encodings at the time at which further passes encode: of samples that the model draws itself, so
 * that none of the images it was trained on is needed, or can be guessed from the page.
 * @returns none for a categorical latent, which has no directions
 */
export function pageDirections(portable: PortableModel, signal?: AbortSignal): FoundDirection[] {
  const { model, flat } = portable;
  const { objective } = model;
  if (categoriesOf(objective) !== null) return [];
  return withGenerator(portable, flat, (generator) => {
    const t = passTimes(objective).again;
    const rows: Float32Array[] = [];
    for (let start = 0; start < SAMPLES; start += PART) {
      signal?.throwIfAborted();
      const images = generator.sample({ count: PART, start, seed: 0, passes: 1 });
      rows.push(generator.encode(images, { t }).mu);
    }
    const size = rows[0]!.length / PART;
    const values = new Float32Array(SAMPLES * size);
    rows.forEach((row, i) => values.set(row, i * PART * size));
    return componentDirections({ count: SAMPLES, size, values }, DIRECTIONS);
  });
}
