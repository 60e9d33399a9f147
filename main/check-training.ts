/** What the window asks before it starts a training: whether its settings fit together, and what they amount to. */
import { weightingAt } from '../core/config/weighting.ts';
import { readDatasetRecord } from '../core/data/catalogue.ts';
import { UserError } from '../core/errors.ts';
import { checkRunRules } from '../core/config/run-rules.ts';
import { configForRun } from '../core/config/override.ts';
import { differencesOf, paperPresetFor } from '../core/config/compare.ts';
import { listOwnPresets } from '../core/config/own-presets.ts';
import { listPresets } from '../core/config/presets.ts';
import { presetOfRun } from '../core/run/preset-of-run.ts';
import type { DatasetRecord } from '../core/data/dataset.ts';
import type { ModelConfig, Preset } from '../core/config/model.ts';
import { presetOfStart } from '../core/train/start/config-of-start.ts';
import { capitalised } from '../core/words.ts';
import type { CallParams, CallResult } from './ipc/contract.ts';

type Check = CallResult<'training.check'>;

/** Points of a curve. */
const POINTS = 65;
const OF_RUN = 'run:';

/**
 * The preset of this name, of the program's or the library's, or a run's configuration in the form of one.
 * @param name of a preset, or `run:` and the id of a run
 * @throws UserError naming the presets there are
 */
export async function presetNamed(home: string, name: string): Promise<Preset> {
  if (name.startsWith(OF_RUN)) return presetOfRun(home, name.slice(OF_RUN.length));
  const [presets, own] = await Promise.all([listPresets(), listOwnPresets(home)]);
  const all = [...presets, ...own.presets];
  const preset = all.find((candidate) => candidate.name === name);
  if (preset !== undefined) return preset;
  const damaged = own.damaged.find((candidate) => candidate.name === name);
  if (damaged !== undefined) throw new UserError(damaged.problem, { code: 'unreadable', file: damaged.file });
  throw new UserError(
    `There is no preset "${name}"; choose one of ${all.map((known) => known.name).join(', ')}.`,
    { code: 'not-found' },
  );
}

/**
 * The preset of a planned training, or the configuration of its start in the form of one.
 *
 * @throws UserError when there is none
 */
export async function presetFor(
  home: string,
  { dataset, preset, from }: Pick<CallParams<'training.check'>, 'dataset' | 'preset' | 'from'>,
): Promise<Preset> {
  if (preset !== null) return presetNamed(home, preset);
  if (from === undefined) throw new UserError('Choose a preset, or weights to start from.');
  return presetOfStart(home, from, (await readDatasetRecord(home, dataset)).classes);
}

/**
 * The configuration of a planned training, or why there is none.
 *
 * @throws UserError when the data set or the preset themselves are missing
 */
export async function checkTraining(home: string, params: CallParams<'training.check'>): Promise<Check> {
  const { dataset, settings = {}, from } = params;
  const record = await readDatasetRecord(home, dataset);
  const preset = await presetFor(home, params);
  try {
    const config = configForRun(preset, record, settings);
    checkRunRules(config, { hasStart: from !== undefined, hasHeldOut: record.heldOut > 0 });
    return { config, problem: null, ...(await described(config, preset, record)) };
  } catch (error) {
    const problem = problemOf(error);
    const { [problem.key ?? '']: _, ...others } = settings;
    const config = soundOrNull(() => configForRun(preset, record, others));
    return { config, problem, ...(await described(config, preset, record)) };
  }
}

/** What there is to be said of a sound configuration. */
async function described(
  config: ModelConfig | null,
  preset: Preset,
  record: DatasetRecord,
): Promise<Pick<Check, 'curves' | 'differs' | 'paper'>> {
  if (config === null) return { curves: null, differs: [], paper: null };
  const paper = paperPresetFor(await listPresets(), config);
  const own = soundOrNull(() => configForRun(preset, record));
  return {
    curves: curvesOf(config),
    differs: own === null ? [] : differencesOf(config, own),
    paper: paper && {
      name: paper.name,
      title: paper.title,
      differs: differencesOf(config, paper.config),
    },
  };
}

/** The configuration without the setting that is wrong, so that the other controls go on showing what they do. */
function soundOrNull(make: () => ModelConfig): ModelConfig | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** @throws what is no sentence for the person */
function problemOf(error: unknown): NonNullable<Check['problem']> {
  if (!(error instanceof UserError)) throw error;
  return { code: error.code, key: error.key ?? null, text: capitalised(error.brief) };
}

/** λ(t) and β(t) at times between the smallest and the largest level, evenly on a logarithmic scale. */
function curvesOf({ objective }: ModelConfig): Check['curves'] {
  if (objective.variant !== 'covae') return null;
  const { sigmaMin, sigmaMax, recWeight, klWeight } = objective;
  const t = Array.from({ length: POINTS }, (_, i) => sigmaMin * (sigmaMax / sigmaMin) ** (i / (POINTS - 1)));
  return {
    t,
    rec: t.map((at) => weightingAt(recWeight, 'rec', at)),
    kl: t.map((at) => weightingAt(klWeight, 'kl', at)),
  };
}
