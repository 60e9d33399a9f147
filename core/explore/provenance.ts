import type { RunManifest } from '../run/manifest.ts';
import type { PngText } from '../export/png.ts';
import { APP_VERSION } from '../version.ts';

/** What an image was drawn with, beside its run: `{ kind: 'samples', seed: 0, passes: 1 }`. */
export type DrawingDetails = Readonly<Record<string, string | number | Readonly<Record<string, string>>>>;

/**
 * The text to put into an image of a run, so that it can be traced back and drawn again: `Software`, what drew it, and
 * under the keyword `covae` JSON with run, step, data set and how the image was drawn; also with the version that trained
 * the run, where that was another one.
 */
export function provenanceOf(
  manifest: Pick<RunManifest, 'id' | 'seed' | 'dataset' | 'preset' | 'versions'>,
  step: number,
  details: DrawingDetails,
): PngText {
  const { id, seed, dataset, preset, versions } = manifest;
  return {
    Software: `CoVAE Studio ${APP_VERSION}`,
    covae: JSON.stringify({
      run: id,
      step,
      trainingSeed: seed,
      preset,
      ...(versions.app !== APP_VERSION && { trainedBy: versions.app }),
      ...(dataset && { dataset: dataset.name, datasetFingerprint: dataset.fingerprint }),
      ...details,
    }),
  };
}
