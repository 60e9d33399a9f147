import type { Preset } from '../config/model.ts';
import { runFolder } from '../library.ts';
import { readRunManifest } from './run-folder.ts';

/** A run's configuration in the form of a preset. @throws UserError when there is no such run */
export async function presetOfRun(home: string, id: string): Promise<Preset> {
  const { name, preset, config } = await readRunManifest(runFolder(home, id));
  return {
    ...{ format: 'covae-preset', version: 1, name: preset ?? 'own' },
    ...{ title: `As in run ${name}`, description: '', config },
  };
}
