/** The configuration that weights to start from belong to. Loads no tensors. */
import * as v from 'valibot';
import type { ModelConfig, Preset } from '../../config/model.ts';
import { UserError } from '../../errors.ts';
import { runFolder } from '../../library.ts';
import { readRunManifest } from '../../run/run-folder.ts';
import type { StartPoint } from '../../run/start-point.ts';
import { starterNamed } from '../../run/starters.ts';
import { namedConfig, type NamedConfig } from '../config-file.ts';
import { metadataOf } from '../weights-file.ts';

/** The configuration that the weights of a start belong to; null for a file that does not say. */
export async function configOfStart(home: string, start: StartPoint): Promise<NamedConfig | null> {
  if (start.kind === 'run') {
    const { config, preset } = await readRunManifest(runFolder(home, start.id));
    return { config, preset };
  }
  const file = start.kind === 'file' ? start.file : (await starterNamed(start.name)).file;
  return configInFile(file);
}

/** The configuration in the metadata of a file of weights; null when there is none. */
export async function configInFile(file: string): Promise<NamedConfig | null> {
  const metadata = await metadataOf(file);
  let json: unknown;
  try {
    json = JSON.parse(metadata['config'] ?? '');
  } catch {
    json = null;
  }
  const checked = v.safeParse(v.record(v.string(), v.unknown()), json);
  return checked.success ? namedConfig(checked.output, `${file}, metadata "config"`) : null;
}

/**
 * What is trained where nothing else is asked for: the configuration of the start itself. Classes are told where the
 * images have such.
 *
 * @throws UserError when a file does not say which configuration it belongs to
 */
export async function presetOfStart(
  home: string,
  start: StartPoint,
  classes: readonly string[] | undefined,
): Promise<Preset> {
  const found = await configOfStart(home, start);
  if (found === null) {
    const name = start.kind === 'file' ? start.file : '';
    throw new UserError(
      `${name} does not say which network it belongs to; choose a preset of the same network.`,
      {
        code: 'settings',
        file: name,
      },
    );
  }
  const { network } = found.config;
  const config: ModelConfig = {
    ...found.config,
    network: { ...network, classes: (classes?.length ?? 0) > 0 ? network.classes : 0 },
  };
  return {
    ...{ format: 'covae-preset', version: 1, name: found.preset ?? 'own' },
    ...{ title: 'As the start', description: '', config },
  };
}

/** Step that the weights of a file are of, where its metadata says so; null where not. */
export async function stepInFile(file: string): Promise<number | null> {
  const metadata = await metadataOf(file);
  return /^\d{1,15}$/.test(metadata['step'] ?? '') ? Number(metadata['step']) : null;
}
