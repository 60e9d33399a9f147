/** The curves of a run from its folder. */
import { type Curves, curvesOf } from './curves.ts';
import { readMetrics, readRunManifest } from './run-folder.ts';

/**
 * Everything that was logged of a run.
 *
 * @throws UserError when the run is not there, or its log is damaged
 */
export async function readCurves(runDir: string): Promise<Curves> {
  const { config, dataset } = await readRunManifest(runDir);
  const images = dataset === null ? null : dataset.count - (dataset.heldOut ?? 0);
  return curvesOf(await readMetrics(runDir), { batchSize: config.training.batchSize, images });
}
