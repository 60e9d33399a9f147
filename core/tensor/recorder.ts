/**
 * Stands between tfjs and TensorFlow while a function is recorded: notes each native call with its attributes and
 * where its inputs came from, and answers with tensors that have shapes and no values.
 */
import type { TensorInfo } from '@tensorflow/tfjs-node-gpu';
import type { TFEOpAttr } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { elementCount } from '../shape.ts';
import { callSite, withDeepStacks } from './call-site.ts';
import { fromNativeAttrs, tfTypeName, tfTypes } from './op-attr.ts';
import { outputsOf, SHAPED_BY_VALUES } from './output-shapes.ts';
import {
  allElements,
  type ConstantValue,
  type RecordedOp,
  type Source,
  type TensorSpec,
} from './recorded-graph.ts';
import { nativeBackend, tf } from './tf.ts';

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

export class Recorder {
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
  define(kind: 'state' | 'input', name: string, { shape, dtype }: TensorSpec): tf.Tensor {
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
      outputs,
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
  #outputsOnZeros(name: string, attrs: TFEOpAttr[], sources: readonly Source[], count: number): TensorSpec[] {
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
  #placeholder({ dtype, shape }: TensorSpec): tf.Tensor {
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

function zeros({ dtype, shape }: TensorSpec): ConstantValue['data'] {
  const count = elementCount(shape);
  if (dtype === 'float32') return new Float32Array(count);
  if (dtype === 'int32') return new Int32Array(count);
  if (dtype === 'bool') return new Uint8Array(count);
  throw new Error(`a tensor of type ${dtype} cannot be made`);
}
