/** The types of PyTorch's storages. */
import type { TensorData } from '../../run/safetensors-dtypes.ts';
import { DTYPES } from '../../run/safetensors-dtypes.ts';

/** PyTorch's name of a storage → the type of its elements. */
const STORAGES = {
  FloatStorage: 'F32',
  DoubleStorage: 'F64',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
} as const;

/** PyTorch's name of a type, where a tensor says its own and its storage is `torch.storage.UntypedStorage`. */
const TYPES: Readonly<Record<string, StorageDtype>> = {
  float32: 'F32',
  float: 'F32',
  float64: 'F64',
  double: 'F64',
  float16: 'F16',
  half: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  long: 'I64',
  int32: 'I32',
  int: 'I32',
  int16: 'I16',
  short: 'I16',
  int8: 'I8',
  uint8: 'U8',
  uint16: 'U16',
  uint32: 'U32',
  uint64: 'U64',
  bool: 'BOOL',
};

export type StorageDtype = keyof typeof DTYPES;

/** The type of the storage that a name such as `torch.FloatStorage` stands for; null for another name. */
export function storageDtype(name: string): StorageDtype | null {
  const short = /^torch\.(?:storage\.)?(\w+)$/.exec(name)?.[1] ?? '';
  if (short === 'UntypedStorage') return 'U8';
  return Object.hasOwn(STORAGES, short) ? STORAGES[short as keyof typeof STORAGES] : null;
}

/** The type that a name such as `torch.float32` stands for; null for another name. */
export function typeNamed(name: string): StorageDtype | null {
  const short = /^torch\.(\w+)$/.exec(name)?.[1] ?? '';
  return Object.hasOwn(TYPES, short) ? TYPES[short]! : null;
}

/** Bytes of an element. */
export function elementBytes(dtype: StorageDtype): number {
  return DTYPES[dtype].bytes;
}

/** Elements from their bytes, which are the function's from here on. Half precision becomes float32. */
export function elementsOf(dtype: StorageDtype, bytes: ArrayBuffer, bigEndian: boolean): TensorData {
  const size = elementBytes(dtype);
  if (bigEndian && size > 1) {
    const whole = Buffer.from(bytes);
    if (size === 2) whole.swap16();
    else if (size === 4) whole.swap32();
    else whole.swap64();
  }
  return DTYPES[dtype].make(bytes);
}
