/** A new run that begins as another was at one of its checkpoints, with settings changed from there on. */
import fs from 'node:fs/promises';
import path from 'node:path';
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
import { stepOfCheckpoint, type WhichCheckpoint } from '../run/which-checkpoint.ts';
import { countOf } from '../words.ts';
import { newManifest } from './new-manifest.ts';
import { fromCheckpoint, type Progress, toCheckpoint } from './state.ts';

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
  const model = covaeModel(config.network, config.objective);
  const state = stateOf(model, found, id);
  const { continued = [] } = parent;
  const kept = continued.filter(({ from }) => from <= step);
  const rate = settings['training.learningRate'];
  const last = kept.at(-1);
  if (last && typeof rate === 'number') kept.splice(-1, 1, { ...last, learningRate: rate });
  const hash = await weightsHash(folder, step, 'ema');
  const manifest = newManifest({
    name: distinctName(name ?? `${parent.name.slice(0, 59)}-fork`, await runNames(home)),
    preset: parent.preset,
    seed: seed ?? parent.seed,
    dataset: parent.dataset,
    config,
    parameters: parent.parameters,
    startsFrom: 'weights',
    origin: {
      ...{ kind: 'run', name: id, step, hash: `sha256:${hash ?? ''}` },
      ...{ taken: model.plan.layout.specs.length, tensors: model.plan.layout.specs.length, fresh: [] },
    },
    forked: { settings },
    ...(kept.length > 0 && { continued: kept }),
  });
  await createRunFolder(home, manifest, async (temporary) => {
    const logs = await copyLogs(folder, temporary, step);
    await copyGrids(folder, temporary, step);
    const contents = toCheckpoint(model, state.vectors, changedProgress(state.progress, settings));
    await writeCheckpoint(temporary, step, contents, { logs });
  });
  return manifest;
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
