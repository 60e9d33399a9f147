import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { adversarialDefaults, VARIANTS, type Variant, withVariant } from './defaults.ts';
import { type ModelConfig, ModelConfigSchema } from './model.ts';
import { loadPreset } from './presets.ts';
import { valueAt } from './setting-rules.ts';
import { outsideLimits } from './setting-schema.ts';
import { type Setting, SETTINGS } from './settings-table.ts';

const { config: tiny } = await loadPreset('tiny-unet');

/** A configuration that has every setting of a variant. */
function whole(variant: Variant): ModelConfig {
  return {
    ...tiny,
    objective: { ...withVariant(tiny.objective, variant), adversarial: adversarialDefaults(10) },
  };
}

function keysOf(value: object, before = ''): string[] {
  return Object.entries(value).flatMap(([name, part]: [string, unknown]) => {
    const key = `${before}${name}`;
    const below =
      typeof part === 'object' && part !== null && !Array.isArray(part) ? keysOf(part, `${key}.`) : [];
    return [key, ...below];
  });
}

/** What the schema, or a plan's limits, say of a value at a key, apart from what others it fits. */
function objections(variant: Variant, key: string, value: unknown): string[] {
  const changed = structuredClone(whole(variant));
  const parts = key.split('.');
  const last = parts.pop() ?? '';
  Object.assign(valueAt(changed, parts.join('.')) as object, { [last]: value });
  const { issues = [] } = v.safeParse(ModelConfigSchema, changed);
  const outside = outsideLimits(changed);
  return [
    ...issues.filter((issue) => (v.getDotPath(issue) ?? '').startsWith(key)).map(({ message }) => message),
    ...(outside?.key === key ? [outside.clause] : []),
  ];
}

const numbers = SETTINGS.filter(({ limits }) => limits.kind === 'number' || limits.kind === 'numbers');
const typed = ({ limits }: Setting, value: number) => (limits.kind === 'numbers' ? [value] : value);

describe('the table of settings', () => {
  it('has each key of a configuration, and no other', () => {
    const keys = new Set(VARIANTS.flatMap((variant) => keysOf(v.parse(ModelConfigSchema, whole(variant)))));
    for (const section of ['network', 'objective', 'training', 'augment']) keys.delete(section);
    expect(SETTINGS.map(({ key }) => key).sort()).toEqual([...keys].sort());
  });

  it.each(SETTINGS.map((setting) => [setting.key, setting] as const))(
    '%s belongs to the variants that have it',
    (key, { variants }) => {
      expect(variants).toEqual(
        VARIANTS.filter((variant) => valueAt(v.parse(ModelConfigSchema, whole(variant)), key) !== undefined),
      );
    },
  );

  it.each(numbers.map((setting) => [setting.key, setting] as const))(
    '%s takes its limits and nothing outside',
    (key, setting) => {
      const { whole: integer, min, max, above, below, multipleOf, minLength, maxLength } = setting.limits;
      const [variant = 'covae'] = setting.variants;
      const refused = (value: number) => objections(variant, key, typed(setting, value)).length > 0;
      const step = multipleOf ?? (integer ? 1 : 1e-9);
      if (min !== null) {
        expect([refused(min), refused(min - step)]).toEqual([false, true]);
      }
      if (max !== null) {
        expect([refused(max), refused(max + (integer ? step : max * 1e-9))]).toEqual([false, true]);
      }
      if (above !== null) expect([refused(above + 1e-9), refused(above)]).toEqual([false, true]);
      if (below !== null) expect([refused(below - 1e-9), refused(below)]).toEqual([false, true]);
      // Where the table knows no bound, there is none.
      if (min === null && above === null) expect(refused(integer ? -1e6 : -1e6 - 0.5)).toBe(false);
      if (max === null && below === null) expect(refused(1e6)).toBe(false);
      expect(refused((min ?? above ?? 0) + 0.5 * (multipleOf ?? 1))).toBe(integer || (max ?? 1) < 0.5);
      expect(refused(NaN)).toBe(true);
      const list = (length: number) =>
        objections(
          variant,
          key,
          Array.from({ length }, () => min ?? 1),
        ).length > 0;
      if (minLength !== null) expect([list(minLength), list(minLength - 1)]).toEqual([false, true]);
      if (maxLength !== null) expect([list(maxLength), list(maxLength + 1)]).toEqual([false, true]);
    },
  );

  it.each(SETTINGS.map((setting) => [setting.key, setting] as const))(
    '%s can be left out only where the table says so, and takes its choices only',
    (key, { limits, variants, choices }) => {
      const [variant = 'covae'] = variants;
      expect(objections(variant, key, null).length > 0).toBe(!limits.nullable);
      if (limits.kind !== 'choice') return;
      expect(Object.keys(choices ?? {}).sort()).toEqual(limits.choices.map(String).sort());
      if (key === 'objective.variant') return;
      for (const choice of limits.choices) expect(objections(variant, key, choice)).toEqual([]);
      expect(objections(variant, key, 'something else')).not.toEqual([]);
    },
  );

  it('tells the defaults that a variant brings and the schema fills in', () => {
    const other = (variant: Variant): Variant => (variant === 'beta-vae' ? 'covae' : 'beta-vae');
    for (const variant of VARIANTS) {
      // From another variant, so that all is the variant's own; without what has a default.
      const objective = withVariant(withVariant(tiny.objective, other(variant)), variant);
      for (const { key, defaults, variants } of SETTINGS) {
        if (!variants.includes(variant) || key.startsWith('objective.adversarial.')) continue;
        const { [variant]: told } = defaults;
        const parts = key.split('.');
        const config = structuredClone({ ...tiny, objective });
        if (told === undefined) continue;
        if (parts[0] !== 'objective') {
          Reflect.deleteProperty(valueAt(config, parts[0] ?? '') as object, parts[1] ?? '');
        }
        expect([key, valueAt(v.parse(ModelConfigSchema, config), key)]).toEqual([key, told]);
      }
    }
  });

  it('says all of it in plain sentences', () => {
    for (const { key, term, help, choices = {}, optional, need } of SETTINGS) {
      const sentences = [help, optional?.off.help, optional?.on.help];
      for (const sentence of sentences) expect(`${key}: ${sentence ?? 'A.'}`).toMatch(/: [A-Z0-9βλσ].*\.$/);
      expect(`${term} ${help} ${JSON.stringify(choices)}`).not.toMatch(/\b(pictures?|rows?|spread)\b/i);
      if (need) expect(SETTINGS.map((setting) => setting.key)).toContain(need.key);
    }
    const terms = SETTINGS.map(({ term }) => term);
    expect(new Set(terms).size).toBe(terms.length);
  });
});
