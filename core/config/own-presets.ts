/** Presets that a person has made: files of the same form as the program's own, in the library's folder `presets/`. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { sentenceOf, UserError } from '../errors.ts';
import { errorCode, makeFolder, readProblem, writeFileAtomic } from '../files.ts';
import { checkValue, parseJsonFile } from '../json-file.ts';
import { distinctName, FreeNameSchema, plainName } from '../names.ts';
import { writeOutputFile, type OutputOptions } from '../output.ts';
import { type ModelConfig, type Preset, PresetSchema } from './model.ts';
import { listPresets, loadPreset } from './presets.ts';

const LONGEST_NAME = 40;

/** A file of the folder that cannot be used. */
export interface DamagedPreset {
  /** Its file's name without `.json`. */
  name: string;
  file: string;
  /** Why, in a sentence. */
  problem: string;
}

export interface OwnPresets {
  /** In the order of their titles. */
  presets: Preset[];
  damaged: DamagedPreset[];
}

function ownPresetsFolder(home: string): string {
  return path.join(home, 'presets');
}

function fileOf(home: string, name: string): string {
  return path.join(ownPresetsFolder(home), `${name}.json`);
}

/** The presets of a library; files that are damaged are told of beside them. */
export async function listOwnPresets(home: string): Promise<OwnPresets> {
  const folder = ownPresetsFolder(home);
  let files: string[];
  try {
    files = (await fs.readdir(folder)).filter((file) => file.endsWith('.json') && !file.startsWith('.'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { presets: [], damaged: [] };
    throw readProblem(error, folder);
  }
  const found: OwnPresets = { presets: [], damaged: [] };
  for (const entry of files.sort()) {
    const file = path.join(folder, entry);
    const name = entry.slice(0, -'.json'.length);
    try {
      // Copied by hand, a file may be called otherwise than it says inside.
      found.presets.push({ ...(await parseJsonFile(PresetSchema, file)), name });
    } catch (error) {
      found.damaged.push({ name, file, problem: sentenceOf(error) });
    }
  }
  found.presets.sort((a, b) => a.title.localeCompare(b.title) || a.name.localeCompare(b.name));
  return found;
}

/**
 * Keeps a configuration as a preset of the library, under a name of its own that follows from the title.
 *
 * @throws UserError when the title cannot be one, the configuration is not sound, or the library cannot be written
 */
export async function saveOwnPreset(
  home: string,
  { title, description = '', config }: { title: string; description?: string; config: ModelConfig },
): Promise<Preset> {
  checkValue(FreeNameSchema, title, `Preset "${title}"`, { code: 'invalid' });
  const own = await listOwnPresets(home);
  const taken = new Set([...(await listPresets()), ...own.presets, ...own.damaged].map(({ name }) => name));
  const preset = checkValue(
    PresetSchema,
    {
      format: 'covae-preset',
      version: 1,
      name: distinctName(idOf(title), taken).slice(0, LONGEST_NAME),
      title: distinctName(title, new Set(own.presets.map((other) => other.title))),
      description,
      config,
    },
    `Preset "${title}"`,
  );
  await makeFolder(ownPresetsFolder(home));
  await writeFileAtomic(fileOf(home, preset.name), textOf(preset), 'preset');
  return preset;
}

/** `Größere Ziffern` gives `grossere-ziffern`. */
function idOf(title: string): string {
  const plain = plainName(title, 'preset')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  // Room for a number.
  return plain === '' ? 'preset' : plain.slice(0, LONGEST_NAME - 5).replace(/-+$/, '');
}

function textOf(preset: Preset): string {
  return JSON.stringify(preset, null, 2) + '\n';
}

/**
 * Takes a preset's file into the library.
 *
 * @throws UserError naming file and key when it is none
 */
export async function importOwnPreset(home: string, file: string): Promise<Preset> {
  const { title, description, config } = await parseJsonFile(PresetSchema, file);
  const name = title.replace(/[/\\:*?"<>|\p{Cc}]/gu, ' ').trim();
  const short = Array.from(name === '' ? path.basename(file, '.json') : name)
    .slice(0, 60)
    .join('')
    .trim();
  return saveOwnPreset(home, { title: short, description, config });
}

/** Files of presets that were taken into the library, and those that were not, each with the reason in a sentence. */
export interface ImportedPresets {
  taken: Preset[];
  refused: { file: string; problem: string }[];
}

/** Takes the files of several presets into the library; one that cannot be used stops none of the others. */
export async function importOwnPresets(home: string, files: readonly string[]): Promise<ImportedPresets> {
  const imported: ImportedPresets = { taken: [], refused: [] };
  for (const file of files) {
    try {
      imported.taken.push(await importOwnPreset(home, file));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      imported.refused.push({ file, problem: error.message });
    }
  }
  return imported;
}

/** Writes a preset as a file that {@link importOwnPreset} takes. @throws UserError when something is there or it cannot be written */
export async function exportPreset(preset: Preset, target: string, options: OutputOptions): Promise<void> {
  // To whom it is given, it is no longer the paper's own file.
  const { paper: _, ...others } = preset;
  await writeOutputFile(target, textOf(others), 'preset', options);
}

/** @throws UserError when there is none of this name, or it cannot be removed */
export async function removeOwnPreset(home: string, name: string): Promise<void> {
  if (!/^[^/\\]+$/.test(name) || name.startsWith('.')) throw noPreset(home, name);
  try {
    await fs.unlink(fileOf(home, name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw noPreset(home, name);
    throw readProblem(error, fileOf(home, name));
  }
}

function noPreset(home: string, name: string): UserError {
  return new UserError(
    `There is no preset "${name}" of your own in ${home}; covae presets list shows those there are.`,
    {
      code: 'not-found',
      window: `There is no preset "${name}" of your own any more.`,
    },
  );
}

/**
 * A preset of the program or of the library, by its name, or of a file.
 *
 * @throws UserError naming the presets there are, or the file and the key that is wrong
 */
export async function findPreset(home: string, nameOrFile: string): Promise<Preset> {
  const own = await listOwnPresets(home);
  const found = own.presets.find(({ name }) => name === nameOrFile);
  if (found !== undefined) return found;
  const damaged = own.damaged.find(({ name }) => name === nameOrFile);
  if (damaged !== undefined) throw new UserError(damaged.problem, { code: 'unreadable', file: damaged.file });
  try {
    return await loadPreset(nameOrFile);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'not-found' || own.presets.length === 0) throw error;
    throw new UserError(
      error.message.replace(/, or give/, `, ${own.presets.map(({ name }) => name).join(', ')}, or give`),
      { code: 'not-found', cause: error },
    );
  }
}
