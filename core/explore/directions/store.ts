/** Named directions of a run: one safetensors file each, in the run's `directions/`. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { UserError } from '../../errors.ts';
import { errorCode, makeFolder, readProblem } from '../../files.ts';
import { NameSchema } from '../../names.ts';
import { type OutputOptions, writeOutput } from '../../output.ts';
import { readSafetensors, writeSafetensors } from '../../run/safetensors.ts';
import { type DirectionFacts, DirectionFactsSchema } from './direction-facts.ts';

export interface Direction {
  facts: DirectionFacts;
  /** For one standard deviation; of a latent's size. */
  values: Float32Array;
}

export function directionsFolder(runDir: string): string {
  return path.join(runDir, 'directions');
}

/** The file of a direction. @throws UserError for what is no name */
export function directionFile(runDir: string, name: string): string {
  if (!v.safeParse(NameSchema, name).success) {
    throw new UserError(
      `"${name}" is no name for a direction; give 1 to 64 letters, digits, spaces, dots, dashes or underscores.`,
    );
  }
  return path.join(directionsFolder(runDir), `${name}.safetensors`);
}

/** Writes a direction. @throws UserError when there is one of that name already, unless `force`; or the disk refuses */
export async function saveDirection(
  runDir: string,
  { facts, values }: Direction,
  options: OutputOptions,
): Promise<string> {
  const file = directionFile(runDir, facts.name);
  await makeFolder(directionsFolder(runDir));
  const told = JSON.stringify({ format: 'covae-direction', version: 1, ...facts });
  await writeOutput(file, 'direction', options, (temporary) =>
    writeSafetensors(temporary, { direction: { shape: [values.length], data: values } }, { covae: told }),
  );
  return file;
}

/**
 * A direction of a run by its name, or one by the path of its file.
 *
 * @throws UserError in one sentence: there is none, or it cannot be read
 */
export async function readDirection(runDir: string, name: string): Promise<Direction> {
  const isPath = /\.safetensors$/i.test(name);
  const file = isPath ? path.resolve(name) : directionFile(runDir, name);
  if (!isPath) {
    const names = (await directionFiles(runDir)).map((found) => path.basename(found, '.safetensors'));
    if (!names.includes(name)) {
      const known = names.length === 0 ? 'it has none yet' : `it has ${names.join(', ')}`;
      throw new UserError(
        `The run ${path.basename(runDir)} has no direction "${name}" (${known}); make one with covae directions make.`,
        {
          code: 'not-found',
          window: `The run ${path.basename(runDir)} has no direction "${name}" (${known}); make one in Explore, under Directions.`,
        },
      );
    }
  }
  const { tensors, metadata } = await readSafetensors(file);
  const values = tensors['direction']?.data;
  const facts = v.safeParse(DirectionFactsSchema, jsonOf(metadata['covae'] ?? ''));
  if (!(values instanceof Float32Array) || !facts.success || !values.every(Number.isFinite)) {
    throw new UserError(`${file} holds no direction; give one that covae directions make wrote.`, {
      window: `${file} holds no direction; give one that was kept in Explore.`,
      code: 'unreadable',
      file,
    });
  }
  const { format: _, version: __, ...told } = facts.output;
  return { facts: told, values };
}

/** A word that changes with a direction's file; null where there is none to look at. */
export async function stampOfDirection(runDir: string, name: string): Promise<string | null> {
  const file = /\.safetensors$/i.test(name) ? path.resolve(name) : directionFile(runDir, name);
  const found = await fs.stat(file).catch(() => null);
  return found === null ? null : `${found.ino} ${found.size} ${found.mtimeMs}`;
}

/** All directions of a run that can be read, by name, and sentences on those that cannot. */
export async function listDirections(
  runDir: string,
): Promise<{ directions: DirectionFacts[]; problems: string[] }> {
  const directions: DirectionFacts[] = [];
  const problems: string[] = [];
  for (const file of await directionFiles(runDir)) {
    try {
      directions.push((await readDirection(runDir, path.basename(file, '.safetensors'))).facts);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(error.message);
    }
  }
  return { directions, problems };
}

/** @throws UserError when there is none of that name */
export async function removeDirection(runDir: string, name: string): Promise<void> {
  const file = directionFile(runDir, name);
  try {
    await fs.rm(file);
  } catch (error) {
    throw readProblem(error, file);
  }
}

async function directionFiles(runDir: string): Promise<string[]> {
  const folder = directionsFolder(runDir);
  try {
    const names = await fs.readdir(folder);
    return names
      .filter((name) => name.endsWith('.safetensors') && !name.startsWith('.'))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .map((name) => path.join(folder, name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readProblem(error, folder);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
