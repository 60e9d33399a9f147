/** A model's configuration from a JSON file, whichever of the forms it comes in. */
import * as v from 'valibot';
import { checkValue, parseJsonFile } from '../json-file.ts';
import { RunManifestSchema } from '../run/manifest.ts';
import { type ModelConfig, ModelConfigSchema, PresetSchema } from '../config/model.ts';
import { fromReference } from './reference-config.ts';

export interface NamedConfig {
  config: ModelConfig;
  /** Name of the preset it is; null when it is none. */
  preset: string | null;
}

/**
 * Reads a preset, a run's `run.json`, a bare `{network, objective, training}`, or a configuration in the
 * reference's terms (bare, or under the key `config` as golden cases have it).
 *
 * @throws UserError with one sentence naming file and key
 */
export async function readConfigFile(file: string): Promise<NamedConfig> {
  return namedConfig(await parseJsonFile(v.record(v.string(), v.unknown()), file), file);
}

/** As {@link readConfigFile}, for the content of a file. */
export function namedConfig(json: Readonly<Record<string, unknown>>, file: string): NamedConfig {
  switch (json['format']) {
    case 'covae-preset': {
      const { config, name } = checkValue(PresetSchema, json, file);
      return { config, preset: name };
    }
    case 'covae-run': {
      const { config, preset } = checkValue(RunManifestSchema, json, file);
      return { config, preset };
    }
    default:
      return Object.hasOwn(json, 'network') && Object.hasOwn(json, 'objective')
        ? { config: checkValue(ModelConfigSchema, json, file), preset: null }
        : { config: fromReference(json, file).config, preset: null };
  }
}
