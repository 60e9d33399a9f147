/** How two configurations differ, and which of the paper's a configuration is held against. */
import type { ModelConfig, Preset } from './model.ts';
import { isEffective, valueAt } from './setting-rules.ts';
import { SETTINGS } from './settings-table.ts';

/** A setting that two configurations have differently. */
export interface Difference {
  key: string;
  value: unknown;
  /** undefined where the other one has no such setting. */
  other: unknown;
}

/** Given by the images, so no choice of anybody's. */
const GIVEN_BY_DATA: ReadonlySet<string> = new Set([
  'network.imageSize',
  'network.channels',
  'network.classes',
]);

/**
 * The settings of `config` that have an effect and that `other` has differently, in the table's order. What the data set
 * gives is left out, and so is where the one has a part that the other lacks: the part itself is named.
 */
export function differencesOf(config: ModelConfig, other: ModelConfig): Difference[] {
  const parts = new Set(SETTINGS.filter(({ limits }) => limits.kind === 'part').map(({ key }) => key));
  return SETTINGS.filter(({ key }) => !GIVEN_BY_DATA.has(key)).flatMap(({ key, limits }) => {
    const [value, theirs] = [valueAt(config, key), valueAt(other, key)];
    const isPart = limits.kind === 'part';
    const [a, b] = isPart ? [value !== null, theirs !== null] : [value, theirs];
    if (value === undefined || JSON.stringify(a) === JSON.stringify(b)) return [];
    if (!isEffective(key, config) && !isEffective(key, other)) return [];
    const above = key.slice(0, key.lastIndexOf('.'));
    if (parts.has(above) && valueAt(other, above) === null) return [];
    return [{ key, value, other: theirs }];
  });
}

/**
 * Of the paper's presets the one that a configuration is to be held against: of the same variant (a β-VAE has the networks of
 * the CoVAE that it is compared with), loss and adversarial part where there is such, and for images most like its own.
 *
 * @returns null when there are none of the paper
 */
export function paperPresetFor(presets: readonly Preset[], config: ModelConfig): Preset | null {
  const variant = config.objective.variant === 's-covae' ? 's-covae' : 'covae';
  const distance = ({ network, objective, training }: ModelConfig): number =>
    Number(objective.variant !== variant) * 1000 +
    Number(network.channels !== config.network.channels) * 100 +
    Math.abs(Math.log2(network.imageSize / config.network.imageSize)) * 10 +
    Number((objective.loss === 'bce') !== (config.objective.loss === 'bce')) * 4 +
    Number((objective.adversarial === null) !== (config.objective.adversarial === null)) * 2 +
    Number(training.binarise !== config.training.binarise) +
    // Of two that are as near, the one that is as large.
    Math.abs(Math.log2(network.modelChannels / config.network.modelChannels)) * 1e-3;
  return (
    presets
      .filter(({ paper }) => paper === true)
      .map((preset) => ({ preset, away: distance(preset.config) }))
      .sort((a, b) => a.away - b.away || a.preset.name.localeCompare(b.preset.name))[0]?.preset ?? null
  );
}
