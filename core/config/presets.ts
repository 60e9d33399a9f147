/** Presets: named configurations in `assets/presets/`, and how one is laid onto a data set. */
import fs from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { type DatasetRecord, mayMirror } from '../data/dataset.ts';
import { type ModelConfig, ModelConfigSchema, type Preset, PresetSchema } from './model.ts';
import { readProblem } from '../files.ts';
import { countOf } from '../words.ts';
import { decoderShape, levelSide } from './network.ts';
import { checkValue, parseJsonFile } from '../json-file.ts';

/**
 * The folder of the presets that come with the program, found from the running file upwards, so that it is the
 * same from the sources, from `dist/` and in a packaged application.
 */
export function presetsFolder(from: string = __dirname): string {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'assets', 'presets');
    if (existsSync(candidate)) return candidate;
    if (path.dirname(folder) === folder) {
      throw new UserError(
        `The program's presets are missing (no assets/presets above ${from}); install it again.`,
        { code: 'not-found' },
      );
    }
  }
}

/**
 * All presets that come with the program, small ones first.
 *
 * @throws UserError naming the file and the key when one is not valid
 */
export async function listPresets(folder: string = presetsFolder()): Promise<Preset[]> {
  const names = (await fs.readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const presets = await Promise.all(names.map((name) => readPreset(path.join(folder, name))));
  return presets.sort((a, b) => work(a.config) - work(b.config) || a.name.localeCompare(b.name));
}

/** A rough measure of how long a training takes, to sort by. */
function work({ network, training }: ModelConfig): number {
  return training.steps * training.batchSize * (levelSide(network, 0) * network.modelChannels) ** 2;
}

/**
 * Loads a preset by its name or from a JSON file.
 *
 * @param nameOrFile a name such as `tiny`; taken as a file when it ends in `.json` or has a path separator
 * @throws UserError naming the presets there are, or the file and the key that is wrong
 */
export async function loadPreset(nameOrFile: string, folder: string = presetsFolder()): Promise<Preset> {
  if (nameOrFile.endsWith('.json') || /[\\/]/.test(nameOrFile)) return readPreset(path.resolve(nameOrFile));
  let names: string[];
  try {
    names = (await fs.readdir(folder))
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -5));
  } catch (error) {
    throw readProblem(error, folder);
  }
  if (!names.includes(nameOrFile)) {
    throw new UserError(
      `There is no preset "${nameOrFile}"; choose one of ${names.sort().join(', ')}, or give the path of a JSON file.`,
      { code: 'not-found' },
    );
  }
  const preset = await readPreset(path.join(folder, `${nameOrFile}.json`));
  if (preset.name !== nameOrFile) {
    throw new UserError(`${path.join(folder, `${nameOrFile}.json`)}: key "name" must be "${nameOrFile}".`, {
      code: 'unreadable',
      key: 'name',
    });
  }
  return preset;
}

async function readPreset(file: string): Promise<Preset> {
  return parseJsonFile(PresetSchema, file);
}

/**
 * The preset's configuration for images of a data set: size and channels follow the data, and attention stays at
 * the same levels of the network. A network with classes gets as many as the data has. Images are mirrored or not as
 * the data set says, if it says so.
 *
 * @throws UserError when the images have no classes and the network wants some, are not square or cannot be halved often enough; it says which sizes work
 */
export function fitPresetToData(
  preset: Preset,
  images: {
    height: number;
    width: number;
    channels: 1 | 3;
    classes?: readonly string[] | undefined;
  } & Partial<Pick<DatasetRecord, 'settings' | 'flip'>>,
): ModelConfig {
  const { network, objective, training, augment } = preset.config;
  const { height, width, channels } = images;
  if (height !== width) {
    throw new UserError(
      `Images of ${width} × ${height} pixels are not square; import them again with one --size.`,
      { window: `Images of ${width} × ${height} pixels are not square; import them again with one size.` },
    );
  }
  const halvings = Math.max(network.multipliers.length, decoderShape(network).multipliers.length) - 1;
  const { patch } = network;
  const unit = patch * 2 ** halvings;
  if (height % unit !== 0) {
    const below = Math.floor(height / unit) * unit;
    const sizes = below >= Math.max(unit, 8) ? `${below} or ${below + unit}` : `${below + unit}`;
    throw new UserError(
      `Images of ${height} × ${height} pixels do not suit preset "${preset.name}", which ${patch > 1 ? `takes ${patch} × ${patch} pixels as one and ` : ''}halves them ` +
        `${countOf(halvings, 'time')}; import them at a multiple of ${unit} pixels, ${sizes} for instance.`,
    );
  }
  const attentionResolutions = network.attentionResolutions.map((resolution) => {
    for (let level = 0; level <= halvings; level++) {
      if (levelSide(network, level) === resolution) return levelSide({ imageSize: height, patch }, level);
    }
    throw new UserError(
      `Preset "${preset.name}": key "config.network.attentionResolutions" has ${resolution}, which is no resolution ` +
        `of its network (${Array.from({ length: halvings + 1 }, (_, level) => levelSide(network, level)).join(', ')}).`,
    );
  });
  if (network.classes > 0 && !images.classes?.length) {
    throw new UserError(
      `Preset "${preset.name}" tells the networks of classes, but the images have none; import them with labels, ` +
        'or set network.classes to 0.',
      { code: 'settings', key: 'network.classes' },
    );
  }
  const classes = network.classes > 0 ? (images.classes?.length ?? 0) : 0;
  return checkValue(
    ModelConfigSchema,
    {
      network: { ...network, imageSize: height, channels, attentionResolutions, classes },
      objective,
      training: { ...training, horizontalFlip: mayMirror(images) ?? training.horizontalFlip },
      augment,
    },
    `Preset "${preset.name}"`,
  );
}
