/**
 * A program's functions as they were recorded: native calls in their order, each with its attributes and where its
 * inputs come from. Recording makes them (trace.ts); a TensorFlow graph, a count of the work and a printed form are
 * made from them.
 */
import { elementCount } from '../shape.ts';
import type { OpAttrs, TfTypeName } from './op-attr.ts';

/**
 * Type of the factors of convolutions and matrix products. TensorFlow's kernels add up in float32 either way; all
 * other operations stay in float32.
 */
export type Precision = 'float32' | 'bfloat16';

/** Type and shape of a tensor; of a function for any batch, −1 stands for the size of the batch. */
export interface TensorSpec {
  readonly dtype: TfTypeName;
  readonly shape: readonly number[];
}

/** A tensor whose values are known when the function is recorded. */
export interface ConstantValue extends TensorSpec {
  readonly kind: 'constant';
  /** All elements, or one that stands for all where all are the same (to the bit). */
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** A tensor of the state or an input, by its name. */
export interface NamedSource extends TensorSpec {
  readonly kind: 'state' | 'input';
  readonly name: string;
}

/** One of an operation's outputs. */
export interface OpOutput extends TensorSpec {
  readonly kind: 'op';
  readonly op: RecordedOp;
  readonly output: number;
}

/** Where a tensor of a recorded function comes from. */
export type Source = NamedSource | ConstantValue | OpOutput;

/** One native call that depends on state or inputs. */
export interface RecordedOp {
  readonly name: string;
  readonly attrs: OpAttrs;
  readonly inputs: readonly Source[];
  /** Type and shape of each output. */
  readonly outputs: readonly TensorSpec[];
  /** Where in the sources it was called, when that was asked for. */
  readonly site?: string | null;
}

export interface RecordedFunction {
  readonly name: string;
  /** Of its convolutions and matrix products. */
  readonly precision: Precision;
  readonly inputs: ReadonlyMap<string, TensorSpec>;
  /** In the order of the calls. */
  readonly ops: readonly RecordedOp[];
  readonly outputs: ReadonlyMap<string, Source>;
  /** New values of the state. */
  readonly state: ReadonlyMap<string, Source>;
}

/** The calls that an output or new state depends on, and the inputs they use. */
export function neededOf({ outputs, state }: Pick<RecordedFunction, 'outputs' | 'state'>): {
  ops: Set<RecordedOp>;
  inputs: Set<string>;
} {
  const ops = new Set<RecordedOp>();
  const inputs = new Set<string>();
  const open: Source[] = [...outputs.values(), ...state.values()];
  for (let source = open.pop(); source !== undefined; source = open.pop()) {
    if (source.kind === 'input') inputs.add(source.name);
    if (source.kind !== 'op' || ops.has(source.op)) continue;
    ops.add(source.op);
    open.push(...source.op.inputs);
  }
  return { ops, inputs };
}

/** The elements of a constant, one by one. */
export function allElements({ shape, data }: ConstantValue): ConstantValue['data'] {
  const count = elementCount(shape);
  if (data.length === count) return data;
  const all =
    data instanceof Float32Array
      ? new Float32Array(count)
      : data instanceof Int32Array
        ? new Int32Array(count)
        : new Uint8Array(count);
  return all.fill(data[0] ?? 0);
}
