/** A new run that begins as another was at one of its checkpoints, with settings changed from there on. */
import fs from 'node:fs/promises';
import path from 'node:path';
import type { ModelConfig, TrainingConfig } from '../config/model.ts';
import { applySettings } from '../config/override.ts';
import { checkRunRules } from '../config/run-rules.ts';
import type { Settings } from '../config/settings.ts';
import { covaeModel } from '../covae/model.ts';
import { sentenceOf, UserError } from '../errors.ts';
import { errorCode, readProblem, writeNewFile } from '../files.ts';
import { runFolder } from '../library.ts';
import { distinctName } from '../names.ts';
import { readBytes } from '../read-file.ts';
import {
  type Checkpoint,
  readCheckpointOf,
  readNewestCheckpoint,
  writeCheckpoint,
} from '../run/checkpoint.ts';
import { weightsHash } from '../run/checkpoint-hash.ts';
import { LOGS } from '../run/going-back.ts';
import { gridOfName } from '../run/grid-files.ts';
import { bytesUpTo } from '../run/line-log.ts';
import { ALARMS_FILE } from '../run/lines.ts';
import { type LogMark, LogMeter } from '../run/log-marks.ts';
import type { RunManifest } from '../run/manifest.ts';
import { createRunFolder, readRunManifest } from '../run/run-folder.ts';
import { runNames } from '../run/run-names.ts';
import { listSnapshots, snapshotFile, snapshotsFolder } from '../run/snapshot-files.ts';
import { stepOfCheckpoint, type WhichCheckpoint } from '../run/which-checkpoint.ts';
import type { Continuation } from '../schedule/continuation.ts';
import { countOf } from '../words.ts';
import { newManifest } from './new-manifest.ts';
import { fromCheckpoint, type Progress, toCheckpoint, type Vectors } from './state.ts';

export interface ForkOptions {
  /** Default: the newest that verifies. */
  checkpoint?: WhichCheckpoint;
  /** What is changed of its configuration from there on. */
  settings?: Settings;
  /** Default: that of the run with `-fork` behind it. */
  name?: string;
  /** Of everything random from there on; default: that of the run. */
  seed?: number;
}

/**
 * Makes a run from a checkpoint of another: weights, averages, the optimiser's state, and what was logged and drawn up to
 * there. Nothing of it is trained yet, and the other run stays as it is. The new one keeps where it came from and what was
 * changed.
 *
 * @throws UserError when there is no such checkpoint, a setting is none or changes the networks, no step would be left, or
 *   the folder cannot be written
 */
export async function forkRun(
  home: string,
  id: string,
  { checkpoint = 'newest', settings = {}, name, seed }: ForkOptions = {},
): Promise<RunManifest> {
  const folder = runFolder(home, id);
  const parent = await readRunManifest(folder);
  const config = applySettings(parent.config, settings, 'The fork');
  checkRunRules(config, { hasStart: true, hasHeldOut: (parent.dataset?.heldOut ?? 0) > 0 });
  const found = await open(folder, id, checkpoint);
  const { step } = found;
  if (step >= config.training.steps) {
    throw new UserError(
      `Step ${step.toLocaleString('en-US')} is the last of the ${countOf(config.training.steps, 'step')} of ${id}; give the fork more of them (training.steps).`,
      { code: 'settings', key: 'training.steps' },
    );
  }
  if (config.training.snapshotEvery > 0 && parent.config.training.snapshotEvery === 0) {
    throw new UserError(
      `The run ${id} did not track what snapshots are made of, and a fork cannot begin with it; leave training.snapshotEvery at 0, or start a new training.`,
      { code: 'settings', key: 'training.snapshotEvery' },
    );
  }
  const { vectors, progress } = stateOf(covaeModel(config.network, config.objective), found, id);
  const { continued = [] } = parent;
  const kept = continued.filter(({ from }) => from <= step);
  const rate = settings['training.learningRate'];
  const last = kept.at(-1);
  if (last && typeof rate === 'number') kept.splice(-1, 1, { ...last, learningRate: rate });
  return copyRun(home, parent, {
    ...{ step, config, progress: changedProgress(progress, settings), continued: kept },
    vectors: config.training.snapshotEvery === 0 ? withoutTracked(vectors) : vectors,
    name: name ?? `${parent.name.slice(0, 59)}-fork`,
    seed: seed ?? parent.seed,
    forked: { settings },
  });
}

/** What a copy of a run at one of its steps is made of. */
export interface RunCopy {
  step: number;
  config: ModelConfig;
  vectors: Vectors;
  progress: Progress;
  continued: Continuation[];
  /** With a number behind it where there is another run of that name. */
  name: string;
  seed: number;
  forked: { settings: Settings };
  averaged?: { length: number };
}

/**
 * Writes a run with the state given, as another was at a step: what that had logged and drawn up to there comes along.
 *
 * @throws UserError when the folder cannot be written
 */
export async function copyRun(
  home: string,
  parent: RunManifest,
  { step, config, vectors, progress, continued, name, ...others }: RunCopy,
): Promise<RunManifest> {
  const { id } = parent;
  const folder = runFolder(home, id);
  const model = covaeModel(config.network, config.objective);
  const hash = await weightsHash(folder, step, 'ema');
  const manifest = newManifest({
    ...others,
    name: distinctName(name, await runNames(home)),
    preset: parent.preset,
    dataset: parent.dataset,
    config,
    parameters: parent.parameters,
    startsFrom: 'weights',
    origin: {
      ...{ kind: 'run', name: id, step, hash: `sha256:${hash ?? ''}` },
      ...{ taken: model.plan.layout.specs.length, tensors: model.plan.layout.specs.length, fresh: [] },
    },
    ...(continued.length > 0 && { continued }),
  });
  await createRunFolder(home, manifest, async (temporary) => {
    const logs = await copyLogs(folder, temporary, step);
    await copyGrids(folder, temporary, step);
    await copySnapshots(folder, temporary, step, config.training);
    await writeCheckpoint(temporary, step, toCheckpoint(model, vectors, progress), { logs });
  });
  return manifest;
}

/** Without what snapshots are made of. */
export function withoutTracked({ shortAverage: _s, longAverage: _l, ...vectors }: Vectors): Vectors {
  return vectors;
}

async function copySnapshots(
  from: string,
  to: string,
  step: number,
  { snapshotEvery }: TrainingConfig,
): Promise<void> {
  const steps = snapshotEvery === 0 ? [] : await listSnapshots(from);
  if (steps.length > 0) await fs.mkdir(snapshotsFolder(to), { recursive: true });
  for (const each of steps.filter((other) => other <= step)) {
    await fs.copyFile(snapshotFile(from, each), snapshotFile(to, each), fs.constants.COPYFILE_FICLONE);
  }
}

async function open(folder: string, id: string, which: WhichCheckpoint): Promise<Checkpoint> {
  const asked = await stepOfCheckpoint(folder, which);
  const found =
    asked === undefined
      ? await readNewestCheckpoint(folder)
      : await readCheckpointOf(folder, asked, { orStart: false });
  if (found !== null) return found;
  throw new UserError(`The run ${id} has no checkpoint to fork from; train it for a while first.`, {
    code: 'not-found',
    file: folder,
  });
}

function stateOf(
  model: ReturnType<typeof covaeModel>,
  checkpoint: Checkpoint,
  id: string,
): ReturnType<typeof fromCheckpoint> {
  try {
    return fromCheckpoint(model, checkpoint);
  } catch (error) {
    throw new UserError(
      `The settings of the fork ask for other networks than those of ${id}, whose state it would go on with; start a new training from its weights instead: covae train --from ${id}@${checkpoint.step}.`,
      {
        ...{ code: 'settings', cause: error, brief: sentenceOf(error) },
        window: `The settings of the fork ask for other networks than those of ${id}, whose state it would go on with; start a new training instead, with the run under “Start from”.`,
      },
    );
  }
}

/** What is set anew counts, and no longer what was changed while the other run trained. */
function changedProgress(progress: Progress, settings: Settings): Progress {
  const { changed = {}, ...others } = progress;
  const left = Object.fromEntries(
    Object.entries(changed).filter(([key]) => !(`training.${key}` in settings)),
  );
  return {
    ...others,
    ...('training.learningRate' in settings && { learningRateFactor: 1 }),
    ...(Object.keys(left).length > 0 && { changed: left }),
  };
}

async function copyLogs(from: string, to: string, step: number): Promise<Record<string, LogMark>> {
  const marks: Record<string, LogMark> = {};
  for (const name of LOGS) {
    let content: Buffer;
    try {
      content = await readBytes(path.join(from, name));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') continue;
      throw readProblem(error, path.join(from, name));
    }
    // The alarm of a step that was not finite bears the number of the step before it, and ended the other run.
    const part = content.subarray(0, bytesUpTo(content, name === ALARMS_FILE ? step - 1 : step));
    await writeNewFile(path.join(to, name), part);
    const meter = new LogMeter();
    meter.add(part);
    marks[name] = meter.mark();
  }
  return marks;
}

async function copyGrids(from: string, to: string, step: number): Promise<void> {
  const names = await fs.readdir(path.join(from, 'samples')).catch(() => []);
  for (const name of names) {
    const grid = gridOfName(name);
    if (grid === null || grid.step > step) continue;
    const target = path.join(to, 'samples', name);
    await fs.copyFile(path.join(from, 'samples', name), target, fs.constants.COPYFILE_FICLONE);
  }
}
