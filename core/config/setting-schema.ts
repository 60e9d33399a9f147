/**
 * What the schema of a configuration says of each setting: its kind, its limits, its default, and the variants that it
 * belongs to. Read from the schema itself, so that no limit stands twice.
 */
import type * as v from 'valibot';
import { defaultsOf, VARIANTS, type Variant } from './defaults.ts';
import { ModelConfigSchema } from './model.ts';
import type { PlannedLimits } from './planned.ts';
import { valueAt } from './setting-rules.ts';

export interface SettingLimits {
  /** `part`: a group of settings that can be left out. */
  kind: 'number' | 'numbers' | 'choice' | 'switch' | 'text' | 'part';
  /** Only whole numbers. */
  whole: boolean;
  /** Whether null is a value: what the setting is for is left out. */
  nullable: boolean;
  /** Values to choose from. */
  choices: readonly (string | number)[];
  /** Bounds of a number, or of each of several numbers. */
  min: number | null;
  max: number | null;
  /** Bounds that are no values themselves. */
  above: number | null;
  below: number | null;
  multipleOf: number | null;
  /** Fewest and most of several numbers. */
  minLength: number | null;
  maxLength: number | null;
}

export interface SettingSchema {
  key: string;
  limits: SettingLimits;
  /** Variants that have this setting. */
  variants: readonly Variant[];
  /** Value where a preset says nothing, of each of the variants; undefined where a preset has to say it. */
  defaults: Partial<Record<Variant, unknown>>;
}

/** As much of valibot's schemas as is read here. */
interface Node {
  type: string;
  wrapped?: Node;
  default?: unknown;
  pipe?: readonly Step[];
  entries?: Readonly<Record<string, Node>>;
  options?: readonly unknown[];
  item?: Node;
  literal?: unknown;
}

interface Step {
  type: string;
  requirement?: unknown;
  metadata?: { planned?: PlannedLimits };
  /** Of a schema that a longer pipe begins with. */
  pipe?: readonly Step[];
}

function stepsOf(pipe: readonly Step[] = []): Step[] {
  return pipe.flatMap((step) => (step.pipe ? stepsOf(step.pipe) : [step]));
}

const NO_LIMITS: SettingLimits = {
  kind: 'text',
  whole: false,
  nullable: false,
  choices: [],
  min: null,
  max: null,
  above: null,
  below: null,
  multipleOf: null,
  minLength: null,
  maxLength: null,
};

/** A schema without what makes it optional or nullable. */
function bare(node: Node): { node: Node; nullable: boolean; initial: unknown } {
  let nullable = false;
  let initial: unknown;
  let inner = node;
  while (inner.wrapped) {
    nullable ||= inner.type === 'nullable';
    if (inner.type === 'optional') initial = inner.default;
    inner = inner.wrapped;
  }
  return { node: inner, nullable, initial };
}

const KINDS: Readonly<Record<string, SettingLimits['kind']>> = {
  number: 'number',
  array: 'numbers',
  picklist: 'choice',
  variant: 'choice',
  boolean: 'switch',
  string: 'text',
  strict_object: 'part',
};

function limitsOf(wrapped: Node): SettingLimits {
  const { node, nullable } = bare(wrapped);
  const kind = KINDS[node.type];
  if (kind === undefined) throw new Error(`No setting is of valibot's type ${node.type}.`);
  const limits: SettingLimits = { ...NO_LIMITS, kind, nullable };
  if (kind === 'choice') limits.choices = (node.options ?? []) as (string | number)[];
  if (node.item) Object.assign(limits, { ...limitsOf(node.item), kind, nullable });
  for (const { type, requirement, metadata } of stepsOf(node.pipe)) {
    if (type === 'integer') limits.whole = true;
    const name = BOUNDS[type];
    if (name !== undefined) limits[name] = requirement as number;
    const ends = metadata?.planned ?? {};
    if (ends.min !== undefined) limits.above = null;
    if (ends.max !== undefined) limits.below = null;
    Object.assign(limits, ends);
  }
  return limits;
}

const BOUNDS: Readonly<
  Record<string, 'min' | 'max' | 'above' | 'below' | 'multipleOf' | 'minLength' | 'maxLength'>
> = {
  min_value: 'min',
  max_value: 'max',
  gt_value: 'above',
  lt_value: 'below',
  multiple_of: 'multipleOf',
  min_length: 'minLength',
  max_length: 'maxLength',
};

/** Adds the settings of an object's entries, and of the parts below them. */
function collect(
  found: Map<string, SettingSchema>,
  entries: Readonly<Record<string, Node>>,
  before: string,
  variants: readonly Variant[],
): void {
  for (const [name, node] of Object.entries(entries)) {
    const key = `${before}${name}`;
    const known = found.get(key);
    const { node: inner, initial } = bare(node);
    const limits = name === 'variant' ? VARIANT_LIMITS : limitsOf(node);
    const defaults = Object.fromEntries(
      variants
        .map((variant) => [variant, defaultsOf(variant)[key] ?? initial] as const)
        .filter(([, value]) => value !== undefined),
    );
    found.set(key, {
      key,
      limits,
      variants: known ? [...known.variants, ...variants] : variants,
      defaults: { ...known?.defaults, ...defaults },
    });
    if (inner.entries) collect(found, inner.entries, `${key}.`, variants);
  }
}

const VARIANT_LIMITS: SettingLimits = { ...NO_LIMITS, kind: 'choice', choices: VARIANTS };

function settingSchemas(schema: v.GenericSchema): ReadonlyMap<string, SettingSchema> {
  const found = new Map<string, SettingSchema>();
  const sections = (schema as unknown as Node).entries ?? {};
  for (const [section, node] of Object.entries(sections)) {
    const { entries, options } = bare(node).node;
    if (entries) collect(found, entries, `${section}.`, VARIANTS);
    for (const option of (options ?? []) as Node[]) {
      const own = option.entries ?? {};
      const variant = VARIANTS.find((known) => known === own['variant']?.literal);
      if (variant !== undefined) collect(found, own, `${section}.`, [variant]);
    }
  }
  return found;
}

/** Every setting of a configuration by its dotted key, in the schema's order. */
export const SETTING_SCHEMAS: ReadonlyMap<string, SettingSchema> = settingSchemas(ModelConfigSchema);

/**
 * What is wrong with a number of a training that is planned, where its schema has it and its limits do not (see
 * `planned`): the key, and a clause that goes on from it.
 */
export function outsideLimits(config: object): { key: string; clause: string } | null {
  for (const { key, limits } of SETTING_SCHEMAS.values()) {
    const { min, max, maxLength } = limits;
    const value = valueAt(config, key);
    const values: unknown[] = Array.isArray(value) ? value : [value];
    if (maxLength !== null && values.length > maxLength) {
      return { key, clause: `must have a length of at most ${maxLength}, not ${values.length}` };
    }
    for (const one of values) {
      if (typeof one !== 'number') continue;
      if (max !== null && one > max) return { key, clause: `must be at most ${max}, not ${one}` };
      if (min !== null && one < min) return { key, clause: `must be at least ${min}, not ${one}` };
    }
  }
  return null;
}
