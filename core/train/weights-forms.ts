/** How files with weights call the tensors: this program's, the reference's modules, and PyTorch's wrappers around them. */
import { UserError } from '../errors.ts';
import { checkpointNames } from './checkpoint-names.ts';
import type { WeightsFile } from './weights-file.ts';

/** Where the parts of a model lie in a file of one kind. */
export interface Form {
  weights: string;
  /** Of the averages; null when the file has one set of weights. */
  averages: string | null;
  discriminator: string;
  layerNorm: string;
  /** Other tensors that belong to files of this kind. */
  beside: (name: string) => boolean;
}

/** How many averages `torch.optim.swa_utils.AveragedModel` has taken. */
const averagesTaken = (name: string): boolean => name === 'n_averaged';

export const FORMS: readonly Form[] = [
  // The AutoEncoder alone, or a checkpoint of this program.
  { weights: '', averages: null, discriminator: 'discriminator.', layerNorm: '', beside: averagesTaken },
  // The whole CoVAE module.
  {
    weights: 'model.',
    averages: null,
    discriminator: 'discriminator.',
    layerNorm: '',
    beside: averagesTaken,
  },
  // The reference's Lightning module: the CoVAE as `model`, a copy with the averages as `ema`.
  {
    weights: 'model.model.',
    averages: 'ema.model.',
    discriminator: 'model.discriminator.',
    layerNorm: 'model.',
    beside: (name) =>
      averagesTaken(name) || name.startsWith('ema.discriminator.') || name.startsWith('ema.layer_norm.'),
  },
  {
    weights: 'ema.model.',
    averages: null,
    discriminator: 'ema.discriminator.',
    layerNorm: 'ema.',
    beside: averagesTaken,
  },
  // Golden cases hold much beside the weights.
  {
    weights: 'param.',
    averages: null,
    discriminator: 'disc.',
    layerNorm: '',
    beside: (name) => !/^(param|disc|layer_norm)\./.test(name),
  },
];

/** Shapes of tensors by their names. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

export interface PlainNames {
  /** By plain names. */
  shapes: Shapes;
  /** The plain name of a tensor in the file; null for one that is no part of the model. */
  plainOf: (name: string) => string | null;
  /** Those of a checkpoint that are no part of the model: an optimiser's, counters. */
  besides: string[];
}

/**
 * The tensors of a file under the names they have without PyTorch's wrappers: DataParallel, DistributedDataParallel and
 * AveragedModel put `module.` before the names of what they wrap, torch.compile `_orig_mod.`, wherever that stands. Of a
 * checkpoint, those of the model alone, wherever they lie in it.
 *
 * @throws UserError when two tensors have the same name then
 */
export function plainNames(
  { shapes, isCheckpoint }: Pick<WeightsFile, 'shapes' | 'isCheckpoint'>,
  file: string,
): PlainNames {
  const unwrapped = (name: string): string =>
    name
      .split('.')
      .filter((part) => part !== 'module' && part !== '_orig_mod')
      .join('.');
  const names = Object.keys(shapes);
  const places = isCheckpoint ? checkpointNames(names.map(unwrapped)) : null;
  const plainOf = (name: string): string | null =>
    places === null ? unwrapped(name) : places.nameOf(unwrapped(name));
  const plain = new Map<string, readonly number[]>();
  const besides: string[] = [];
  for (const name of names) {
    const called = plainOf(name);
    if (called === null) {
      besides.push(name);
      continue;
    }
    if (plain.has(called)) {
      throw new UserError(
        `${file} holds the tensor ${called} twice, with and without the name of a wrapper; save one state_dict alone.`,
        { code: 'unreadable', file: file },
      );
    }
    plain.set(called, shapes[name] ?? []);
  }
  return { shapes: Object.fromEntries(plain), plainOf, besides };
}
