/** The runs of the library as lists show them, the damaged ones too. */
import { statSync, readdirSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { differsFromPreset } from '../config/presets-of-runs.ts';
import { sentenceOf } from '../errors.ts';
import { visibleFolders } from '../files.ts';
import { bytesIn } from '../folder-size.ts';
import { runsFolder } from '../library.ts';
import { damageSentence, listCheckpoints } from './checkpoint.ts';
import { readAbout } from './about.ts';
import { type BestCheckpoint, valueOf } from './evaluation-line.ts';
import { findBest, readEvaluationLines } from './evaluations.ts';
import type { Parent, RunManifest, RunSummary } from './manifest.ts';
import { listSnapshots } from './snapshot-files.ts';
import { type Origin, originWords } from './start-point.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { readLast } from './run-log.ts';
import { readLastMetrics, readRunManifest } from './run-folder.ts';

/** What is not known of a damaged run. */
const NOTHING = { tags: [], note: '', variant: null, differs: [], seconds: null, lastMeasured: null };

const DAMAGED: Outcome = { state: 'damaged', collapsed: [] };

/** All runs of the library, newest first, damaged ones too (with `problem`). */
export async function listRuns(home: string): Promise<RunSummary[]> {
  const ids = await visibleFolders(runsFolder(home));
  const summaries: RunSummary[] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE);
    summaries.push(...(await Promise.all(some.map((id) => rememberedSummary(home, id)))));
    await turn();
  }
  return summaries.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id));
}

/** Runs that are looked at before anything else gets its turn. */
const AT_ONCE = 50;

/** Summaries by folder, each good for as long as the run's files are those that it was made from. */
const remembered = new Map<string, { stamp: string; summary: RunSummary }>();
/** More than anybody has; of libraries that are looked at no more. */
const MOST_REMEMBERED = 20_000;

async function rememberedSummary(home: string, id: string): Promise<RunSummary> {
  const folder = path.join(runsFolder(home), id);
  const stamp = stampOf(folder);
  const known = remembered.get(folder);
  if (known?.stamp === stamp) return known.summary;
  const { summary, isWhole } = await lookAt(home, id);
  // What a disk refused it may give the next time, and what was written to meanwhile is other then.
  if (!isWhole) return summary;
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  if (stampOf(folder) === stamp) remembered.set(folder, { stamp, summary });
  return summary;
}

/** Changes whenever a file does that a summary is made from: names, sizes and times. */
function stampOf(folder: string): string {
  const parts: (string | number)[] = [];
  const look = (file: string): void => {
    const found = statSync(file, { throwIfNoEntry: false });
    parts.push(found === undefined ? '-' : `${found.size} ${found.mtimeMs} ${found.ctimeMs} ${found.ino}`);
  };
  try {
    for (const name of readdirSync(folder)) {
      parts.push(name);
      look(path.join(folder, name));
    }
    const checkpoints = path.join(folder, 'checkpoints');
    for (const name of readdirSync(checkpoints)) {
      parts.push(name);
      for (const file of readdirSync(path.join(checkpoints, name))) {
        parts.push(file);
        look(path.join(checkpoints, name, file));
      }
    }
  } catch {
    // What cannot be looked at is told by the summary; it counts as another state each time.
    parts.push(`unreadable ${remembered.size} ${Math.random()}`);
  }
  return parts.join('\0');
}

/**
 * A run as lists show it. Never throws for a damaged one. Checkpoints are judged by their manifest and the
 * sizes of their files, since a list must be quick; their hashes are checked when one is opened.
 */
export async function summarizeRun(home: string, id: string): Promise<RunSummary> {
  return (await lookAt(home, id)).summary;
}

/** A summary, and whether all that it is made from could be read. */
async function lookAt(home: string, id: string): Promise<{ summary: RunSummary; isWhole: boolean }> {
  const folder = path.join(runsFolder(home), id);
  let manifest: RunManifest;
  try {
    manifest = await readRunManifest(folder);
  } catch (error) {
    const summary: RunSummary = {
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
      ...NOTHING,
      bytes: await bytesIn(folder),
      imageSize: 0,
      channels: 1,
      parameters: null,
      damage: null,
      problem: sentenceOf(error),
      outcome: DAMAGED,
    };
    return { summary, isWhole: false };
  }
  const reading = { isWhole: true };
  const orElse = <T>(value: T): T => {
    reading.isWhole = false;
    return value;
  };
  let problem: string | null = null;
  let damage: string | null = null;
  let step = 0;
  let drawable = false;
  let lastLoss: number | null = null;
  let usable: number[] = [];
  let best: BestCheckpoint | null = null;
  let lastMeasured: BestCheckpoint | null = null;
  let seconds: number | null = null;
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
    const last = await readLastMetrics(folder);
    lastLoss = last?.loss ?? null;
    seconds = last?.seconds ?? null;
    best = await findBest(folder).catch(() => orElse(null));
    lastMeasured = best === null ? null : await measuredLast(folder, best);
    if (problem === null) {
      outcome = outcomeOf(manifest.config, { step: drawable ? step : null, ...(await readLast(folder)) });
    }
  } catch (error) {
    problem = sentenceOf(error);
  }
  // What is said of a run is no reason not to use it.
  const { tags, note } = await readAbout(folder).catch(() => orElse({ tags: [], note: '' }));
  const { config, dataset, name, createdAt, preset, seed, parameters, origin, continued, averaged } =
    manifest;
  const snapshots =
    config.training.snapshotEvery === 0 ? 0 : (await listSnapshots(folder).catch(() => orElse([]))).length;
  const startedFrom =
    origin === undefined || averaged === undefined
      ? origin && originWords(origin)
      : `${originWords(origin)}, its weights averaged over a length of ${averaged.length}`;
  const summary: RunSummary = {
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
    ...(startedFrom !== undefined && { startedFrom }),
    ...(origin?.kind === 'run' && { parent: parentOf(origin, manifest) }),
    ...(continued && { continued }),
    ...(dataset && { fingerprint: dataset.fingerprint }),
    ...(snapshots > 0 && { snapshots }),
    tags: [...tags],
    note,
    variant: config.objective.variant,
    differs: await differsFromPreset(home, manifest),
    seconds,
    bytes: await bytesIn(folder),
    lastMeasured,
    imageSize: config.network.imageSize,
    channels: config.network.channels,
    parameters,
    damage,
    problem,
    outcome,
  };
  return { summary, isWhole: reading.isWhole && problem === null && damage === null };
}

function parentOf(
  { name, step }: Origin,
  { forked, averaged }: Pick<RunManifest, 'forked' | 'averaged'>,
): Parent {
  const changed =
    forked === undefined ? null : Object.entries(forked.settings).map(([key, value]) => ({ key, value }));
  return { id: name, step, changed, ...(averaged && { average: averaged.length }) };
}

/** What the newest evaluation of the training says by the measure of the best. */
async function measuredLast(folder: string, { measure }: BestCheckpoint): Promise<BestCheckpoint | null> {
  const line = (await readEvaluationLines(folder)).at(-1);
  const value = line === undefined ? null : valueOf({ ...line, measure });
  return line === undefined || value === null ? null : { step: line.step, measure, value };
}

async function modificationTime(folder: string): Promise<string> {
  try {
    return (await fs.stat(folder)).mtime.toISOString();
  } catch {
    return new Date(0).toISOString();
  }
}
