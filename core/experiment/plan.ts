/** Which runs an experiment needs, and which of them the library has. */
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import type { DatasetRecord } from '../data/dataset.ts';
import { UserError } from '../errors.ts';
import { exists, writeFileAtomic } from '../files.ts';
import { parseJsonFile } from '../json-file.ts';
import { runFolder } from '../library.ts';
import { listRuns } from '../run/catalogue.ts';
import { findNewestCheckpoint } from '../run/checkpoint.ts';
import { sameDataset } from '../run/run-dataset.ts';
import { configForRun } from '../config/override.ts';
import { loadPreset } from '../config/presets.ts';
import { readRunManifest } from '../run/run-folder.ts';
import type { ModelConfig, Preset } from '../config/model.ts';
import type { Recipe, Size } from './recipe.ts';

/** A training that an experiment needs. */
export interface PlannedRun {
  /** Name of an arm. */
  arm: string;
  label: string;
  seed: number;
  /** Name of the run in the library. */
  runName: string;
  /** The size's preset with the configuration of the arm, laid onto the data set. */
  preset: Preset;
}

/** Name of an experiment in one size: of its report's folder and at the beginning of its runs' names. */
export function experimentName(recipe: Recipe, size: Size): string {
  return size === 'full' ? recipe.name : `${recipe.name}-${size}`;
}

/**
 * The runs of an experiment: all arms of the first seed, then of the next, so that stopping early leaves arms that can
 * be compared.
 *
 * @param firstSeed seeds count up from it
 * @throws UserError when the preset is missing, a setting is wrong, or the data set does not suit
 */
export async function planRuns(
  recipe: Recipe,
  size: Size,
  record: DatasetRecord,
  firstSeed: number,
): Promise<PlannedRun[]> {
  const { preset: presetName, set, seeds } = recipe.sizes[size];
  const base = await loadPreset(presetName);
  const arms = recipe.arms.map((arm) => {
    const what = `Experiment "${recipe.name}", arm "${arm.name}"`;
    const config = configForRun(base, record, { ...set, ...arm.set }, what);
    return { ...arm, preset: { ...base, config } };
  });
  return Array.from({ length: seeds }, (_, i) => firstSeed + i).flatMap((seed) =>
    arms.map(({ name, label, preset }) => ({
      arm: name,
      label,
      seed,
      runName: `${experimentName(recipe, size)}-${name}-seed${seed}`,
      preset,
    })),
  );
}

/** A run of the library that belongs to a plan. */
export interface FoundRun {
  id: string;
  /** Step of its newest checkpoint; 0 when there is none. */
  step: number;
  /** `diverged`: it ended before its last step because a step was not finite. */
  state: 'unfinished' | 'finished' | 'diverged';
}

/**
 * The newest run of the library with the name, seed, data and configuration of a planned one; null when there is
 * none. A changed recipe, preset or data set so begins new runs, and a run that diverged and was gone on with by hand
 * is no longer one of the experiment's.
 */
export async function findPlannedRun(
  home: string,
  planned: PlannedRun,
  record: DatasetRecord,
): Promise<FoundRun | null> {
  for (const run of await listRuns(home)) {
    if (run.name !== planned.runName || run.seed !== planned.seed || run.problem !== null) continue;
    const folder = runFolder(home, run.id);
    const { config, dataset } = await readRunManifest(folder);
    if (dataset === null || !sameDataset(record, dataset) || !sameConfig(config, planned)) continue;
    const step = await usableStep(folder);
    if (step === null) continue;
    const divergence = await readDivergence(folder);
    if (divergence !== null) {
      if (divergence.step === step) return { id: run.id, step, state: 'diverged' };
      continue;
    }
    return { id: run.id, step, state: step >= run.steps ? 'finished' : 'unfinished' };
  }
  return null;
}

/** Step of the newest checkpoint that verifies, 0 for a run without any; null when all are damaged. */
async function usableStep(folder: string): Promise<number | null> {
  try {
    return (await findNewestCheckpoint(folder))?.step ?? 0;
  } catch (error) {
    if (error instanceof UserError && error.code === 'unreadable') return null;
    throw error;
  }
}

export function sameConfig(config: ModelConfig, planned: PlannedRun): boolean {
  return isDeepStrictEqual(config, planned.preset.config);
}

const DivergenceSchema = v.strictObject({
  format: v.literal('covae-divergence'),
  version: v.literal(1),
  /** The last step that was finite, whose weights are kept. */
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

const divergenceFile = (folder: string): string => path.join(folder, 'divergence.json');

/** Notes in a run's folder that its training ended by diverging. */
export async function writeDivergence(folder: string, step: number): Promise<void> {
  const content: v.InferOutput<typeof DivergenceSchema> = { format: 'covae-divergence', version: 1, step };
  await writeFileAtomic(divergenceFile(folder), `${JSON.stringify(content)}\n`, 'note of the divergence');
}

async function readDivergence(folder: string): Promise<{ step: number } | null> {
  const file = divergenceFile(folder);
  return (await exists(file)) ? parseJsonFile(DivergenceSchema, file) : null;
}
