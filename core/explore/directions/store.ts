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
 * A direction of a run by its name, or one by the path of its file: `smile.safetensors`, or `saved.safetensors#smile` of a file
 * that the window exported.
 *
 * @throws UserError in one sentence: there is none, or it cannot be read
 */
export async function readDirection(runDir: string, name: string): Promise<Direction> {
  const asked = fileOfDirection(name);
  if (asked !== null) return oneOfFile(path.resolve(asked.file), asked.name);
  const file = directionFile(runDir, name);
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
  return oneOfFile(file, null);
}

/** The file that a direction is named by, and its name there; null for the name of one of a run's own. */
export function fileOfDirection(name: string): { file: string; name: string | null } | null {
  const found = /^(.+?\.safetensors)(?:#(.+))?$/i.exec(name);
  return found?.[1] === undefined ? null : { file: found[1], name: found[2] ?? null };
}

/** The only direction of a file, or that of a name. */
async function oneOfFile(file: string, name: string | null): Promise<Direction> {
  const all = await readDirectionFile(file);
  const [only, second] = all;
  if (only === undefined) {
    throw new UserError(`${file} holds no direction; give one that covae directions make wrote.`, {
      window: `${file} holds no direction; give one that was kept in Explore.`,
      ...{ code: 'unreadable', file },
    });
  }
  if (name === null && second === undefined) return only;
  const found = all.find(({ facts }) => facts.name === name);
  if (found !== undefined) return found;
  const names = all.map(({ facts }) => facts.name).join(', ');
  throw new UserError(
    name === null
      ? `${file} has several directions; name one of ${names} after a #.`
      : `${file} has no direction "${name}"; it has ${names}.`,
    { code: 'not-found', file },
  );
}

const SavedDirectionsSchema = v.looseObject({
  format: v.literal('covae-saved'),
  version: v.literal(1),
  directions: v.array(
    v.object({ name: v.string(), tensor: v.string(), facts: v.record(v.string(), v.unknown()) }),
  ),
});

/**
 * All directions of a file: the one that `covae directions make` wrote, or those of what was saved; none of a file that holds
 * something else.
 *
 * @throws UserError when it cannot be read
 */
export async function readDirectionFile(file: string): Promise<Direction[]> {
  const { tensors, metadata } = await readSafetensors(file, (name) => /^direction(s\/.*)?$/s.test(name));
  const told = jsonOf(metadata['covae'] ?? '');
  const saved = v.safeParse(SavedDirectionsSchema, told);
  const named = saved.success
    ? saved.output.directions.map(({ tensor, name, facts }) => ({
        tensor,
        facts: { ...facts, name, format: 'covae-direction', version: 1 },
      }))
    : [{ tensor: 'direction', facts: told }];
  return named.flatMap(({ tensor, facts: asked }) => {
    const values = tensors[tensor]?.data;
    const facts = v.safeParse(SavedFactsSchema, asked);
    if (!(values instanceof Float32Array) || !facts.success || !values.every(Number.isFinite)) return [];
    const { format: _, version: __, ...rest } = facts.output;
    return [{ facts: rest, values }];
  });
}

/** In a file of saved things a direction may have any name. */
const SavedFactsSchema = v.object({ ...DirectionFactsSchema.entries, name: v.string() });

/** A word that changes with a direction's file; null where there is none to look at. */
export async function stampOfDirection(runDir: string, name: string): Promise<string | null> {
  const asked = fileOfDirection(name);
  const file = asked === null ? directionFile(runDir, name) : path.resolve(asked.file);
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
