/** How files with weights call the tensors: this program's, the reference's modules, and PyTorch's wrappers around them. */
import { UserError } from '../errors.ts';

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

/**
 * The tensors of a file under the names they have without PyTorch's wrappers: DataParallel, DistributedDataParallel and
 * AveragedModel put `module.` before the names of what they wrap, torch.compile `_orig_mod.`, wherever that stands.
 *
 * @throws UserError when two tensors have the same name then
 */
export function withoutWrappers(
  shapes: Shapes,
  file: string,
): { shapes: Shapes; plainOf: (name: string) => string } {
  const plainOf = (name: string): string =>
    name
      .split('.')
      .filter((part) => part !== 'module' && part !== '_orig_mod')
      .join('.');
  const plain = new Map<string, readonly number[]>();
  for (const [name, shape] of Object.entries(shapes)) {
    if (plain.has(plainOf(name))) {
      throw new UserError(
        `${file} holds the tensor ${plainOf(name)} twice, with and without the name of a wrapper; save one state_dict alone.`,
        { code: 'unreadable', file: file },
      );
    }
    plain.set(plainOf(name), shape);
  }
  return { shapes: Object.fromEntries(plain), plainOf };
}
