/**
 * Records what a function does without computing it. While it runs once, every native call is noted with its
 * attributes and where its inputs came from, and answered with a tensor that has a shape and no values
 * (output-shapes.ts). Because gradients in tfjs are made of the same native calls, they are recorded too. A call
 * that depends on neither state nor inputs is computed there and then, and its result is a constant.
 */
import { elementCount } from '../shape.ts';
import type { TensorInfo } from '@tensorflow/tfjs-node-gpu';
import type { TFEOpAttr } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { callSite, withDeepStacks } from './call-site.ts';
import { fromNativeAttrs, tfTypeName, tfTypes, type OpAttrs, type TfTypeName } from './op-attr.ts';
import { outputsOf, SHAPED_BY_VALUES, type OutputInfo } from './output-shapes.ts';
import { checkResult, type InputSpec, type ProgramFunction, type Tensors } from './program.ts';
import { runPurely } from './pure.ts';
import { nativeBackend, tf } from './tf.ts';

/** A tensor whose values are known when the function is recorded. */
export interface ConstantValue {
  readonly kind: 'constant';
  readonly dtype: TfTypeName;
  readonly shape: readonly number[];
  /** All elements, or one that stands for all where all are the same (to the bit). */
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** Where a tensor of the recorded function comes from. */
export type Source =
  | {
      readonly kind: 'state' | 'input';
      readonly name: string;
      readonly dtype: TfTypeName;
      readonly shape: readonly number[];
    }
  | ConstantValue
  | {
      readonly kind: 'op';
      readonly op: RecordedOp;
      readonly output: number;
      readonly dtype: TfTypeName;
      readonly shape: readonly number[];
    };

/** One native call that depends on state or inputs. */
export interface RecordedOp {
  readonly name: string;
  readonly attrs: OpAttrs;
  readonly inputs: readonly Source[];
  /** Shape of each output. */
  readonly shapes: readonly (readonly number[])[];
  /** Where in the sources it was called, when that was asked for. */
  readonly site?: string | null;
}

export interface Trace {
  /** In the order of the calls. */
  readonly ops: readonly RecordedOp[];
  readonly outputs: ReadonlyMap<string, Source>;
  readonly state: ReadonlyMap<string, Source>;
}

/** What the backend knows of one tensor's data. */
interface StoredTensor {
  shape: number[];
  dtype: number;
  /** Values not yet handed to TensorFlow. */
  values: unknown;
  /** Of the tensor in TensorFlow; −1 for none. */
  id: number;
}

/** The parts of the backend that its types declare private. */
interface BackendInternals {
  tensorMap: { get(dataId: object): StoredTensor; has(dataId: object): boolean };
  createOutputTensor(metadata: { id: number; shape: number[]; dtype: number }): tf.Tensor;
}

/** Operations with a random generator of their own: their draws would depend on what was drawn before. */
const RANDOM_STATE = /^(Multinomial|Random|TruncatedNormal|ParameterizedTruncatedNormal)/;

/**
 * Runs `definition` once on tensors without values and gives what it did. No tensor outlives the call.
 * @param withSites notes where each operation was called, which takes longer
 * @throws Error naming the function, and where in the sources, when it reads values that depend on state or inputs,
 * draws random numbers in other ways than from a seed among its inputs, changes a shape of the state, uses
 * variables from outside, makes a native call that cannot be recorded, or makes no use of an input.
 */
export function traceFunction(
  name: string,
  definition: ProgramFunction,
  specs: ReadonlyMap<string, InputSpec>,
  withSites = false,
): Trace {
  const trace = runPurely(name, () => {
    const recorder = new Recorder(name, withSites);
    const state: Tensors = {};
    for (const [key, spec] of specs) state[key] = recorder.define('state', key, spec);
    const inputs: Tensors = {};
    for (const [key, spec] of Object.entries(definition.inputs))
      inputs[key] = recorder.define('input', key, spec);
    const result = recorder.record(() => definition.run(state, inputs));
    checkResult(name, result, specs);
    const sources = (tensors: Tensors) =>
      new Map(Object.entries(tensors).map(([key, tensor]) => [key, recorder.sourceOf(tensor)]));
    return {
      ops: recorder.ops,
      outputs: sources(result.outputs ?? {}),
      state: sources(result.state ?? {}),
    };
  });
  checkUse(name, Object.keys(definition.inputs), trace);
  return trace;
}

/** The calls that an output or new state depends on, and the inputs they use. */
export function neededOf({ outputs, state }: Trace): { ops: Set<RecordedOp>; inputs: Set<string> } {
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

/** @throws Error naming an input without effect, or a result that is the same whatever goes in */
function checkUse(name: string, inputs: readonly string[], trace: Trace): void {
  const used = neededOf(trace).inputs;
  const unused = inputs.filter((input) => !used.has(input));
  if (unused.length > 0) throw new Error(`${name} makes no use of its input ${unused.join(', ')}`);
  for (const [what, results] of [
    ['output', trace.outputs],
    ['new state', trace.state],
  ] as const) {
    for (const [key, { kind }] of results) {
      if (kind === 'constant')
        throw new Error(`${what} ${key} of ${name} is a constant: it depends on neither state nor inputs`);
    }
  }
}

class Recorder {
  readonly ops: RecordedOp[] = [];
  // Clones and variables share the data of the tensor they were made of, so data is the identity.
  readonly #sources = new Map<object, Source>();
  readonly #own = new WeakSet<Error>();
  readonly #functionName: string;
  readonly #withSites: boolean;
  readonly #backend = nativeBackend();
  readonly #internals = nativeBackend() as unknown as BackendInternals;
  readonly #outsideVariables = new Map(
    Object.entries(tf.engine().registeredVariables).map(([name, variable]) => [variable.dataId, name]),
  );

  constructor(functionName: string, withSites: boolean) {
    this.#functionName = functionName;
    this.#withSites = withSites;
  }

  /** A tensor of the state or an input. */
  define(kind: 'state' | 'input', name: string, { shape, dtype }: InputSpec): tf.Tensor {
    const tensor = this.#placeholder({ shape, dtype });
    this.#sources.set(tensor.dataId, { kind, name, dtype, shape });
    return tensor;
  }

  /** Where a tensor comes from; one that no recorded call made is a constant. */
  sourceOf(tensor: TensorInfo): Source {
    const { dataId } = tensor;
    if (!this.#internals.tensorMap.has(dataId)) {
      throw this.#error('uses a tensor that is disposed or of a kind that cannot be recorded');
    }
    const stored = this.#internals.tensorMap.get(dataId);
    if (stored.shape.join() !== tensor.shape.join()) {
      throw this.#error(
        `uses a tensor with shape [${tensor.shape.join()}] and data of [${stored.shape.join()}]`,
      );
    }
    let source = this.#sources.get(dataId);
    if (source === undefined) {
      const variable = this.#outsideVariables.get(dataId);
      if (variable !== undefined) {
        throw this.#error(
          `uses the variable ${variable}, the value of which compiling would freeze; make it part of the state or an input`,
        );
      }
      source = this.#constant(stored);
      this.#sources.set(dataId, source);
    }
    return source;
  }

  /** Runs `body` with the backend's calls recorded. */
  record<T>(body: () => T): T {
    const backend = this.#backend;
    const multiple = backend.executeMultipleOutputs.bind(backend);
    const readSync = backend.readSync.bind(backend);
    const createOutput = this.#internals.createOutputTensor.bind(backend);
    let expected = false;
    const call = (name: string, attrs: TFEOpAttr[], inputs: TensorInfo[], count: number): tf.Tensor[] => {
      expected = true;
      try {
        return this.#call(name, attrs, inputs, count, () => multiple(name, attrs, inputs, count));
      } finally {
        expected = false;
      }
    };
    const overrides = {
      executeSingleOutput: (name: string, attrs: TFEOpAttr[], inputs: TensorInfo[]) => {
        const [output] = call(name, attrs, inputs, 1);
        if (output === undefined) throw this.#error(`runs ${name}, which gave nothing`);
        return output;
      },
      executeMultipleOutputs: call,
      readSync: (dataId: object) => {
        this.#refuseDynamicRead(dataId);
        return readSync(dataId);
      },
      read: (dataId: object) => {
        this.#refuseDynamicRead(dataId);
        return Promise.resolve(readSync(dataId));
      },
      createOutputTensor: (metadata: Parameters<typeof createOutput>[0]) => {
        if (!expected) throw this.#error('makes a native call that cannot be recorded');
        return createOutput(metadata);
      },
    };
    Object.assign(backend, overrides);
    try {
      return withDeepStacks(body);
    } catch (error) {
      throw this.#located(error);
    } finally {
      // Uncovers the methods of the prototype again.
      for (const name of Object.keys(overrides)) Reflect.deleteProperty(backend, name);
    }
  }

  #call(
    name: string,
    attrs: TFEOpAttr[],
    inputs: TensorInfo[],
    count: number,
    run: () => tf.Tensor[],
  ): tf.Tensor[] {
    const sources = inputs.map((input) => this.sourceOf(input));
    if (RANDOM_STATE.test(name)) {
      throw this.#error(
        `runs ${name}, the numbers of which no seed decides; use statelessUniform and the like`,
      );
    }
    if (!sources.some(isDynamic)) {
      if (name.startsWith('Stateless')) {
        throw this.#error(`draws the same numbers in every call: the seed of ${name} comes from no input`);
      }
      return this.#explained(name, sources, run);
    }
    if (SHAPED_BY_VALUES.has(name)) {
      throw this.#error(`runs ${name}, the result of which has a shape that depends on values`);
    }
    const recorded = this.#explained(name, sources, () => fromNativeAttrs(attrs));
    const outputs = this.#explained(
      name,
      sources,
      () => outputsOf(name, recorded, sources) ?? this.#outputsOnZeros(name, attrs, sources, count),
    );
    const op: RecordedOp = {
      name,
      attrs: recorded,
      inputs: sources,
      shapes: outputs.map(({ shape }) => shape),
      ...(this.#withSites && { site: callSite(new Error()) }),
    };
    this.ops.push(op);
    return outputs.map(({ dtype, shape }, output) => {
      const tensor = this.#placeholder({ dtype, shape });
      this.#sources.set(tensor.dataId, { kind: 'op', op, output, dtype, shape });
      return tensor;
    });
  }

  /** What an operation without a rule gives, from running it once with zeros for what is not known. */
  #outputsOnZeros(name: string, attrs: TFEOpAttr[], sources: readonly Source[], count: number): OutputInfo[] {
    const { binding } = this.#backend;
    const handles: number[] = [];
    try {
      for (const source of sources) {
        const data = source.kind === 'constant' ? allElements(source) : zeros(source);
        handles.push(binding.createTensor([...source.shape], tfTypes[source.dtype], data));
      }
      const inputs = [...handles];
      const outputs = binding.executeOp(name, attrs, inputs, count);
      handles.push(...outputs.map(({ id }) => id));
      return outputs.map(({ shape, dtype }) => ({ shape, dtype: tfTypeName(dtype) }));
    } finally {
      for (const handle of handles) binding.deleteTensor(handle);
    }
  }

  /** A tensor with a shape and no values. */
  #placeholder({ dtype, shape }: OutputInfo): tf.Tensor {
    return this.#internals.createOutputTensor({ id: -1, shape: [...shape], dtype: tfTypes[dtype] });
  }

  #constant({ values, shape, dtype: type, id }: StoredTensor): ConstantValue {
    const dtype = tfTypeName(type);
    const data = values ?? this.#backend.binding.tensorDataSync(id);
    if (!(data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array)) {
      throw this.#error(`uses a constant of type ${dtype}, which cannot be recorded`);
    }
    // A copy: the function may use its array again.
    return {
      kind: 'constant',
      dtype,
      shape: [...shape],
      data: data.slice(0, isUniform(data) ? 1 : undefined),
    };
  }

  #refuseDynamicRead(dataId: object): void {
    const source = this.#sources.get(dataId);
    if (source === undefined || !isDynamic(source)) return;
    const what =
      source.kind === 'op'
        ? `a result of ${source.op.name}`
        : source.kind === 'constant'
          ? ''
          : `${source.kind} ${source.name}`;
    throw this.#error(
      `reads the values of ${what} in JavaScript, which a compiled function cannot (dataSync, arraySync, print, ` +
        "tf.gather's check of its indices: for that one use executeOp('GatherV2', …))",
    );
  }

  /** @throws Error naming the operation and its inputs when `body` throws */
  #explained<T>(name: string, sources: readonly Source[], body: () => T): T {
    try {
      return body();
    } catch (error) {
      const shapes = sources.map(({ shape }) => `[${shape.join(', ')}]`).join(', ');
      throw this.#error(`runs ${name} on ${shapes}, which cannot be: ${messageOf(error)}`, error);
    }
  }

  #error(what: string, cause?: unknown): Error {
    const error = new Error(what, { cause });
    const site = callSite(error);
    error.message = `${this.#functionName} ${what}${site === null ? '' : ` (${site})`}`;
    this.#own.add(error);
    return error;
  }

  /** An error that came from elsewhere while the function ran, with the function's name and where it was. */
  #located(error: unknown): unknown {
    if (!(error instanceof Error) || this.#own.has(error)) return error;
    const site = callSite(error);
    if (site === null) return error;
    return new Error(`${this.#functionName} cannot be compiled: ${error.message} (${site})`, {
      cause: error,
    });
  }
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^Invalid TF_Status: \d+\nMessage: /, '');
}

function isDynamic(source: Source): boolean {
  return source.kind !== 'constant';
}

function isUniform(data: ConstantValue['data']): boolean {
  const bits =
    data instanceof Float32Array ? new Int32Array(data.buffer, data.byteOffset, data.length) : data;
  const [first] = bits;
  return bits.every((value) => value === first);
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

function zeros({ dtype, shape }: Source): ConstantValue['data'] {
  const count = elementCount(shape);
  if (dtype === 'float32') return new Float32Array(count);
  if (dtype === 'int32') return new Int32Array(count);
  if (dtype === 'bool') return new Uint8Array(count);
  throw new Error(`a tensor of type ${dtype} cannot be made`);
}
