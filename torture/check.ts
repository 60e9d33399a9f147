/** What must hold of a library at any moment, whatever was killed: nothing saved is lost, nothing shown is half. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { listDatasets } from '../core/data/catalogue.ts';
import { decodeImage } from '../core/data/decode/decode.ts';
import { openDataset } from '../core/data/packed.ts';
import { sentenceOf } from '../core/errors.ts';
import { runFolder } from '../core/library.ts';
import { listRuns } from '../core/run/catalogue.ts';
import { listCheckpoints } from '../core/run/checkpoint.ts';
import { readMetrics } from '../core/run/run-folder.ts';
import { readDiagnostics } from '../core/run/run-log.ts';
import { STEPS } from './material.ts';
import { lostOf, type Snapshot, snapshotOf } from './snapshot.ts';

export interface Expected {
  before: Snapshot;
  /** Below these paths of the library the command may change files. */
  touched: readonly string[];
  /** Run → step that it has at least. */
  least: ReadonlyMap<string, number>;
  /** Runs begin with weights from elsewhere, at a step that nothing was logged of. */
  unlogged?: boolean;
}

/** @returns what is lost or broken, in words; nothing when all is well */
export async function checkLibrary(
  home: string,
  { before, touched, least, unlogged = false }: Expected,
): Promise<string[]> {
  const problems: string[] = [];
  const after = snapshotOf(home);
  const changing = (name: string): boolean =>
    touched.some((below) => name === below || name.startsWith(`${below}/`));
  for (const [name, content] of before) {
    if (content !== 'dir' && !changing(name))
      problems.push(...lostOf(new Map([[name, content]]), after, name));
  }
  for (const { name, problem } of await listDatasets(home)) {
    const found = problem ?? (await pixelsProblem(home, name));
    if (found !== null) problems.push(`data set ${name}: ${found}`);
  }
  for (const { id, problem, step } of await listRuns(home)) {
    if (problem !== null) problems.push(`run ${id}: ${problem}`);
    else
      problems.push(
        ...(await runProblems(runFolder(home, id), unlogged ? 0 : step)).map((text) => `run ${id}: ${text}`),
      );
  }
  for (const [id, step] of least) {
    const steps = await verifiedSteps(runFolder(home, id));
    const newest = Math.max(-1, ...steps);
    if (newest < step) problems.push(`run ${id}: step ${step} was saved, ${newest} is the newest there is`);
  }
  return problems;
}

async function pixelsProblem(home: string, name: string): Promise<string | null> {
  try {
    (await openDataset(home, name, { verify: true })).close();
    return null;
  } catch (error) {
    return sentenceOf(error);
  }
}

async function runProblems(folder: string, step: number): Promise<string[]> {
  const problems: string[] = [];
  for (const { folder: checkpoint, problem } of await listCheckpoints(folder)) {
    const found = problem ?? hashProblem(checkpoint);
    if (found !== null) problems.push(found);
  }
  try {
    const logged = (await readMetrics(folder)).map((line) => line.step);
    const gap = logged.findIndex((number, at) => number !== at + 1);
    if (gap >= 0) problems.push(`its log goes from step ${logged[gap - 1] ?? 0} to ${logged[gap]}`);
    if (logged.length < step)
      problems.push(`its log ends at step ${logged.length}, a checkpoint is of ${step}`);
  } catch (error) {
    problems.push(sentenceOf(error));
  }
  const samples = path.join(folder, 'samples');
  for (const name of fs.existsSync(samples) ? fs.readdirSync(samples) : []) {
    if (name.startsWith('.') || !name.endsWith('.png')) continue;
    const whole = await decodeImage(new Uint8Array(fs.readFileSync(path.join(samples, name)))).catch(
      () => null,
    );
    if (whole === null) problems.push(`samples/${name} is no whole picture`);
  }
  return problems;
}

function hashProblem(checkpoint: string): string | null {
  const manifest = JSON.parse(fs.readFileSync(path.join(checkpoint, 'manifest.json'), 'utf8')) as {
    files: Record<string, { sha256: string }>;
  };
  for (const [name, { sha256 }] of Object.entries(manifest.files)) {
    if (hashOf(path.join(checkpoint, name)) !== sha256)
      return `${checkpoint}/${name} is not what was written`;
  }
  return null;
}

export function hashOf(file: string): string {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

async function verifiedSteps(folder: string): Promise<number[]> {
  const entries = fs.existsSync(folder) ? await listCheckpoints(folder) : [];
  return entries
    .filter(({ problem, folder: checkpoint }) => problem === null && hashProblem(checkpoint) === null)
    .map(({ step }) => step);
}

/** Hashes of the tensors of a run's last step. */
export function lastTensors(home: string, id: string): string {
  const folder = path.join(runFolder(home, id), 'checkpoints', `step-${String(STEPS).padStart(8, '0')}`);
  return ['model', 'ema', 'optimizer']
    .map((name) => path.join(folder, `${name}.safetensors`))
    .map((file) => (fs.existsSync(file) ? hashOf(file) : 'none'))
    .join(' ');
}

/** What is wrong with a training that went on to its end: a log with gaps or doubles, weights that differ. */
export async function finishedProblems(home: string, id: string, tensors: string): Promise<string[]> {
  const folder = runFolder(home, id);
  const wholeLog = Array.from({ length: STEPS }, (_, i) => i + 1).join();
  try {
    const logged = (await readMetrics(folder)).map(({ step }) => step).join();
    const measured = (await readDiagnostics(folder)).map(({ step }) => step).join();
    return [
      ...(logged === wholeLog ? [] : [`run ${id}: its log has the steps ${logged}`]),
      ...(measured === `${STEPS / 2},${STEPS}` ? [] : [`run ${id}: measured at the steps ${measured}`]),
      ...(lastTensors(home, id) === tensors
        ? []
        : [`run ${id}: its last weights are not those of a training in one go`]),
    ];
  } catch (error) {
    return [sentenceOf(error)];
  }
}
