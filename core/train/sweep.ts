/** Trainings that differ in some settings: all combinations of their values, or some by chance, each with some seeds. */
import type { Settings } from '../config/settings.ts';
import { configForRun } from '../config/override.ts';
import { checkRunRules } from '../config/run-rules.ts';
import type { ModelConfig, Preset } from '../config/model.ts';
import { SETTING_SCHEMAS } from '../config/setting-schema.ts';
import { readDatasetRecord } from '../data/catalogue.ts';
import { UserError } from '../errors.ts';
import { significant } from '../digits.ts';
import { changeAbout } from '../run/about.ts';
import { addToQueue } from '../run/queue.ts';
import { philox4x32 } from '../tensor/philox.ts';
import { countOf } from '../words.ts';
import { createRun } from './create-run.ts';
import type { Device } from '../device.ts';
import { planTraining } from './plan/training-plan.ts';

/** Most runs of a sweep: more is a mistake. */
export const MOST_RUNS = 200;

/** Values of a setting: one after the other, or a range that numbers are drawn from by chance. */
export type Varied = { key: string; values: readonly unknown[] } | { key: string; from: number; to: number };

export interface Sweep {
  /** What its runs are called, and tagged with. */
  name: string;
  dataset: string;
  preset: Preset;
  /** What all of them have. */
  settings?: Settings;
  vary: readonly Varied[];
  /** Default: 0. */
  seeds?: readonly number[];
  /** So many combinations by chance in place of all of them. */
  random?: { count: number; seed: number };
}

export interface PlannedSweepRun {
  /** What is special about it. */
  settings: Settings;
  seed: number;
  name: string;
}

export interface PlannedSweep {
  runs: PlannedSweepRun[];
  /** Seconds of all trainings together; null where a step of this kind was never measured on this machine. */
  seconds: number | null;
}

/**
 * The runs of a sweep; nothing is made yet. The same sweep gives the same runs.
 *
 * @throws UserError when it has none or too many runs, a setting or value is none, or ranges are asked for without chance
 */
export async function planSweep(
  home: string,
  sweep: Sweep,
  device: Device | null = null,
): Promise<PlannedSweep> {
  const record = await readDatasetRecord(home, sweep.dataset);
  const combined = sweep.random === undefined ? gridOf(sweep.vary) : drawn(sweep.vary, sweep.random);
  const seeds = sweep.seeds ?? [0];
  const count = combined.length * seeds.length;
  if (count === 0)
    throw new UserError('This sweep has no runs: give a setting with values, or seeds.', { code: 'usage' });
  if (count > MOST_RUNS) {
    throw new UserError(
      `This sweep would be ${countOf(count, 'run')}, and ${MOST_RUNS} are the most; leave values out, or draw some of them by chance.`,
      { code: 'usage' },
    );
  }
  const runs = combined.flatMap((settings) =>
    seeds.map((seed) => ({ settings, seed, name: nameOf(sweep.name, settings, seed, seeds.length > 1) })),
  );
  let seconds: number | null = 0;
  for (const settings of combined) {
    const config = configOf(sweep, settings, record);
    checkRunRules(config, { hasStart: false, hasHeldOut: record.heldOut > 0 });
    if (device === null || seconds === null) continue;
    const planned = await planTraining(config, { home, device, trained: record.count - record.heldOut });
    seconds = planned.seconds === null ? null : seconds + planned.seconds * seeds.length;
  }
  return { runs, seconds: device === null ? null : seconds };
}

/**
 * Makes the runs of a sweep, tagged with its name, and puts them into the queue.
 *
 * @param onRun told of each
 * @returns their ids
 * @throws UserError as {@link planSweep}, before the first one is made; and when one cannot be made, which the signal's
 *   reason counts as. Those made before are queued then too
 */
export async function makeSweep(
  home: string,
  sweep: Sweep,
  {
    signal,
    onRun,
  }: {
    signal?: AbortSignal | undefined;
    onRun?: ((made: number, of: number, id: string) => void) | undefined;
  } = {},
): Promise<string[]> {
  const { runs } = await planSweep(home, sweep);
  const ids: string[] = [];
  try {
    for (const { settings, seed, name } of runs) {
      signal?.throwIfAborted();
      const { dataset, preset } = sweep;
      const { id } = await createRun({
        ...{ home, dataset, preset, name, seed },
        settings: { ...sweep.settings, ...settings },
      });
      ids.push(id);
      await changeAbout(home, id, { add: [tagOf(sweep.name)] });
      onRun?.(ids.length, runs.length, id);
    }
  } finally {
    if (ids.length > 0) await addToQueue(home, ids, sweep.name);
  }
  return ids;
}

/** The tag of a sweep's runs. */
export function tagOf(name: string): string {
  return `sweep ${name.replaceAll(',', ' ')}`.slice(0, 40).trim();
}

function configOf(
  { preset, settings = {} }: Sweep,
  own: Settings,
  record: Parameters<typeof configForRun>[1],
): ModelConfig {
  return configForRun(preset, record, { ...settings, ...own }, 'The sweep');
}

/** All combinations, the last setting the quickest. */
function gridOf(vary: readonly Varied[]): Settings[] {
  return vary.reduce<Settings[]>(
    (before, varied) => {
      if (!('values' in varied)) {
        throw new UserError(
          `${varied.key} is a range, from which values are drawn by chance; say how many runs (--random N).`,
          {
            code: 'usage',
            key: varied.key,
            window: `${varied.key} is a range, from which values are drawn by chance; say how many runs.`,
          },
        );
      }
      return before.flatMap((settings) =>
        varied.values.map((value) => ({ ...settings, [varied.key]: value })),
      );
    },
    [{}],
  );
}

/** Draws combinations; of lists none twice, for as long as there are others. */
function drawn(vary: readonly Varied[], { count, seed }: { count: number; seed: number }): Settings[] {
  const found = new Map<string, Settings>();
  // Where few are left to be found, most draws are those that there are already.
  for (let draw = 0; draw < count * 50 && found.size < count; draw++) {
    const settings = Object.fromEntries(
      vary.map((varied, index) => {
        const [word] = philox4x32([draw, index, 0, 0], [seed, 0x5eed]);
        return [varied.key, valueAt(varied, word / 2 ** 32)];
      }),
    );
    found.set(JSON.stringify(settings), settings);
  }
  return [...found.values()];
}

/** @param share 0 to below 1 */
function valueAt(varied: Varied, share: number): unknown {
  if ('values' in varied) return varied.values[Math.floor(share * varied.values.length)];
  const { key, from, to } = varied;
  const whole = SETTING_SCHEMAS.get(key)?.limits.whole ?? false;
  const logarithmic = from > 0 && to / from >= 10;
  const value = logarithmic ? from * (to / from) ** share : from + (to - from) * share;
  return whole ? Math.round(value) : Number(significant(value, 4));
}

function nameOf(sweep: string, settings: Settings, seed: number, withSeed: boolean): string {
  const parts = Object.entries(settings).map(
    ([key, value]) =>
      `${key.split('.').at(-1) ?? key} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const all = [sweep, ...parts, ...(withSeed ? [`seed ${seed}`] : [])].join(' ');
  // What a file system cannot hold, such as the quotation marks of an expression.
  return Array.from(all.replace(/[\p{Cc}/\\:*?"<>|]/gu, ' '))
    .slice(0, 60)
    .join('')
    .trim();
}
