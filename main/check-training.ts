/** What the window asks before it starts a training: whether its settings fit together, and what they amount to. */
import { weightingAt } from '../core/config/weighting.ts';
import { readDatasetRecord } from '../core/data/catalogue.ts';
import { UserError } from '../core/errors.ts';
import { checkRunRules } from '../core/config/run-rules.ts';
import { configForRun } from '../core/config/override.ts';
import { listPresets } from '../core/config/presets.ts';
import type { ModelConfig, Preset } from '../core/config/model.ts';
import { presetOfStart } from '../core/train/start/config-of-start.ts';
import { capitalised } from '../core/words.ts';
import type { CallParams, CallResult } from './ipc/contract.ts';

type Check = CallResult<'training.check'>;

/** Points of a curve. */
const POINTS = 65;
/** The preset of this name. @throws UserError naming the presets there are */
export async function presetNamed(name: string): Promise<Preset> {
  const presets = await listPresets();
  const preset = presets.find((candidate) => candidate.name === name);
  if (preset !== undefined) return preset;
  throw new UserError(
    `There is no preset "${name}"; choose one of ${presets.map((known) => known.name).join(', ')}.`,
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
  if (preset !== null) return presetNamed(preset);
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
    return { config, problem: null, curves: curvesOf(config) };
  } catch (error) {
    const problem = problemOf(error);
    const { [problem.key ?? '']: _, ...others } = settings;
    const config = soundOrNull(() => configForRun(preset, record, others));
    return { config, problem, curves: config && curvesOf(config) };
  }
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
