/** Saved things in two files: JSON that says what they are, and beside it safetensors with all their numbers. */
import path from 'node:path';
import * as v from 'valibot';
import { UserError } from '../../errors.ts';
import { exists, sha256OfFile } from '../../files.ts';
import { parseJsonFile } from '../../json-file.ts';
import { type OutputOptions, writeOutput, writeOutputFile } from '../../output.ts';
import { readSafetensors, writeSafetensors } from '../../run/safetensors.ts';
import { elementCount } from '../../shape.ts';
import { APP_VERSION } from '../../version.ts';
import { countOf } from '../../words.ts';
import { readDirectionFile } from '../directions/store.ts';
import { readLatents } from '../points/latent-file.ts';
import { attached, detached, SAVED_FORMAT } from './saved-tensors.ts';
import { MAX_SAVED, type SavedThing, SavedThingSchema } from './saved-thing.ts';

const FileSchema = v.looseObject({
  format: v.literal(SAVED_FORMAT),
  version: v.literal(1),
  /** The file of tensors, in the same folder. */
  tensors: v.pipe(
    v.string(),
    v.check((name) => name !== '' && path.basename(name) === name, 'names a file in the same folder'),
  ),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  things: v.pipe(v.array(v.record(v.string(), v.unknown())), v.maxLength(MAX_SAVED)),
});

/** What was read, and a sentence on each thing that cannot be used. */
export interface ReadThings {
  things: SavedThing[];
  problems: string[];
}

/** The file of tensors that lies beside a file of saved things. */
export function tensorsBeside(file: string): string {
  return `${file.replace(/\.json$/i, '')}.safetensors`;
}

/**
 * Writes things as `file`, JSON, and `tensorsBeside(file)`. Without `force` neither is replaced; with it both are, but of a new
 * `file` no tensors that are in its way.
 *
 * @returns the files, the JSON first
 * @throws UserError in one sentence
 */
export async function writeSaved(
  file: string,
  things: readonly SavedThing[],
  { force = false }: OutputOptions,
): Promise<string[]> {
  if (!/\.json$/i.test(file)) {
    throw new UserError(`${file} is no name for what is saved; give one that ends in .json.`, { file });
  }
  if (things.length === 0) throw new UserError('There is nothing to export; save something first.');
  if (things.length > MAX_SAVED) {
    throw new UserError(`One file holds up to ${MAX_SAVED} things, not ${things.length}; export fewer.`);
  }
  const tensorFile = tensorsBeside(file);
  const replaces = { force: force && (await exists(file)) };
  const { tensors, latents, directions, things: told } = detached(things);
  const metadata = {
    covae: JSON.stringify({ format: SAVED_FORMAT, version: 1, latents, directions }),
  };
  const { sha256 } = await writeOutput(tensorFile, 'tensors', replaces, (temporary) =>
    writeSafetensors(temporary, tensors, metadata),
  );
  const json = {
    ...{ format: SAVED_FORMAT, version: 1, software: `CoVAE Studio ${APP_VERSION}` },
    ...{ tensors: path.basename(tensorFile), sha256, things: told },
  };
  await writeOutputFile(file, `${JSON.stringify(json, null, 2)}\n`, 'file of what is saved', { force });
  return [file, tensorFile];
}

/**
 * Reads what {@link writeSaved} wrote, or a file of latents (`covae encode`) or of a direction (`covae directions make`).
 *
 * @throws UserError in one sentence where nothing of it can be used
 */
export async function readSaved(file: string): Promise<ReadThings> {
  if (/\.(safetensors|npz)$/i.test(file)) return readTensorsAlone(file);
  const { tensors: name, sha256, things } = await parseJsonFile(FileSchema, file);
  const tensorFile = path.join(path.dirname(file), name);
  if (!(await exists(tensorFile))) {
    throw new UserError(`${file} needs ${name}, which is not beside it; bring both files.`, {
      ...{ code: 'not-found', file: tensorFile },
    });
  }
  if ((await sha256OfFile(tensorFile)) !== sha256) {
    throw new UserError(`${tensorFile} is not the file that ${file} was written with; bring both anew.`, {
      ...{ code: 'unreadable', file: tensorFile },
    });
  }
  const { tensors } = await readSafetensors(tensorFile);
  const read: ReadThings = { things: [], problems: [] };
  for (const [i, thing] of things.entries()) {
    const found = v.safeParse(SavedThingSchema, attached(thing, tensors, tensorFile));
    if (found.success) read.things.push(found.output);
    else {
      const key = v.getDotPath(found.issues[0]);
      read.problems.push(`${file}: number ${i + 1} cannot be used${key ? `, its "${key}" is wrong` : ''}.`);
    }
  }
  if (read.things.length === 0 && read.problems[0] !== undefined) {
    throw new UserError(read.problems[0], { code: 'unreadable', file });
  }
  return read;
}

/** Latents and directions of a file of tensors without its JSON. */
async function readTensorsAlone(file: string): Promise<ReadThings> {
  const createdAt = new Date().toISOString();
  const directions = /\.npz$/i.test(file) ? [] : await readDirectionFile(file);
  const things = directions.map(({ facts, values }): SavedThing => {
    const { name, ...told } = facts;
    const shared = { name, run: facts.run, shape: [], createdAt, picture: null };
    return { kind: 'direction', ...shared, value: { ...told, values: Array.from(values) } };
  });
  const problems: string[] = [];
  try {
    const { count, shape, mu, origin, rows } = await readLatents(file);
    const size = elementCount(shape);
    for (let row = 0; row < Math.min(count, MAX_SAVED); row++) {
      const name = rows?.[row]?.name ?? `${path.basename(file).replace(/\.\w+$/, '')} ${row}`.slice(-80);
      things.push({
        ...{ kind: 'point', name, run: rows?.[row]?.run ?? origin.run ?? '', shape: [...shape], createdAt },
        picture: null,
        value: {
          kind: 'values',
          values: Array.from(mu.subarray(row * size, (row + 1) * size)),
          t: rows?.[row]?.t ?? origin.t,
        },
      });
    }
    if (count > MAX_SAVED) {
      problems.push(`${file} has ${countOf(count, 'latent')}; the first ${MAX_SAVED} are taken.`);
    }
  } catch (error) {
    if (things.length === 0 || !(error instanceof UserError)) throw error;
  }
  return { things, problems };
}
