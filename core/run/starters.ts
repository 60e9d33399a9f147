/** The starting points: small trained models that come with the program, in `assets/starters/`. Loads no tensors. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { presetsFolder } from '../config/presets.ts';
import { UserError } from '../errors.ts';
import { parseJsonFile } from '../json-file.ts';

const StarterSchema = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/)),
  title: v.string(),
  /** One or two sentences for the person who chooses. */
  description: v.string(),
  /** Side of the images, and their colour channels. */
  imageSize: v.number(),
  channels: v.picklist([1, 3]),
});

const ListSchema = v.strictObject({
  format: v.literal('covae-starters'),
  version: v.literal(1),
  starters: v.array(StarterSchema),
});

/** A starting point, and the safetensors file with its weights and configuration. */
export interface Starter extends v.InferOutput<typeof StarterSchema> {
  file: string;
}

/** All starting points that come with the program. @throws UserError when they are missing or damaged */
export async function listStarters(
  folder = path.join(presetsFolder(), '..', 'starters'),
): Promise<Starter[]> {
  const list = path.join(folder, 'starters.json');
  if (!existsSync(list)) {
    throw new UserError(`The program's starting points are missing (no ${list}); install it again.`, {
      code: 'not-found',
    });
  }
  const { starters } = await parseJsonFile(ListSchema, list);
  return starters.map((starter) => ({ ...starter, file: path.join(folder, `${starter.name}.safetensors`) }));
}

/** The starting point of this name. @throws UserError naming those that there are */
export async function starterNamed(name: string): Promise<Starter> {
  const starters = await listStarters();
  const found = starters.find((starter) => starter.name === name);
  if (found !== undefined) return found;
  throw new UserError(
    starters.length === 0
      ? `There is no starting point "${name}".`
      : `There is no starting point "${name}"; choose one of ${starters.map((starter) => starter.name).join(', ')}.`,
    { code: 'not-found' },
  );
}
