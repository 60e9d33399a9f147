/** What can be chosen when a run draws. */
import { latentShape } from '../core/config/network.ts';
import { categoriesOf } from '../core/config/objective.ts';
import { finalTimeSteps, reencodingIndex } from '../core/schedule/time-steps.ts';
import { unfittable } from '../core/explore/prior/fitted-prior.ts';
import { runFolder } from '../core/library.ts';
import { classNamesOf } from '../core/run/class-names.ts';
import { readRunManifest } from '../core/run/run-folder.ts';
import type { CallResult } from './ipc/contract.ts';

/** @throws UserError when the run is missing or damaged */
export async function drawingInfo(home: string, runId: string): Promise<CallResult<'runs.drawing'>> {
  const manifest = await readRunManifest(runFolder(home, runId));
  const { network, objective } = manifest.config;
  return {
    timeSteps: [...finalTimeSteps(objective)],
    middle: reencodingIndex(objective),
    classes: await classNamesOf(home, manifest),
    temperature: categoriesOf(objective) === null,
    fittable: manifest.dataset !== null && unfittable(manifest.config) === null,
    latent: latentShape(network),
  };
}
