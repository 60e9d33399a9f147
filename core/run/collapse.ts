/** When a model counts as collapsed: the bounds of the alarms, and of what is said of a run at its end. */
import * as v from 'valibot';
import type { ModelConfig } from '../config/model.ts';
import type { Diagnostics } from './diagnostics.ts';

/**
 * Share of the steps, and number of them, before which nothing counts as collapsed amid a training: a model that has learned
 * little encodes nearly nothing and draws nearly the same sample again and again.
 */
const EARLY_SHARE = 0.1;
const EARLY_STEPS = 300;
/** Nats. With less, a latent cannot tell three images apart. */
const MIN_KL = 1;
/** What is said when one level of latents collapses, the topmost first. */
const LEVEL_NAMES: readonly string[] = [
  'First level of latents collapsed',
  'Second level of latents collapsed',
];
/** Share of the latent's values that depend on the image at the smallest t. */
const MIN_ACTIVE = 0.02;
/** Distance of samples over distance of images. Runs of this program that learned had 0.4 to 1 halfway. */
export const MIN_SPREAD = 0.25;

/** What was found: the number that says so, the bound that it missed, and where on the time axis. */
export const CollapseSchema = v.strictObject({
  kind: v.picklist(['posterior-collapse', 'level-collapse', 'mode-collapse']),
  /** Short name, `Posterior collapsed` for instance. */
  name: v.string(),
  value: v.number(),
  bound: v.number(),
  t: v.nullable(v.number()),
});

export type Collapse = v.InferOutput<typeof CollapseSchema>;

/** Whether it is too early in a training to judge what was measured. The end of a training never is. */
export function isEarly(step: number, steps: number): boolean {
  return step < steps && step < Math.max(EARLY_STEPS, EARLY_SHARE * steps);
}

/**
 * Whether latents say nothing of their image: the KL divergence is below 1 nat in the middle of the time steps (where there
 * is only one, there), or fewer than 2 % of the latent's values depend on the image at the smallest, or one of two levels
 * of latents has a KL divergence below 1 nat there.
 *
 * @returns null when they do say something
 */
export function posteriorCollapse(
  { objective }: Pick<ModelConfig, 'objective'>,
  { t, kl, activeUnits, klOfLevels = [] }: Diagnostics,
): Collapse | null {
  const whole = { kind: 'posterior-collapse' as const, name: 'Posterior collapsed' };
  if (objective.variant !== 's-covae') {
    const middle = kl[(kl.length - 1) >> 1]?.mean ?? Infinity;
    if (middle < MIN_KL) {
      const first = kl.findIndex(({ mean }) => mean < MIN_KL);
      return { ...whole, value: kl[first]?.mean ?? middle, bound: MIN_KL, t: t[first] ?? null };
    }
  }
  const active = activeUnits[0] ?? 1;
  if (active < MIN_ACTIVE) return { ...whole, value: active, bound: MIN_ACTIVE, t: t[0] ?? null };
  const level = klOfLevels.findIndex(([smallest = Infinity]) => smallest < MIN_KL);
  const value = klOfLevels[level]?.[0];
  if (value === undefined) return null;
  const name = LEVEL_NAMES[level] ?? whole.name;
  return { kind: 'level-collapse', name, value, bound: MIN_KL, t: t[0] ?? null };
}

/**
 * Whether samples are alike.
 *
 * @param bound smallest spread that is none
 * @returns null when they are not
 */
export function modeCollapse({ spread, t }: Diagnostics, bound = MIN_SPREAD): Collapse | null {
  return spread < bound
    ? { kind: 'mode-collapse', name: 'Modes collapsed', value: spread, bound, t: t.at(-1) ?? null }
    : null;
}
