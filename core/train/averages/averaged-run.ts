import { covaeModel } from '../../covae/model.ts';
import { UserError } from '../../errors.ts';
import { runFolder } from '../../library.ts';
import type { RunManifest } from '../../run/manifest.ts';
import { readRunManifest } from '../../run/run-folder.ts';
import { useCheckpoint } from '../../run/which-checkpoint.ts';
import { copyRun, withoutTracked } from '../fork-run.ts';
import { fromCheckpoint } from '../state.ts';
import { averageOf, openSnapshots } from './average.ts';
import { checkLength } from '../../run/average-lengths.ts';

export interface AveragedRunOptions {
  /** σ_rel, as `averageOf` takes it. */
  length: number;
  /** Of a checkpoint; default: the newest that verifies. */
  step?: number;
  /** Default: that of the run with `-average` behind it. */
  name?: string;
  signal?: AbortSignal;
}

/**
 * Makes a run that is another at one of its checkpoints, but with an average of the length given as its EMA weights. The
 * other stays as it is.
 *
 * @throws UserError when there is no such checkpoint or no snapshot before it, the length is none, or the folder cannot be
 *   written
 */
export async function averagedRun(
  home: string,
  id: string,
  { length, step: asked, name, signal }: AveragedRunOptions,
): Promise<RunManifest> {
  checkLength(length);
  const folder = runFolder(home, id);
  const parent = await readRunManifest(folder);
  const { network, objective, training } = parent.config;
  const model = covaeModel(network, objective);
  const found = await useCheckpoint(folder, asked, (checkpoint) => fromCheckpoint(model, checkpoint));
  if (found === null) {
    throw new UserError(`The run ${id} has no checkpoint yet; train it for a while first.`, {
      code: 'not-found',
    });
  }
  const { step } = found.checkpoint;
  const { vectors, progress } = found.used;
  const ema = await averageOf(folder, await openSnapshots(folder, step), length, signal);
  const { continued = [] } = parent;
  return copyRun(home, parent, {
    ...{ step, progress, seed: parent.seed, averaged: { length } },
    vectors: { ...withoutTracked(vectors), ema },
    // The snapshots stay with the run that they are of.
    config: { ...parent.config, training: { ...training, snapshotEvery: 0 } },
    continued: continued.filter(({ from }) => from <= step),
    name: name ?? `${parent.name.slice(0, 56)}-average`,
    forked: { settings: {} },
  });
}
