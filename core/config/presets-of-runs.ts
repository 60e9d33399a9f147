/** In what the configuration of a run differs from the preset that it began as. */
import { differencesOf } from './compare.ts';
import type { ModelConfig, Preset } from './model.ts';
import { listOwnPresets } from './own-presets.ts';
import { fitPresetToData, listPresets } from './presets.ts';

let presets: Promise<Preset[]> | null = null;

/**
 * The settings in which a configuration differs from its preset as that suits its images, with their values; none for a run
 * whose preset is neither one of the program's nor of the library.
 *
 * @param home the library folder
 */
export async function differsFromPreset(
  home: string,
  { preset: name, config }: { preset: string | null; config: ModelConfig },
): Promise<{ key: string; value: unknown }[]> {
  if (name === null) return [];
  presets ??= listPresets();
  const preset =
    (await presets).find((candidate) => candidate.name === name) ??
    (await listOwnPresets(home)).presets.find((candidate) => candidate.name === name);
  if (preset === undefined) return [];
  return differencesOf(config, fitted(preset, config)).map(({ key, value }) => ({ key, value }));
}

/** The preset laid onto images like those of a run. */
function fitted(preset: Preset, { network }: ModelConfig): ModelConfig {
  const { imageSize, channels } = network;
  const classes = Array.from({ length: network.classes }, (_, i) => String(i));
  try {
    return fitPresetToData(preset, { height: imageSize, width: imageSize, channels, classes });
  } catch {
    return preset.config;
  }
}
