import type { ModelConfig, Preset } from '../../../core/config/model.ts';
import type { CallParams, CallResult } from '../../../main/ipc/contract.ts';
import type { Bridge } from '../bridge.ts';
import { Latest } from '../latest.ts';

type Params = CallParams<'training.check'>;
type Check = CallResult<'training.check'>;

/** Dotted key → value; undefined takes a change back. */
export type Patch = Readonly<Record<string, unknown>>;
export type Changes = Readonly<Record<string, unknown>>;

const VARIANT = 'objective.variant';
/** Keys that every variant with levels has, so that another variant keeps what was chosen. */
const KEPT_OVER_VARIANTS = ['objective.loss', 'objective.denoiserLoss', 'objective.target'];

/** Keys whose control shows what is wrong with its value. */
const WITH_CONTROL = new Set([
  VARIANT,
  'network.zChannels',
  'objective.loss',
  'objective.categories',
  'objective.beta',
  'objective.normStrength',
  'objective.recWeight',
  'objective.klWeight',
  'objective.adversarial.warmupSteps',
  'objective.adversarial.weight',
  'training.weightDecay',
  'training.accumulate',
]);

/** A planned training as the program sees it: its whole configuration, what is wrong with it, how large it is. */
export class Plan {
  /** The last configuration that was sound; null before the first. */
  config = $state.raw<ModelConfig | null>(null);
  problem = $state.raw<Check['problem']>(null);
  curves = $state.raw<Check['curves']>(null);
  size = $state.raw<CallResult<'training.size'>>(null);

  readonly #bridge: Bridge;
  readonly #checks: Latest<Params>;
  readonly #sizes: Latest<ModelConfig>;

  constructor(bridge: Bridge, failed: (error: unknown) => void) {
    this.#bridge = bridge;
    this.#checks = new Latest((params, signal) => this.#check(params, signal), failed);
    this.#sizes = new Latest((config, signal) => this.#measure(config, signal), failed);
  }

  check(params: Params): void {
    this.#checks.request(params);
  }

  /** The sentence under the control of this key; null when nothing is wrong with it. */
  problemOf(key: string): string | null {
    return this.problem?.key === key ? this.problem.text : null;
  }

  /** The sentence that no control shows; `open` says whether the controls are to be seen. */
  loose(open: boolean): string | null {
    if (this.problem === null) return null;
    const { key, text } = this.problem;
    if (key === null) return text;
    return open && WITH_CONTROL.has(key) ? null : `${key}: ${text}`;
  }

  async #check(params: Params, signal: AbortSignal): Promise<void> {
    const { config, problem, curves } = await this.#bridge.call('training.check', params, { signal });
    this.problem = problem;
    if (config === null) return;
    this.config = config;
    this.curves = curves;
    if (problem === null) this.#sizes.request(config);
  }

  async #measure(config: ModelConfig, signal: AbortSignal): Promise<void> {
    this.size = await this.#bridge.call('training.size', { config }, { signal });
  }
}

/**
 * The changes with a patch laid over them. What equals the preset is no change, and another variant drops what
 * only the one before knew.
 */
export function changed(changes: Changes, patch: Patch, preset: Preset): Changes {
  let next = { ...changes };
  const before = variantOf(changes, preset);
  const { [VARIANT]: variant } = patch;
  if (variant !== undefined && variant !== before) {
    next = Object.fromEntries(
      Object.entries(next).filter(
        ([key]) =>
          !key.startsWith('objective.') ||
          key.startsWith('objective.adversarial') ||
          KEPT_OVER_VARIANTS.includes(key),
      ),
    );
  }
  for (const [key, value] of Object.entries(patch)) next[key] = value;
  if (variantOf(next, preset) === 'beta-vae') {
    delete next['objective.denoiserLoss'];
    delete next['objective.target'];
  }
  // Another variant's settings are its own, whatever the preset has under the same name.
  const ownVariant = variantOf(next, preset) === preset.config.objective.variant;
  return Object.fromEntries(
    Object.entries(next).filter(
      ([key, value]) =>
        value !== undefined &&
        !(
          (ownVariant || !key.startsWith('objective.') || key === VARIANT) &&
          same(value, valueAt(preset.config, key))
        ),
    ),
  );
}

function variantOf(changes: Changes, preset: Preset): unknown {
  return changes[VARIANT] ?? preset.config.objective.variant;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The value at a dotted key; undefined where there is none. */
export function valueAt(config: ModelConfig | null, key: string): unknown {
  let value: unknown = config;
  for (const part of key.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
