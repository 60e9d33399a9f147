/** What the names in PyTorch's pickles stand for: a list of those that make tensors and containers. No other is followed. */
import { PickleError } from './pickle-bytes.ts';
import type { PickleNames } from './pickle.ts';
import {
  NotMade,
  PyDict,
  PyList,
  PyName,
  PyTuple,
  Storage,
  TensorView,
  type PyValue,
} from './python-values.ts';
import { elementBytes, storageDtype, typeNamed, type StorageDtype } from './storage-dtypes.ts';

/** A tensor may be wider than its storage where numbers are repeated (stride 0), but not by more elements than these. */
const MAX_REPEATED = 2 ** 24;
const MAX_DIMENSIONS = 64;

/**
 * Modules whose functions act on the machine. They would not be called in any case; a file that wants them called is no
 * file of weights, and whoever has it should know.
 */
const HARMFUL = new Set(
  `os posix nt subprocess sys shutil socket pty runpy importlib commands ctypes code codeop pdb bdb timeit webbrowser
   signal threading multiprocessing asyncio urllib http ftplib smtplib requests pip pickle _pickle marshal shelve
   tempfile pathlib2 platform inspect types gc resource fcntl mmap site zipimport pkgutil _thread cProfile profile
   torch.hub torch.utils.cpp_extension torch.serialization torch.jit numpy.testing numpy.f2py`.split(/\s+/),
);
/** Of Python's own functions these make plain values. */
const PLAIN =
  /^(?:builtins|__builtin__)\.(?:set|frozenset|list|tuple|dict|int|float|bool|str|unicode|bytes|bytearray|complex|slice|range|object)$/;

function isHarmful(name: string): boolean {
  if (/^(?:builtins|__builtin__)\./.test(name)) return !PLAIN.test(name);
  const parts = name.split('.');
  return parts.some((_, i) => HARMFUL.has(parts.slice(0, i).join('.')));
}

/** The names of one file: what it makes of them, and which it did not follow. */
export class TorchNames implements PickleNames {
  /** Names that were to be called and were not. */
  readonly notMade = new Set<string>();
  /** Type of each storage by its key. */
  readonly storages = new Map<string, StorageDtype>();

  call(name: string, args: readonly PyValue[]): PyValue {
    const make = Object.hasOwn(REBUILDERS, name) ? REBUILDERS[name] : undefined;
    if (make !== undefined) return make(args);
    if (isHarmful(name)) {
      throw new PickleError(`wants ${name} to be run, which no file of weights needs; do not use it`);
    }
    this.notMade.add(name);
    return new NotMade(name);
  }

  /** `('storage', type, key, place, elements)`, in the older layout with a sixth for a part of a storage. */
  persistent(id: PyValue): PyValue {
    if (!(id instanceof PyTuple)) throw new PickleError('has a reference that is none of PyTorch');
    const [kind, type, key, , length, part = null] = id.items;
    if (kind === 'module' && type instanceof PyName) {
      this.notMade.add(type.text);
      return new NotMade(type.text);
    }
    const dtype = type instanceof PyName ? storageDtype(type.text) : null;
    if (kind !== 'storage' || typeof key !== 'string' || !isNatural(length)) {
      throw new PickleError('has a reference that is none of PyTorch');
    }
    if (dtype === null) {
      throw new PickleError(
        `holds numbers of the kind ${type instanceof PyName ? type.text : 'it does not say'}, which is not read`,
      );
    }
    const known = this.storages.get(key);
    if (known !== undefined && known !== dtype) throw new PickleError('has a storage of two types');
    this.storages.set(key, dtype);
    if (part === null) return new Storage(key, dtype, length);
    const [, offset, elements] = part instanceof PyTuple ? part.items : [];
    if (!isNatural(offset) || !isNatural(elements) || offset + elements > length) {
      throw new PickleError('has a part of a storage that does not lie in it');
    }
    return new Storage(key, dtype, elements, offset);
  }
}

/** What is done where a name is called, by its name in Python. */
const REBUILDERS: Readonly<Record<string, (args: readonly PyValue[]) => PyValue>> = {
  'collections.OrderedDict': ([pairs]) => dictOfPairs(pairs),
  'collections.defaultdict': () => new PyDict(),
  'builtins.dict': ([pairs]) => dictOfPairs(pairs),
  'builtins.set': ([items]) => new PyList([...itemsOf(items)]),
  '__builtin__.set': ([items]) => new PyList([...itemsOf(items)]),
  'torch.Size': ([items]) => new PyTuple(itemsOf(items)),
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_tensor_v3': ([storage, offset, size, stride, , , type]) =>
    rebuildTensor([typed(storage, type), offset ?? null, size ?? null, stride ?? null]),
  'torch._utils._rebuild_parameter': ([tensor]) => rebuilt(tensor),
  'torch._utils._rebuild_parameter_with_state': ([tensor]) => rebuilt(tensor),
  'torch._tensor._rebuild_from_type_v2': ([rebuilder, , args]) => {
    const make =
      rebuilder instanceof PyName && Object.hasOwn(REBUILDERS, rebuilder.text)
        ? REBUILDERS[rebuilder.text]
        : undefined;
    if (make === undefined || rebuilder === undefined)
      throw new PickleError('has a tensor of a kind that is not read');
    return rebuilt(make(itemsOf(args)));
  },
};

/** `(storage, offset, size, stride, …)`, in elements. @throws PickleError when it does not lie in its storage */
function rebuildTensor([storage, offset, size, stride]: readonly PyValue[]): PyValue {
  if (!(storage instanceof Storage) || !isNatural(offset))
    throw new PickleError('has a tensor without a storage');
  const shape = naturals(size);
  const strides = naturals(stride);
  if (strides.length !== shape.length || shape.length > MAX_DIMENSIONS) {
    throw new PickleError('has a tensor whose strides do not fit its shape');
  }
  const count = shape.reduce((product, side) => product * side, 1);
  const last = shape.reduce((sum, side, i) => sum + (side - 1) * strides[i]!, offset);
  if (count > 0 && !(last < storage.length))
    throw new PickleError('has a tensor that goes beyond its storage');
  if (count > storage.length + MAX_REPEATED) {
    throw new PickleError('has a tensor that is far larger than the numbers it is made of');
  }
  return new TensorView(storage, offset, shape, strides);
}

function typed(storage: PyValue | undefined, type: PyValue | undefined): PyValue {
  const dtype = type instanceof PyName ? typeNamed(type.text) : null;
  if (!(storage instanceof Storage) || dtype === null)
    throw new PickleError('has a tensor of a type that is not read');
  const bytes = storage.length * elementBytes(storage.dtype);
  const start = storage.offset * elementBytes(storage.dtype);
  const size = elementBytes(dtype);
  if (start % size !== 0) throw new PickleError('has a tensor between the elements of its storage');
  return new Storage(storage.key, dtype, Math.floor(bytes / size), start / size);
}

function rebuilt(tensor: PyValue | undefined): PyValue {
  if (!(tensor instanceof TensorView)) throw new PickleError('has a parameter without a tensor');
  return tensor;
}

function dictOfPairs(pairs: PyValue | undefined): PyDict {
  const dict = new PyDict();
  if (pairs === undefined) return dict;
  for (const pair of itemsOf(pairs)) {
    const [key, value] = itemsOf(pair);
    if (key === undefined || value === undefined) throw new PickleError('has a key without a value');
    dict.entries.set(key, value);
  }
  return dict;
}

function itemsOf(value: PyValue | undefined): readonly PyValue[] {
  if (value instanceof PyTuple || value instanceof PyList) return value.items;
  throw new PickleError('calls a name with something that is no list');
}

function naturals(value: PyValue | undefined): number[] {
  return itemsOf(value).map((item) => {
    if (!isNatural(item)) throw new PickleError('has a tensor whose shape is none');
    return item;
  });
}

function isNatural(value: PyValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
