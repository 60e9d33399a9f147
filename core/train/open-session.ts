import { setImmediate as turn } from 'node:timers/promises';
import { covaeModel, type CovaeModel } from '../covae/model.ts';
import { UserError } from '../errors.ts';
import { lockRun } from '../library-locks.ts';
import { runFolder } from '../library.ts';
import type { Lock } from '../lock.ts';
import { damageSentence, readCheckpointOf, useNewestCheckpoint } from '../run/checkpoint.ts';
import { setAsideAfter } from '../run/going-back.ts';
import type { RunChanges } from '../run/history-line.ts';
import { logDamage, type LogMarks } from '../run/log-marks.ts';
import { type RunManifest, startsFromWeights } from '../run/manifest.ts';
import { readRunManifest } from '../run/run-folder.ts';
import { originWords } from '../run/start-point.ts';
import type { TrainingSession } from './api.ts';
import { openProgram } from './open-program.ts';
import { namingMemory } from './out-of-memory.ts';
import { Session } from './session.ts';
import { fromCheckpoint, initialVectors, type Progress, type Vectors } from './state.ts';
import { openTrainingData, type TrainingData } from './training-data.ts';

/**
 * Loads a run with its data, ready to be trained from its newest checkpoint that verifies, or from the start. What came
 * after the step that is gone on from is set aside, once all else is open.
 * @param onPhase told in few words what takes time
 * @param options.from step of an earlier checkpoint to go back to; 0 for the start
 * @param options.changes settings in place of the run's, from here on (kept in its history and its checkpoints)
 * @param options.dumpGraph folder to leave the compiled graph in
 * @param options.replaceDump replace a graph that is there already
 * @throws UserError when the run, its data set or all its checkpoints are missing or damaged; (`busy`) when the run is
 *   being trained or changed by another process
 */
export async function openSession(
  home: string,
  runId: string,
  onPhase: (phase: string) => void = () => undefined,
  options: { changes?: RunChanges; dumpGraph?: string; replaceDump?: boolean; from?: number } = {},
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
    const { vectors, progress, damage, logs } = await begin(model, manifest, folder, options.from);
    onPhase('Compiling the network');
    // Compiling blocks this thread; let the word get out first.
    await turn();
    const { program, stepper } = openProgram(model, config, vectors, progress.step, {
      ...(manifest.continued && { continued: manifest.continued }),
      ...(options.dumpGraph !== undefined && { dumpDir: options.dumpGraph }),
      ...(options.replaceDump !== undefined && { replaceDump: options.replaceDump }),
    });
    try {
      const goesBack = options.from !== undefined || damage !== null;
      const setAside = goesBack ? await setAsideAfter(folder, progress.step) : null;
      const session = new Session(manifest, folder, data, model, program, stepper, progress, {
        remarks: [damage, await logDamage(folder, logs, progress.step)].filter((remark) => remark !== null),
        setAside,
      });
      if (options.changes !== undefined) session.change(options.changes);
      return session;
    } catch (error) {
      program.dispose();
      throw error;
    }
  } catch (error) {
    data.close();
    throw await namingMemory(error, config);
  }
}

interface Beginning {
  vectors: Vectors;
  progress: Progress;
  /** What to tell of newer checkpoints that are damaged. */
  damage: string | null;
  /** What the logs were when the checkpoint was written. */
  logs: LogMarks;
}

/**
 * The state of the checkpoint of step `from`, else of the newest that verifies; or of a training that has not begun.
 * @throws UserError where the weights that it should begin with are gone: it would be trained from noise in silence
 */
async function begin(
  model: CovaeModel,
  manifest: RunManifest,
  folder: string,
  from: number | undefined,
): Promise<Beginning> {
  if (from !== undefined) {
    const asked = await readCheckpointOf(folder, from);
    if (asked) return { ...fromCheckpoint(model, asked), damage: null, logs: asked.logs };
  } else {
    const newest = await useNewestCheckpoint(folder, (checkpoint) => fromCheckpoint(model, checkpoint));
    if (newest) {
      const { passedOver, step, logs } = newest.checkpoint;
      return { ...newest.used, damage: damageSentence(passedOver, step), logs };
    }
  }
  if (startsFromWeights(manifest)) {
    const left = from === undefined ? 'no checkpoint of it is left' : 'there is none of its start';
    const { origin } = manifest;
    throw new UserError(
      origin
        ? `The run ${manifest.id} started from ${originWords(origin)}, and ${left}; start such a run again.`
        : `The run ${manifest.id} was made from imported weights, and ${left}; import the weights again.`,
      { code: 'not-found', file: folder },
    );
  }
  return {
    vectors: initialVectors(model, manifest.seed, manifest.config.training),
    progress: { step: 0, seconds: 0, learningRateFactor: 1, optimizerFrom: 0 },
    damage: null,
    logs: {},
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
