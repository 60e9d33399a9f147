import { setImmediate as turn } from 'node:timers/promises';
import { covaeModel, type CovaeModel } from '../covae/model.ts';
import { UserError } from '../errors.ts';
import { lockRun } from '../library-locks.ts';
import { runFolder } from '../library.ts';
import type { Lock } from '../lock.ts';
import { readNewestCheckpoint } from '../run/checkpoint.ts';
import { type RunManifest, startsFromWeights } from '../run/manifest.ts';
import { readRunManifest } from '../run/run-folder.ts';
import type { TrainingSession } from './api.ts';
import { openProgram } from './open-program.ts';
import { namingMemory } from './out-of-memory.ts';
import { Session } from './session.ts';
import { fromCheckpoint, initialVectors, type Progress, type Vectors } from './state.ts';
import { openTrainingData, type TrainingData } from './training-data.ts';

/**
 * Loads a run with its data, ready to be trained from its newest checkpoint that verifies, or from the start.
 * @param onPhase told in few words what takes time
 * @param options.learningRate in place of the configured one, from here on (kept in the run's checkpoints)
 * @param options.dumpGraph folder to leave the compiled graph in
 * @param options.replaceDump replace a graph that is there already
 * @throws UserError when the run, its data set or all its checkpoints are missing or damaged; (`busy`) when the run is
 *   being trained or changed by another process
 */
export async function openSession(
  home: string,
  runId: string,
  onPhase: (phase: string) => void = () => undefined,
  options: { learningRate?: number; dumpGraph?: string; replaceDump?: boolean } = {},
): Promise<TrainingSession> {
  const folder = runFolder(home, runId);
  const manifest = await readRunManifest(folder);
  const { config } = manifest;
  // Until the session is disposed of.
  const lock = lockRun(home, runId, 'is being trained');
  const data = await openData(home, manifest, onPhase, lock);
  try {
    const model = covaeModel(config.network, config.objective);
    onPhase('Reading the checkpoint');
    const { vectors, progress } = await begin(model, manifest, folder);
    if (options.learningRate !== undefined) {
      progress.learningRateFactor = options.learningRate / config.training.learningRate;
    }
    onPhase('Compiling the network');
    // Compiling blocks this thread; let the word get out first.
    await turn();
    const { program, stepper } = openProgram(model, config, vectors, progress.step, {
      ...(options.dumpGraph !== undefined && { dumpDir: options.dumpGraph }),
      ...(options.replaceDump !== undefined && { replaceDump: options.replaceDump }),
    });
    return new Session(manifest, folder, data, model, program, stepper, progress);
  } catch (error) {
    data.close();
    throw await namingMemory(error, config);
  }
}

/**
 * The state of the newest checkpoint that verifies, or of a training that has not begun.
 * @throws UserError where the weights that it should begin with are gone: it would be trained from noise in silence
 */
async function begin(
  model: CovaeModel,
  manifest: RunManifest,
  folder: string,
): Promise<{ vectors: Vectors; progress: Progress }> {
  const checkpoint = await readNewestCheckpoint(folder);
  if (checkpoint) return fromCheckpoint(model, checkpoint);
  if (startsFromWeights(manifest)) {
    throw new UserError(
      `The run ${manifest.id} was made from imported weights, and no checkpoint of it is left; import the weights again.`,
      { code: 'not-found', file: folder },
    );
  }
  return {
    vectors: initialVectors(model, manifest.seed),
    progress: { step: 0, seconds: 0, learningRateFactor: 1, optimizerFrom: 0 },
  };
}

/** The data set of a run that is locked; the lock is given back with it. */
async function openData(
  home: string,
  manifest: RunManifest,
  onPhase: (phase: string) => void,
  lock: Lock,
): Promise<TrainingData> {
  try {
    onPhase('Reading the data set');
    const data = await openTrainingData(home, manifest);
    return {
      ...data,
      close() {
        data.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
