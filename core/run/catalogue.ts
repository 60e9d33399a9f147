/** The runs of the library as lists show them, the damaged ones too. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { sentenceOf } from '../errors.ts';
import { visibleFolders } from '../files.ts';
import { runsFolder } from '../library.ts';
import { damageSentence, listCheckpoints } from './checkpoint.ts';
import type { BestCheckpoint } from './evaluation-line.ts';
import { findBest } from './evaluations.ts';
import type { RunManifest, RunSummary } from './manifest.ts';
import { originWords } from './start-point.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { readLast } from './run-log.ts';
import { readLastMetrics, readRunManifest } from './run-folder.ts';

const DAMAGED: Outcome = { state: 'damaged', collapsed: [] };

/** All runs of the library, newest first, damaged ones too (with `problem`). */
export async function listRuns(home: string): Promise<RunSummary[]> {
  const ids = await visibleFolders(runsFolder(home));
  const summaries = await Promise.all(ids.map((id) => summarizeRun(home, id)));
  return summaries.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id));
}

/**
 * A run as lists show it. Never throws for a damaged one. Checkpoints are judged by their manifest and the
 * sizes of their files, since a list must be quick; their hashes are checked when one is opened.
 */
export async function summarizeRun(home: string, id: string): Promise<RunSummary> {
  const folder = path.join(runsFolder(home), id);
  let manifest: RunManifest;
  try {
    manifest = await readRunManifest(folder);
  } catch (error) {
    return {
      id,
      name: id,
      createdAt: await modificationTime(folder),
      preset: null,
      dataset: null,
      seed: 0,
      steps: 0,
      step: 0,
      drawable: false,
      lastLoss: null,
      checkpoints: [],
      best: null,
      imageSize: 0,
      channels: 1,
      parameters: null,
      damage: null,
      problem: sentenceOf(error),
      outcome: DAMAGED,
    };
  }
  let problem: string | null = null;
  let damage: string | null = null;
  let step = 0;
  let drawable = false;
  let lastLoss: number | null = null;
  let usable: number[] = [];
  let best: BestCheckpoint | null = null;
  let outcome: Outcome = DAMAGED;
  try {
    const checkpoints = await listCheckpoints(folder);
    usable = checkpoints.filter((checkpoint) => checkpoint.problem === null).map((entry) => entry.step);
    const newest = checkpoints.findLast((checkpoint) => checkpoint.problem === null);
    if (newest !== undefined) {
      step = newest.step;
      const newer = checkpoints.slice(checkpoints.indexOf(newest) + 1).reverse();
      damage = damageSentence(newer, step);
      drawable = true;
    } else {
      problem = checkpoints.at(-1)?.problem ?? null;
    }
    lastLoss = (await readLastMetrics(folder))?.loss ?? null;
    best = await findBest(folder).catch(() => null);
    if (problem === null) {
      outcome = outcomeOf(manifest.config, { step: drawable ? step : null, ...(await readLast(folder)) });
    }
  } catch (error) {
    problem = sentenceOf(error);
  }
  const { config, dataset, name, createdAt, preset, seed, parameters, origin } = manifest;
  return {
    id,
    name,
    createdAt,
    preset,
    dataset: dataset?.name ?? null,
    seed,
    steps: config.training.steps,
    step,
    drawable,
    lastLoss,
    checkpoints: usable,
    best,
    ...(origin && { startedFrom: originWords(origin) }),
    imageSize: config.network.imageSize,
    channels: config.network.channels,
    parameters,
    damage,
    problem,
    outcome,
  };
}

async function modificationTime(folder: string): Promise<string> {
  try {
    return (await fs.stat(folder)).mtime.toISOString();
  } catch {
    return new Date(0).toISOString();
  }
}
