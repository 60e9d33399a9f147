/**
 * Reads the tensors of a file that PyTorch's `torch.save` wrote (`.pth`, `.pt`, Lightning's `.ckpt`), in the layout since 1.6
 * and in the one before. Such a file holds a pickle, a program that may do anything when Python loads it. Here nothing of it
 * is ever run: `pickle.ts` makes data alone, and of names only the list in `torch-names.ts` is followed. npm's
 * `pickleparser` (0.2.1 of 2024) has no bounds, makes functions of names and calls whatever the file says by default.
 */
import { elementCount } from '../../shape.ts';
import { UserError } from '../../errors.ts';
import { openFileBytes } from '../../data/readers/bytes.ts';
import type { NamedTensor } from '../../run/safetensors.ts';
import { emptyRecord } from '../../run/safetensors-header.ts';
import type { TensorData } from '../../run/safetensors-dtypes.ts';
import { layOut, type LaidOut } from './layouts.ts';
import { namedTensors } from './named-tensors.ts';
import { PickleError } from './pickle-bytes.ts';
import type { TensorView } from './python-values.ts';
import { elementBytes, elementsOf } from './storage-dtypes.ts';

export interface TorchFile {
  layout: 'zip' | 'older';
  /** Name → shape, in the file's order. Names are paths through dictionaries and lists: `state_dict.encoder.weight`. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /**
   * Things beside the tensors that were to be made by calling a name (a Lightning checkpoint's settings, for instance), and
   * were passed over. Empty unless such was allowed.
   */
  readonly passedOver: readonly string[];
  /**
   * The numbers of a tensor, row by row; half precision as float32.
   * @throws UserError when they are damaged or not there
   */
  read(name: string): Promise<NamedTensor>;
  close(): Promise<void>;
}

export interface TorchFileOptions {
  /**
   * What is done when the file would have Python call something that makes no tensor. `refuse`: nothing of such a file is
   * used. `pass-over`: it stays unmade, and tensors beside it are read. What acts on the machine (`os.system`, `eval`)
   * is refused in any case.
   */
  others?: 'refuse' | 'pass-over';
}

/**
 * Opens a file and finds out which tensors it holds. Its numbers are read one tensor at a time.
 *
 * @throws UserError with one sentence for whatever is wrong with it
 */
export async function openTorchFile(
  file: string,
  { others = 'refuse' }: TorchFileOptions = {},
): Promise<TorchFile> {
  const bytes = await openFileBytes(file);
  try {
    const laid = await layOut(bytes);
    const tensors = namedTensors(laid.root);
    const [first] = laid.names.notMade;
    if (first !== undefined && (others === 'refuse' || tensors.size === 0)) {
      throw new PickleError(
        `holds more than tensors (${printableName(first)}), which would have to be run; save the state_dict alone`,
      );
    }
    if (tensors.size === 0) throw new PickleError('holds no tensors');
    const storages = new LastStorage(laid);
    return {
      layout: laid.layout,
      shapes: new Map([...tensors].map(([name, { shape }]) => [name, shape])),
      passedOver: [...laid.names.notMade],
      async read(name) {
        const view = tensors.get(name);
        if (view === undefined) throw new Error(`there is no tensor ${name}`);
        try {
          return { shape: [...view.shape], data: gathered(view, await storages.elements(view)) };
        } catch (error) {
          throw sentence(error, file);
        }
      },
      close: () => bytes.close(),
    };
  } catch (error) {
    await bytes.close();
    throw sentence(error, file);
  }
}

/** All tensors of a file, or those wanted; as {@link openTorchFile}. */
export async function readTorchTensors(
  file: string,
  options: TorchFileOptions & { wanted?: (name: string) => boolean } = {},
): Promise<Record<string, NamedTensor>> {
  const opened = await openTorchFile(file, options);
  try {
    const tensors = emptyRecord<NamedTensor>();
    for (const name of opened.shapes.keys()) {
      if (options.wanted?.(name) ?? true) tensors[name] = await opened.read(name);
    }
    return tensors;
  } finally {
    await opened.close();
  }
}

/** Keeps the storage that was read last: many tensors may look at one. */
class LastStorage {
  readonly #laid: LaidOut;
  #key: string | null = null;
  #elements: TensorData = new Uint8Array();

  constructor(laid: LaidOut) {
    this.#laid = laid;
  }

  async elements({ storage: { key, dtype, length, offset } }: TensorView): Promise<TensorData> {
    const id = `${dtype} ${key}`;
    if (this.#key !== id) {
      const bytes = await this.#laid.storage(key);
      const size = elementBytes(dtype);
      // Where a type does not divide the bytes, what is left over belongs to no element.
      const used = bytes.slice(0, bytes.length - (bytes.length % size));
      this.#elements = elementsOf(dtype, used.buffer, this.#laid.bigEndian);
      this.#key = id;
    }
    if (this.#elements.length < offset + length)
      throw new PickleError('has a storage that is shorter than it says');
    return this.#elements;
  }
}

/** The numbers that a view looks at, row by row. */
function gathered({ storage, offset, shape, strides }: TensorView, elements: TensorData): TensorData {
  const count = elementCount(shape);
  const from = storage.offset + offset;
  const rowByRow = shape.every((side, i) => side === 1 || strides[i] === elementCount(shape.slice(i + 1)));
  if (rowByRow) return elements.slice(from, from + count);
  const result = emptyLike(elements, count);
  const place = new Array<number>(shape.length).fill(0);
  let at = from;
  for (let i = 0; i < count; i++) {
    result[i] = elements[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return result;
}

function emptyLike(elements: TensorData, count: number): TensorData {
  const make = elements.constructor as new (length: number) => TensorData;
  return new make(count);
}

function printableName(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}

function sentence(error: unknown, file: string): unknown {
  if (!(error instanceof PickleError)) return error;
  return new UserError(`${file} ${error.message}.`, { code: 'unreadable', file, cause: error });
}
