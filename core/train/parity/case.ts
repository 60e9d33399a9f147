/**
 * Golden cases: numbers that the official PyTorch implementation gave for one configuration, as `NAME.json`
 * (configuration and scalars) and `NAME.safetensors` (tensors, channels first).
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { UserError } from '../../errors.ts';
import { exists, readProblem } from '../../files.ts';
import { readText } from '../../read-file.ts';
import { checkValue, parseJsonFile } from '../../json-file.ts';
import type { NamedArrays } from '../../nn/parameters.ts';
import { readSafetensors, type NamedTensor } from '../../run/safetensors.ts';
import { elementCount } from '../../shape.ts';
import type { HostTensor } from '../../tensor/program.ts';
import type { ModelConfig } from '../../config/model.ts';
import { fromReference } from '../reference-config.ts';
import { countOf } from '../../words.ts';

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const norms = v.record(v.string(), v.number());

/** Scalars that are compared, by their names in the cases. */
export const SCALARS = [
  'total',
  'grad_norm',
  'rec_loss',
  'denoiser_loss',
  'kl_loss',
  'norm',
  'std',
  'generator_loss',
  'discriminator_loss',
] as const;

/**
 * One evaluation of the loss: the step it is for, norms of gradients by name, and scalars by name; other entries are
 * passed over.
 */
const LineSchema = v.looseObject({
  step: whole,
  grad_norms: v.optional(norms),
  disc_grad_norms: v.optional(norms),
  ...v.entriesFromList(SCALARS, v.optional(v.number())),
  total: v.number(),
});

export type CaseLine = v.InferOutput<typeof LineSchema>;

const NumbersSchema = v.looseObject({
  config: v.record(v.string(), v.unknown()),
  num_params: v.optional(whole),
  /** The step schedule: pairs of a step and its number of levels. */
  num_timesteps_at_step: v.optional(v.array(v.strictTuple([whole, whole])), []),
  losses: v.optional(v.array(LineSchema), []),
  train: v.optional(v.array(LineSchema), []),
});

export interface GoldenCase {
  name: string;
  config: ModelConfig;
  numbers: v.InferOutput<typeof NumbersSchema>;
  tensors: CaseTensors;
}

/** What lies in a folder under one name; a case needs both files. */
export interface CaseFiles {
  name: string;
  json: string;
  safetensors: string;
}

/**
 * The cases of a folder, by name. Half a case counts as well, so that it is told; JSON files that are something else
 * do not.
 * @throws UserError when the folder cannot be read or has none
 */
export async function listCases(folder: string): Promise<CaseFiles[]> {
  const files = await fs.readdir(folder).catch((error: unknown) => {
    throw readProblem(error, folder);
  });
  const names = (extension: string) =>
    files.flatMap((file) => (file.endsWith(extension) ? [file.slice(0, -extension.length)] : []));
  const found = new Set(names('.safetensors'));
  for (const name of names('.json')) {
    if (!found.has(name) && (await isHalfACase(path.join(folder, `${name}.json`)))) found.add(name);
  }
  if (found.size === 0) {
    throw new UserError(
      `${folder} has no golden cases; give a folder with pairs of NAME.json and NAME.safetensors.`,
    );
  }
  return [...found].sort().map((name) => ({
    name,
    json: path.join(folder, `${name}.json`),
    safetensors: path.join(folder, `${name}.safetensors`),
  }));
}

/** Whether a JSON file without tensors beside it looks like a case that lost them. */
async function isHalfACase(file: string): Promise<boolean> {
  try {
    const value: unknown = JSON.parse(await readText(file));
    return v.is(v.looseObject({ config: v.looseObject({}), losses: v.array(v.unknown()) }), value);
  } catch {
    return false;
  }
}

/** @throws UserError with one sentence for a file that is missing or damaged, and for a configuration beyond us */
export async function readCase({ name, json, safetensors }: CaseFiles): Promise<GoldenCase> {
  for (const file of [json, safetensors]) {
    if (!(await exists(file)))
      throw new UserError(`${file} is missing; a case needs both of its files.`, {
        code: 'unreadable',
        file: file,
      });
  }
  const numbers = checkValue(NumbersSchema, await parseJsonFile(v.unknown(), json), json);
  const { config } = fromReference(numbers.config, json);
  if (config.network.classes > 0) {
    throw new UserError(`${json}: key "label_dim" must be 0: golden cases have no labels to go by.`);
  }
  if (config.objective.variant === 's-covae' && config.objective.loss === 'bce') {
    throw new UserError(
      `${json}: key "loss_mode" must not be "bce" with covae_simple: the reference takes logits for the target there, ` +
        'with which the loss has no minimum, and this program their probabilities.',
    );
  }
  const { tensors } = await readSafetensors(safetensors);
  return { name, config, numbers, tensors: new CaseTensors(safetensors, tensors) };
}

/** What PyTorch's batch norms count, whole numbers that nothing is computed from. */
const COUNTER = /\.num_batches_tracked$/;

/** The tensors of a case, channels last, and which of them were asked for. */
export class CaseTensors {
  readonly #asked = new Set<string>();

  constructor(
    readonly file: string,
    private readonly tensors: Readonly<Record<string, NamedTensor>>,
  ) {}

  has(name: string): boolean {
    return Object.hasOwn(this.tensors, name);
  }

  /** What follows `prefix` in the names that begin with it. */
  under(prefix: string): string[] {
    return Object.keys(this.tensors).flatMap((name) =>
      name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
    );
  }

  /** How many of `name0`, `name1`, … there are, one after the other. */
  count(name: (i: number) => string): number {
    let count = 0;
    while (this.has(name(count))) count++;
    return count;
  }

  shape(name: string): readonly number[] {
    return this.named(name).shape;
  }

  /** A tensor of rank 4 comes channels last; others as they are. @throws UserError when missing or of whole numbers */
  floats(name: string): HostTensor & { data: Float32Array } {
    return channelsLast(this.plain(name));
  }

  /** A tensor of a shape (channels last), where null stands for any length. */
  shaped(name: string, shape: readonly (number | null)[]): HostTensor & { data: Float32Array } {
    const tensor = this.floats(name);
    if (
      tensor.shape.length !== shape.length ||
      !shape.every((side, i) => side === null || side === tensor.shape[i])
    ) {
      const wanted = toChannelsFirst(shape)
        .map((side) => side ?? 'any')
        .join(', ');
      throw this.bad(name, `has shape [${this.shape(name).join(', ')}], not [${wanted}]`);
    }
    return tensor;
  }

  /** Whole numbers [count], each below `end`. */
  indices(name: string, count: number, end: number): number[] {
    const { shape, data } = this.named(name);
    const values = Array.from(data as ArrayLike<number | bigint>, Number);
    if (shape.length !== 1 || values.length !== count) {
      throw this.bad(name, `has shape [${shape.join(', ')}], not [${count}]`);
    }
    const wrong = values.find((value) => !(Number.isInteger(value) && value >= 0 && value < end));
    if (wrong !== undefined)
      throw this.bad(name, `holds ${wrong}, which is not one of ${countOf(end, 'interval')}`);
    return values;
  }

  /** All tensors under a prefix, channels first, as weights are kept; without the counters of batches. */
  weights(prefix: string): NamedArrays {
    const weights: NamedArrays = {};
    for (const name of this.under(prefix)) {
      if (COUNTER.test(name)) this.#asked.add(prefix + name);
      else weights[name] = this.plain(prefix + name);
    }
    return weights;
  }

  /** Names that nobody asked for. */
  untouched(): string[] {
    return Object.keys(this.tensors).filter((name) => !this.#asked.has(name));
  }

  private named(name: string): NamedTensor {
    const tensor = this.has(name) ? this.tensors[name] : undefined;
    if (tensor === undefined)
      throw new UserError(`${this.file}: tensor "${name}" is missing.`, {
        code: 'unreadable',
        file: this.file,
      });
    this.#asked.add(name);
    return tensor;
  }

  private plain(name: string): { shape: number[]; data: Float32Array } {
    const { shape, data } = this.named(name);
    if (data instanceof Float32Array) return { shape, data };
    if (data instanceof Float64Array) return { shape, data: Float32Array.from(data) };
    throw this.bad(name, 'does not hold floating-point numbers');
  }

  private bad(name: string, what: string): UserError {
    return new UserError(`${this.file}: tensor "${name}" ${what}.`, { code: 'unreadable', file: this.file });
  }
}

/** [B, C, H, W] → [B, H, W, C]. */
function channelsLast({ shape, data }: { shape: readonly number[]; data: Float32Array }) {
  if (shape.length !== 4) return { shape: [...shape], data };
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const area = height * width;
  const moved = new Float32Array(elementCount(shape));
  for (let b = 0; b < batch; b++)
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < area; i++)
        moved[(b * area + i) * channels + c] = data[(b * channels + c) * area + i] ?? NaN;
  return { shape: [batch, height, width, channels], data: moved };
}

function toChannelsFirst<T>(shape: readonly T[]): T[] {
  const [batch, height, width, channels] = shape;
  return shape.length === 4 ? ([batch, channels, height, width] as T[]) : [...shape];
}
