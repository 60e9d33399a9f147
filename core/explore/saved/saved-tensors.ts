/** The numbers of saved things, taken out of their JSON into tensors and put back. */
import { UserError } from '../../errors.ts';
import type { NamedTensor, WritableTensors } from '../../run/safetensors.ts';
import { elementCount } from '../../shape.ts';
import type { SavedThing } from './saved-thing.ts';

export const SAVED_FORMAT = 'covae-saved';

/** What a file of tensors says of a latent in it, so that it can be used without the JSON. */
export interface LatentEntry {
  name: string;
  tensor: string;
  t: number;
  run: string;
}

/** Likewise of a direction; its facts are those of the JSON. */
export interface DirectionEntry {
  name: string;
  tensor: string;
  facts: Record<string, unknown>;
}

/** The tensors of saved things, and their JSON without them. */
export interface Detached {
  things: unknown[];
  tensors: WritableTensors;
  latents: LatentEntry[];
  directions: DirectionEntry[];
}

/** Gives things names of their own: a second of a name is called `name (2)`. */
export function withOwnNames(things: readonly SavedThing[]): SavedThing[] {
  const taken = new Set<string>();
  return things.map((thing) => {
    // Half a character cannot be written.
    const plain = thing.name.replace(/\p{Surrogate}/gu, '\ufffd');
    let name = plain;
    for (let number = 2; taken.has(name); number++) name = `${plain} (${number})`;
    taken.add(name);
    return { ...thing, name };
  });
}

/** Takes numbers and pictures out: each list called `values` becomes the name of a tensor. */
export function detached(things: readonly SavedThing[]): Detached {
  const tensors: Record<string, WritableTensors[string]> = {};
  const latents: LatentEntry[] = [];
  const directions: DirectionEntry[] = [];
  let numbered = 0;
  const take = (tensor: string, values: readonly number[], shape: readonly number[]): { tensor: string } => {
    const fits = shape.length > 0 && elementCount(shape) === values.length;
    tensors[tensor] = { shape: fits ? shape : [values.length], data: Float32Array.from(values) };
    return { tensor };
  };
  const written = withOwnNames(things).map((thing, number) => {
    const { name, kind, run, shape, picture, ...rest } = thing;
    const walk = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(walk);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [
          key,
          key === 'values' && isNumbers(inner) ? take(`values/${numbered++}`, inner, shape) : walk(inner),
        ]),
      );
    };
    let { value }: { value: unknown } = rest;
    if (kind === 'point' && thing.value.kind === 'values') {
      const { values, t } = thing.value;
      latents.push({ name, tensor: `latents/${name}`, t, run });
      value = { ...thing.value, values: take(`latents/${name}`, values, shape) };
    } else if (kind === 'direction') {
      const { values, ...facts } = thing.value;
      directions.push({ name, tensor: `directions/${name}`, facts });
      value = { ...facts, values: take(`directions/${name}`, values, shape) };
    } else value = walk(value);
    const picturesTensor = `pictures/${number}`;
    if (picture) {
      const { height, width, channels, data } = picture;
      tensors[picturesTensor] = { shape: [height, width, channels], data };
    }
    return { ...rest, kind, name, run, shape, value, picture: picture ? { tensor: picturesTensor } : null };
  });
  return { things: written, tensors, latents, directions };
}

/**
 * Puts numbers and pictures of one thing back.
 *
 * @throws UserError when a tensor is missing, or is none of its kind
 */
export function attached(
  thing: Record<string, unknown>,
  tensors: Readonly<Record<string, NamedTensor>>,
  file: string,
): Record<string, unknown> {
  const tensorOf = (name: string): NamedTensor => {
    const found = tensors[name];
    if (found !== undefined) return found;
    throw new UserError(`${file} has no tensor "${name}", which what is saved needs; bring the whole file.`, {
      ...{ code: 'unreadable', file },
    });
  };
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const name = key === 'values' ? referenceIn(inner) : null;
        if (name === null) return [key, walk(inner)];
        const { data } = tensorOf(name);
        if (data instanceof Float32Array || data instanceof Float64Array) return [key, Array.from(data)];
        throw new UserError(`${file}: the tensor "${name}" must be float32.`, { code: 'unreadable', file });
      }),
    );
  };
  const picture = referenceIn(thing['picture']);
  return { ...thing, value: walk(thing['value']), picture: picture && pictureOf(tensorOf(picture)) };
}

function pictureOf({ shape, data }: NamedTensor): unknown {
  const [height, width, channels] = shape;
  return { count: 1, height, width, channels, data };
}

function referenceIn(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('tensor' in value)) return null;
  return typeof value.tensor === 'string' ? value.tensor : null;
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number');
}
