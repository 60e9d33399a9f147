/**
 * A program is a set of functions over one shared, named state of tensors, written with ordinary
 * TensorFlow.js operations. It runs in two ways with the same results: operation by operation
 * (eager.ts, the reference) or as one native call a function (compile.ts).
 */
import { elementCount } from '../shape.ts';
import type { Precision } from './recorded-graph.ts';
import type { tf } from './tf.ts';

export type Tensors = Record<string, tf.Tensor>;

export type NumberArray = Float32Array | Int32Array;

/** The numbers of one tensor outside TensorFlow. The array's type is the tensor's. */
export interface HostTensor {
  shape: number[];
  data: NumberArray;
}

export interface InputSpec {
  /** The first length of a function's input may be {@link ANY}. */
  shape: readonly number[];
  dtype: 'float32' | 'int32';
}

/** As first length of an input: the size of the batch, which may be any and is the same for all such inputs of a call. */
export const ANY = -1;

export interface FunctionResult {
  /** Values to hand to the caller, float32 or int32. */
  outputs?: Tensors;
  /** New values of some of the state, by name; same shape and type. All are computed from the state as it was. */
  state?: Tensors;
}

export interface ProgramFunction {
  inputs: Readonly<Record<string, InputSpec>>;
  /** Of convolutions and matrix products, when compiled; operation by operation all is float32. Default: `float32`. */
  precision?: Precision;
  /**
   * A pure function of state and inputs: no `Math.random`, no reading of tensor values (`dataSync`), no
   * assigning to variables made outside. Whatever it computes in JavaScript is fixed when it is compiled.
   */
  run(state: Tensors, inputs: Tensors): FunctionResult;
}

/** What one call of a function computes. */
export interface FunctionSummary {
  /** Number of native operations of each type. */
  ops: Record<string, number>;
  /**
   * Operations of convolutions and matrix products, one for each product and each sum; of a function for any batch,
   * those for the first of `RECORDED_BATCHES`.
   */
  flops: number;
}

export interface Program {
  /**
   * Runs a function and gives its outputs.
   * @throws Error naming an input that is missing, unknown, or of the wrong length or type.
   */
  call(name: string, inputs: Readonly<Record<string, NumberArray>>): Record<string, HostTensor>;
  /** What a call of a function amounts to. @throws Error when there is no function of that name */
  summary(name: string): FunctionSummary;
  /** Copies of the state, or of the part named. */
  readState(names?: readonly string[]): Record<string, HostTensor>;
  /** Replaces part of the state. The arrays are copied. */
  writeState(values: Readonly<Record<string, NumberArray>>): void;
  /** Frees the state. The program cannot be used afterwards. */
  dispose(): void;
}

export type Initial = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: NumberArray }>
>;
export type ProgramFunctions = Readonly<Record<string, ProgramFunction>>;

export function dtypeOf(data: NumberArray): InputSpec['dtype'] {
  return data instanceof Float32Array ? 'float32' : 'int32';
}

/** @throws Error when `data` does not have the type and number of elements of `spec`; `what` names it. */
export function checkArray(what: string, spec: InputSpec, data: NumberArray): void {
  const type = spec.dtype === 'float32' ? Float32Array : Int32Array;
  if (!(data instanceof type)) throw new Error(`${what} must be a ${type.name}`);
  const count = elementCount(spec.shape);
  if (data.length !== count) {
    throw new Error(
      `${what} must have ${count} elements (shape [${spec.shape.join(', ')}]), not ${data.length}`,
    );
  }
}

/** A function's inputs for a batch of that size. */
export function inputsFor(
  specs: Readonly<Record<string, InputSpec>>,
  batch: number,
): Record<string, InputSpec> {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, specFor(spec, batch)]));
}

function specFor(spec: InputSpec, batch: number): InputSpec {
  return spec.shape[0] === ANY ? { ...spec, shape: [batch, ...spec.shape.slice(1)] } : spec;
}

/** One input of a call. */
export interface InputValue {
  readonly name: string;
  /** With the size of the batch that `data` has. */
  readonly spec: InputSpec;
  readonly data: NumberArray;
}

/** Checks a call's inputs against a function's and gives them in the order of its specification. */
export function orderedInputs(
  functionName: string,
  specs: readonly (readonly [string, InputSpec])[],
  inputs: Readonly<Record<string, NumberArray>>,
): InputValue[] {
  let batch: number | null = null;
  const ordered = specs.map(([name, spec]) => {
    const data = inputs[name];
    if (data === undefined) throw new Error(`${functionName} needs the input ${name}`);
    if (spec.shape[0] === ANY)
      batch ??= Math.max(1, Math.floor(data.length / elementCount(spec.shape.slice(1))));
    const known = specFor(spec, batch ?? 1);
    checkArray(`input ${name} of ${functionName}`, known, data);
    return { name, spec: known, data };
  });
  if (Object.keys(inputs).length !== specs.length) {
    const known = new Set(specs.map(([name]) => name));
    const unknown = Object.keys(inputs).filter((name) => !known.has(name));
    throw new Error(`${functionName} has no input ${unknown.join(', ')}`);
  }
  return ordered;
}

/** The shape and type of each state tensor. @throws Error naming a value whose length does not fit its shape. */
export function stateSpecs(initial: Initial): Map<string, InputSpec> {
  return new Map(
    Object.entries(initial).map(([name, { shape, data }]) => {
      const spec: InputSpec = { shape: [...shape], dtype: dtypeOf(data) };
      checkArray(`state ${name}`, spec, data);
      return [name, spec];
    }),
  );
}

/** @throws Error naming state that does not exist. */
export function specOf(specs: ReadonlyMap<string, InputSpec>, name: string): InputSpec {
  const spec = specs.get(name);
  if (spec === undefined) throw new Error(`there is no state ${name}`);
  return spec;
}

/** @throws Error naming a result that cannot leave a function: new state of another shape or type, a bool output. */
export function checkResult(
  functionName: string,
  result: FunctionResult,
  specs: ReadonlyMap<string, InputSpec>,
): void {
  for (const [name, tensor] of Object.entries(result.state ?? {})) {
    const spec = specOf(specs, name);
    if (tensor.dtype !== spec.dtype || tensor.shape.join() !== spec.shape.join()) {
      throw new Error(
        `${functionName} would change state ${name} from ${describe(spec)} to ${describe(tensor)}, ` +
          'but the shape and type of state are fixed',
      );
    }
  }
  for (const [name, { dtype }] of Object.entries(result.outputs ?? {})) {
    if (dtype !== 'float32' && dtype !== 'int32') {
      throw new Error(`output ${name} of ${functionName} is ${dtype}; cast it to float32 or int32`);
    }
  }
}

function describe(tensor: { dtype: string; shape: readonly number[] }): string {
  return `${tensor.dtype} [${tensor.shape.join(', ')}]`;
}

/** A tensor by name. @throws Error when there is none of that name. */
export function tensorNamed<T extends tf.Tensor>(tensors: Readonly<Tensors>, name: string): T {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the program has no tensor named ${name}`);
  return tensor as T;
}
