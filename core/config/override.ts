/** Single settings of a configuration, changed by their dotted keys: `objective.klWeight`, `training.optimizer`. */
import { adversarialDefaults, type Variant, VARIANTS, withVariant } from './defaults.ts';
import type { Settings } from './settings.ts';
import type { DatasetRecord } from '../data/dataset.ts';
import { UserError } from '../errors.ts';
import { checkValue } from '../json-file.ts';
import { type ModelConfig, ModelConfigSchema, type Preset } from './model.ts';
import { fitPresetToData } from './presets.ts';
import { broughtAlong, brokenPlanRule } from './setting-rules.ts';
import { outsideLimits, SETTING_SCHEMAS } from './setting-schema.ts';
import { countOf } from '../words.ts';

type Json = Record<string, unknown>;

const VARIANT_KEY = 'objective.variant';
const ADVERSARIAL_KEY = 'objective.adversarial';
/** Given by the images themselves. */
const GIVEN_BY_DATA = new Set(['network.imageSize', 'network.channels']);

/**
 * The configuration with settings changed. Another variant brings its own settings with it (see `withVariant`), a
 * part of the adversarial term switches it on, and some settings bring others along (see `broughtAlong`); what is set
 * by name goes over all of these.
 *
 * @param what what the settings are called in a sentence, `--set` for instance
 * @throws UserError in one sentence when a key does not exist, follows from the data, or its value is not valid
 */
export function applySettings(config: ModelConfig, settings: Settings, what: string): ModelConfig {
  const changed = structuredClone(config);
  const variant = settings[VARIANT_KEY];
  if (isVariant(variant)) changed.objective = withVariant(changed.objective, variant);
  const partly = Object.keys(settings).some((key) => key.startsWith(`${ADVERSARIAL_KEY}.`));
  if (partly && changed.objective.adversarial === null && settings[ADVERSARIAL_KEY] == null) {
    const steps = settings['training.steps'];
    changed.objective.adversarial = adversarialDefaults(
      typeof steps === 'number' ? steps : changed.training.steps,
    );
  }
  const all = { ...broughtAlong(settings, changed), ...settings };
  // Short keys first: a part goes over the whole.
  for (const key of Object.keys(all).sort((a, b) => a.length - b.length)) {
    if (all[key] !== undefined) setAt(changed, key, all[key], what);
  }
  const checked = checkValue(ModelConfigSchema, changed, what, { code: 'settings' });
  const outside = outsideLimits(checked);
  if (outside !== null) throw wrongSetting(what, outside.key, outside.clause);
  const broken = brokenPlanRule(checked);
  if (broken !== undefined) {
    const sentence = `${broken.sentence(checked)}.`;
    throw new UserError(`${what}: ${sentence}`, { code: 'settings', brief: sentence });
  }
  return checked;
}

/**
 * The configuration of a run: the preset laid onto the images of a data set, with settings changed.
 *
 * @throws UserError in one sentence, also when the classes of the model are not those of the data set
 */
export function configForRun(
  preset: Preset,
  record: Pick<DatasetRecord, 'name' | 'height' | 'width' | 'channels' | 'classes'> &
    Partial<Pick<DatasetRecord, 'settings' | 'flip'>>,
  settings: Settings = {},
  what = `Preset "${preset.name}"`,
): ModelConfig {
  const config = applySettings(fitPresetToData(withoutClasses(preset, settings), record), settings, what);
  const { classes } = config.network;
  const known = record.classes?.length ?? 0;
  if (classes > 0 && known === 0) {
    throw wrongClasses(
      `Data set "${record.name}" has no class labels, so key "network.classes" must be 0, not ${classes}.`,
    );
  }
  if (classes > 0 && classes < known) {
    throw wrongClasses(
      `Data set "${record.name}" has ${countOf(known, 'class', 'classes')}, so key "network.classes" must be 0 or ${known}, not ${classes}.`,
    );
  }
  return config;
}

function wrongClasses(sentence: string): UserError {
  return new UserError(sentence, { code: 'settings', key: 'network.classes' });
}

/** What is wrong with a setting; the clause goes on from its key. */
function wrongSetting(what: string, key: string, clause: string): UserError {
  return new UserError(`${what}: key "${key}" ${clause}.`, { code: 'settings', key, brief: `${clause}.` });
}

/** Where the classes are set by name, the preset's own do not count. */
function withoutClasses(preset: Preset, settings: Settings): Preset {
  if (!('network.classes' in settings)) return preset;
  return { ...preset, config: { ...preset.config, network: { ...preset.config.network, classes: 0 } } };
}

function isVariant(value: unknown): value is Variant {
  return VARIANTS.some((variant) => variant === value);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function setAt(config: object, key: string, value: unknown, what: string): void {
  if (GIVEN_BY_DATA.has(key)) {
    throw wrongSetting(what, key, 'follows from the data set; import the images in another size instead');
  }
  const parts = key.split('.');
  const last = parts.pop() ?? '';
  let place: unknown = config;
  let path = '';
  for (const part of parts) {
    place = isObject(place) && Object.hasOwn(place, part) ? place[part] : undefined;
    path = path === '' ? part : `${path}.${part}`;
    if (!isObject(place)) throw unknownKey(config, key, what);
  }
  if (!isObject(place) || !Object.hasOwn(place, last) || (path === '' && isObject(place[last]))) {
    throw unknownKey(config, key, what);
  }
  // A part may be set in it afterwards, and what was handed in stays the caller's.
  const own = isObject(value) ? { ...value } : value;
  // A weight such as "1" is an expression, however it was read.
  place[last] = typeof place[last] === 'string' && typeof value === 'number' ? String(value) : own;
}

function unknownKey(config: object, key: string, what: string): UserError {
  const keys = allKeys(config);
  const section = key.split('.')[0] ?? '';
  const inSection = keys.filter((known) => known.startsWith(`${section}.`));
  const other = otherVariants(key);
  if (other !== '') {
    return wrongSetting(what, key, `is there for ${other} only; choose it with ${VARIANT_KEY}`);
  }
  const choice = inSection.length > 0 ? inSection : keys;
  const sentence = `there is no key "${key}"; the keys are ${choice.join(', ')}.`;
  return new UserError(`${what}: ${sentence}`, { code: 'settings', key, brief: sentence });
}

/** Which variants know a key that not all of them know, in words. */
function otherVariants(key: string): string {
  const variants = SETTING_SCHEMAS.get(key)?.variants ?? VARIANTS;
  return variants.length < VARIANTS.length ? variants.join(' and ') : '';
}

function allKeys(value: object, before = ''): string[] {
  return Object.entries(value).flatMap(([name, part]: [string, unknown]) =>
    isObject(part) ? allKeys(part, `${before}${name}.`) : [`${before}${name}`],
  );
}
