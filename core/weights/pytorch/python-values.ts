/** What a pickle is made of, as far as files of weights need it. Nothing here is a class or a function of the file's choice. */
import type { StorageDtype } from './storage-dtypes.ts';

/** `module.name` that the file refers to. It is a text: nothing is looked up or called by it. */
export class PyName {
  constructor(readonly text: string) {}
}

export class PyTuple {
  constructor(readonly items: readonly PyValue[]) {}
}

/** A list or a set. */
export class PyList {
  constructor(readonly items: PyValue[]) {}
}

/** A dictionary, ordered or not; attributes that it has beside its entries are dropped. */
export class PyDict {
  readonly entries = new Map<PyValue, PyValue>();
}

/** Numbers of one type in the file, which tensors look at. */
export class Storage {
  constructor(
    /** Names its bytes in the file. */
    readonly key: string,
    readonly dtype: StorageDtype,
    /** In elements. */
    readonly length: number,
    /** Of the storage that it is a part of, in elements; only the older layout has such. */
    readonly offset = 0,
  ) {}
}

/** A look at a storage. Its numbers lie within it: checked when it is made. */
export class TensorView {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** What some name of the file would have made, had it been called. */
export class NotMade {
  constructor(readonly name: string) {}
}

export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyName
  | PyTuple
  | PyList
  | PyDict
  | Storage
  | TensorView
  | NotMade;
