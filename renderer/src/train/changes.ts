import type { Preset } from '../../../core/config/model.ts';
import { KEPT_OVER_VARIANTS, SETTINGS, valueAt } from '../../../main/ipc/contract.ts';

/** Dotted key → value; undefined takes a change back. */
export type Patch = Readonly<Record<string, unknown>>;
/** What is changed of a preset: dotted key → value. */
export type Changes = Readonly<Record<string, unknown>>;

const VARIANT = 'objective.variant';
const VARIANTS_OF: ReadonlyMap<string, readonly string[]> = new Map(
  SETTINGS.map(({ key, variants }) => [key, variants]),
);

/**
 * The changes with a patch laid over them. What equals the preset is no change, and another variant drops what
 * only the one before knew.
 */
export function changed(changes: Changes, patch: Patch, preset: Preset): Changes {
  const presetVariant = preset.config.objective.variant;
  const before = changes[VARIANT] ?? presetVariant;
  const { [VARIANT]: chosen } = patch;
  const kept =
    chosen === undefined || chosen === before
      ? changes
      : Object.fromEntries(Object.entries(changes).filter(([key]) => outlivesVariant(key)));
  const next: Changes = { ...kept, ...patch };
  const variant = next[VARIANT] ?? presetVariant;
  return Object.fromEntries(
    Object.entries(next).filter(([key, value]) => {
      if (value === undefined || VARIANTS_OF.get(key)?.some((known) => known === variant) !== true)
        return false;
      // Another variant's settings are its own, whatever the preset has under the same name.
      const comparable = variant === presetVariant || !key.startsWith('objective.') || key === VARIANT;
      return !(comparable && same(value, valueAt(preset.config, key)));
    }),
  );
}

function outlivesVariant(key: string): boolean {
  return (
    !key.startsWith('objective.') ||
    key.startsWith('objective.adversarial') ||
    KEPT_OVER_VARIANTS.includes(key)
  );
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
