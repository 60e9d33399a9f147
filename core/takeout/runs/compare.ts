/** Runs held against each other: in what their settings differ, how far they came, and how they were measured to be. */
import { differingSettings } from '../../config/flat.ts';
import { SETTINGS } from '../../config/settings-table.ts';
import type { EvaluationRecord } from '../../evaluate/record.ts';
import { listEvaluations } from '../../evaluate/store.ts';
import { UserError } from '../../errors.ts';
import { runFolder } from '../../library.ts';
import { summarizeRun } from '../../run/catalogue.ts';
import { type CurveKey, type Curves, entriesOf, keysOf } from '../../run/curves.ts';
import { listGrids } from '../../run/grid-files.ts';
import type { RunManifest, RunSummary } from '../../run/manifest.ts';
import { outcomeText } from '../../run/outcome.ts';
import { readCurves } from '../../run/read-curves.ts';
import { readRunManifest } from '../../run/run-folder.ts';

/** Most runs that are compared: more colours cannot be told apart. */
export const MOST_COMPARED = 8;

export interface ComparedRun {
  summary: RunSummary;
  manifest: RunManifest;
  curves: Curves;
  evaluations: EvaluationRecord[];
}

/** A setting that not all runs have alike. */
export interface ComparedSetting {
  key: string;
  /** What it is called. */
  term: string;
  /** Of each run in turn; null where it has none. */
  values: unknown[];
}

export interface Comparison {
  runs: ComparedRun[];
  /** Settings that differ; data set, seed and preset come first. */
  settings: ComparedSetting[];
  /** Steps at which every run has samples in one pass, rising. */
  steps: number[];
}

/**
 * Reads some runs to be compared.
 *
 * @param ids two to {@link MOST_COMPARED}
 * @throws UserError when there are fewer or more, one is named twice, or one cannot be read
 */
export async function compareRuns(home: string, ids: readonly string[]): Promise<Comparison> {
  if (ids.length < 2 || ids.length > MOST_COMPARED) {
    throw new UserError(
      `Two to ${MOST_COMPARED} runs can be compared, and ${ids.length === 1 ? 'one was' : `${ids.length} were`} named.`,
      { code: 'usage' },
    );
  }
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw new UserError(`The run ${twice} is named twice; a run is compared with others.`, { code: 'usage' });
  }
  const runs = await Promise.all(ids.map((id) => readRun(home, id)));
  const grids = await Promise.all(
    ids.map(async (id) =>
      (await listGrids(runFolder(home, id)))
        .filter(({ kind }) => kind === 'passes-1')
        .map(({ step }) => step),
    ),
  );
  const [first = [], ...others] = grids;
  return {
    runs,
    settings: settingsOf(runs.map(({ manifest }) => manifest)),
    steps: first.filter((step) => others.every((steps) => steps.includes(step))).sort((a, b) => a - b),
  };
}

async function readRun(home: string, id: string): Promise<ComparedRun> {
  const folder = runFolder(home, id);
  const manifest = await readRunManifest(folder);
  const { evaluations } = await listEvaluations(folder);
  return {
    manifest,
    summary: await summarizeRun(home, id),
    curves: await readCurves(folder),
    evaluations: evaluations.map(({ record }) => record),
  };
}

/** In which settings runs differ, what they are made from first. */
export function settingsOf(
  manifests: readonly Pick<RunManifest, 'config' | 'dataset' | 'preset' | 'seed' | 'origin'>[],
): ComparedSetting[] {
  const made: ComparedSetting[] = [
    { key: 'dataset', term: 'Data set', values: manifests.map(({ dataset }) => dataset?.name ?? null) },
    { key: 'preset', term: 'Preset', values: manifests.map(({ preset }) => preset) },
    { key: 'seed', term: 'Seed', values: manifests.map(({ seed }) => seed) },
    {
      key: 'origin',
      term: 'Started from',
      values: manifests.map(({ origin }) => (origin === undefined ? null : origin.name)),
    },
  ];
  const differing = differingSettings(manifests.map(({ config }) => config)).map(({ key, values }) => ({
    key,
    term: SETTINGS.find((setting) => setting.key === key)?.term ?? key,
    values: values.map((value) => value ?? null),
  }));
  return [...made.filter(({ values }) => new Set(values).size > 1), ...differing];
}

/** Facts of each run that are numbers or words, for tables. */
export function factsOf({ summary, curves }: ComparedRun): [string, string | number | null][] {
  const { step, steps, lastLoss, best, seconds, bytes, outcome } = summary;
  return [
    ['State', outcomeText(outcome, step)],
    ['Steps', step],
    ['of', steps],
    ['Loss', lastLoss],
    ['Best', best?.value ?? null],
    ['by', best === null ? null : `${best.measure}, step ${best.step}`],
    ['Seconds of training', seconds],
    ['Bytes on the disk', bytes],
    ['Logged lines', curves.steps.length],
  ];
}

/** Curves that any of the runs has, in their order. */
export function curveKeysOf(runs: readonly Pick<ComparedRun, 'curves'>[]): CurveKey[] {
  const columns = Object.assign({}, ...runs.map(({ curves }) => curves.columns)) as Curves['columns'];
  return keysOf({ columns });
}

/** A comparison for machines; of each curve its last value, of each run its evaluations. */
export function comparisonJson({ runs, settings, steps }: Comparison): object {
  return {
    runs: runs.map((run) => ({
      id: run.summary.id,
      name: run.summary.name,
      tags: run.summary.tags,
      outcome: run.summary.outcome,
      facts: Object.fromEntries(factsOf(run)),
      last: Object.fromEntries(
        entriesOf(run.curves.columns).map(([key, { mean }]) => {
          const value = mean.at(-1);
          return [key, value === undefined || !Number.isFinite(value) ? null : value];
        }),
      ),
      evaluations: run.evaluations,
    })),
    settings,
    steps,
  };
}
