/** What the settings accept makes a run that opens. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { importImages, temporaryHome } from './test-fakes.ts';
import { ModelConfigSchema, type ModelConfig } from '../config/model.ts';
import { applySettings } from '../config/override.ts';
import { loadPreset } from '../config/presets.ts';
import { brokenPlanRule } from '../config/setting-rules.ts';
import { SETTING_SCHEMAS, type SettingSchema } from '../config/setting-schema.ts';
import { weightingAt } from '../config/weighting.ts';
import { UserError } from '../errors.ts';
import { lognormalProbabilities } from '../schedule/interval-sampling.ts';
import { finalTimeSteps, levelsAtStep, timeSteps } from '../schedule/time-steps.ts';
import * as v from 'valibot';
import { createRun } from '../train/create-run.ts';
import { describeModel } from '../train/describe.ts';
import { openSession } from '../train/open-session.ts';

/** Mulberry32: the same tries each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const HOSTILE = [
  NaN,
  Infinity,
  -Infinity,
  1e308,
  -1e308,
  5e-324,
  -0,
  2 ** 53,
  2 ** 64,
  -1,
  0.5,
  '',
  'x',
  null,
  [],
  {},
  true,
];

/** A value within the limits, often at their ends. */
function within({ limits, key }: SettingSchema, random: () => number): unknown {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  if (limits.nullable && random() < 0.3) return null;
  const low = limits.min ?? limits.above ?? -1;
  const high = limits.max ?? limits.below ?? 1;
  const number = (): number => {
    const spread =
      random() < 0.2
        ? pick([low, high])
        : low > 0
          ? low * (high / low) ** random()
          : low + (high - low) * random() ** 4;
    const value = limits.whole ? Math.round(spread) : spread;
    return limits.multipleOf === null ? value : value - (value % limits.multipleOf);
  };
  switch (limits.kind) {
    case 'number':
      return number();
    case 'numbers':
      return Array.from({ length: 1 + Math.floor(random() * (limits.maxLength ?? 3)) }, number);
    case 'choice':
      return pick(limits.choices);
    case 'switch':
      return random() < 0.5;
    case 'text':
      return pick(['linear', 'square', 'ones', '1/(t+0.1)', 't^30', '1e300', 'exp(t)']);
    case 'part':
      return key === 'objective.adversarial' ? null : {};
  }
}

const keys = [...SETTING_SCHEMAS.values()].filter(({ key }) => !/imageSize|network.channels/.test(key));

/** A configuration with some settings changed at random; null when it was refused, in one sentence. */
function attempt(config: ModelConfig, random: () => number, from = keys): ModelConfig | null {
  const settings: Record<string, unknown> = {};
  for (let n = 1 + Math.floor(random() * 5); n > 0; n--) {
    const chosen = from[Math.floor(random() * from.length)]!;
    const hostile = random() < 0.15;
    settings[chosen.key] = hostile ? HOSTILE[Math.floor(random() * HOSTILE.length)] : within(chosen, random);
  }
  try {
    return applySettings(config, settings, '--set');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toMatch(/^--set: .*\.$/);
    return null;
  }
}

function everyNumber(value: unknown, check: (value: number) => void): void {
  if (typeof value === 'number') check(value);
  else if (typeof value === 'object' && value !== null)
    for (const below of Object.values(value)) everyNumber(below, check);
}

describe('a number setting', () => {
  it('has two ends', () => {
    const numbers = keys.filter(({ limits }) => limits.kind === 'number' || limits.kind === 'numbers');
    expect(numbers.length).toBeGreaterThan(30);
    const open = numbers.filter(
      ({ limits: { min, above, max, below } }) => (min ?? above) === null || (max ?? below) === null,
    );
    expect(open.map(({ key }) => key)).toEqual([]);
    const endless = numbers.filter(
      ({ limits: { maxLength, kind } }) => kind === 'numbers' && maxLength === null,
    );
    expect(endless.map(({ key }) => key)).toEqual([]);
  });
});

describe('a number outside its limits', () => {
  it.each([
    ['objective.rho', 1000, 'must be at most 100, not 1000'],
    ['objective.sigmaMin', 1e-9, 'must be at least 0.000001, not 1e-9'],
    ['training.clipNorm', 1e30, 'must be at most 1000000, not 1e+30'],
    ['network.attentionResolutions', Array<number>(17).fill(8), 'must have a length of at most 16, not 17'],
  ])('begins no training, but a run that has it opens: %s', async (key, value, clause) => {
    const { config } = await loadPreset('tiny-unet');
    expect(() => applySettings(config, { [key]: value }, '--set')).toThrow(`--set: key "${key}" ${clause}.`);
    const older = structuredClone(config);
    const [section, name] = key.split('.') as ['objective', string];
    Object.assign(older[section], { [name]: value });
    expect(v.parse(ModelConfigSchema, older)).toEqual(older);
    // A preset's file may be older, too: what it makes is a new training.
    expect(() => applySettings(older, {}, 'Preset "own"')).toThrow(`Preset "own": key "${key}" ${clause}.`);
  });
});

describe('settings that are accepted', () => {
  it('describe a training in finite numbers', { timeout: 120_000 }, async () => {
    const random = randomFrom(1);
    const { config } = await loadPreset('tiny-unet');
    let accepted = 0;
    for (const variant of ['covae', 's-covae', 'beta-vae'] as const) {
      const base = applySettings(config, { 'objective.variant': variant }, '--set');
      for (let i = 0; i < 400; i++) {
        const made = attempt(base, random);
        if (made === null) continue;
        accepted++;
        expect(v.parse(ModelConfigSchema, JSON.parse(JSON.stringify(made)))).toEqual(
          JSON.parse(JSON.stringify(made)),
        );
        everyNumber(made, (value) => expect(Number.isFinite(value)).toBe(true));
        everyNumber(describeModel(made), (value) => expect(Number.isFinite(value)).toBe(true));
        const { objective, training } = made;
        if (objective.variant === 'beta-vae') continue;
        for (const levels of [levelsAtStep(objective, 0, training.steps), objective.endScales + 1]) {
          const times = timeSteps(objective, levels);
          times.forEach((t, at) => expect(Number.isFinite(t) && (at === 0 || t > times[at - 1]!)).toBe(true));
          if (objective.variant === 's-covae') {
            everyNumber([...lognormalProbabilities(times, objective)], (p) =>
              expect(Number.isFinite(p)).toBe(true),
            );
          }
        }
        if (objective.variant !== 'covae') continue;
        for (const t of [objective.sigmaMin, ...finalTimeSteps(objective).subarray(1), objective.sigmaMax]) {
          expect(Number.isFinite(Math.fround(weightingAt(objective.recWeight, 'rec', t)))).toBe(true);
          expect(Number.isFinite(Math.fround(weightingAt(objective.klWeight, 'kl', t)))).toBe(true);
        }
      }
    }
    expect(accepted).toBeGreaterThan(200);
  });

  it('make a run that opens and takes a step', { timeout: 300_000 }, async () => {
    const home = temporaryHome();
    try {
      await importImages(home, 'set');
      const preset = await loadPreset('smoke');
      const random = randomFrom(2);
      // The networks stay small: this is about numbers, not about memory.
      const cheap = keys.filter(
        ({ key }) =>
          !/^network|batchSize|accumulate|adversarial|variant|logEvery|sampleEvery|checkpoint/.test(key),
      );
      for (const variant of ['covae', 's-covae', 'beta-vae'] as const) {
        const base = applySettings(preset.config, { 'objective.variant': variant }, '--set');
        let config: ModelConfig | null = null;
        while (config === null) {
          const made = attempt(base, random, cheap);
          config = made !== null && brokenPlanRule(made) === undefined ? made : null;
        }
        const { id } = await createRun({ home, dataset: 'set', preset: { ...preset, config } });
        expect(fs.existsSync(path.join(home, 'runs', id))).toBe(true);
        const session = await openSession(home, id);
        session.dispose();
      }
    } finally {
      fs.rmSync(home, { recursive: true, force: true });
    }
  });
});
