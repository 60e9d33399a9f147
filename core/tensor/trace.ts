/**
 * Records what a function does. While it runs once, operation by operation, every native call is noted with its
 * attributes, where its inputs came from and what it gave. Because gradients in tfjs are made of the same
 * native calls, they are recorded too.
 */
import type { TensorInfo } from '@tensorflow/tfjs-node-gpu';
import type { TFEOpAttr } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { fromNativeAttrs, tfTypeName, type OpAttrs, type TfTypeName } from './op-attr.ts';
import {
  checkResult,
  type HostTensor,
  type InputSpec,
  type ProgramFunction,
  type Tensors,
} from './program.ts';
import { runPurely } from './pure.ts';
import { nativeBackend, tf } from './tf.ts';

/** A tensor whose values are known when the function is recorded. */
export interface ConstantValue {
  readonly kind: 'constant';
  readonly dtype: TfTypeName;
  readonly shape: readonly number[];
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

/** One native call. */
export interface RecordedOp {
  readonly name: string;
  readonly attrs: OpAttrs;
  readonly inputs: readonly Source[];
  /** Shape of each output. */
  readonly shapes: readonly (readonly number[])[];
  /** Whether the result depends on state or inputs, and so is unknown while recording. */
  readonly dynamic: boolean;
}

export interface Trace {
  /** In the order of execution. */
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
  id: number;
}

/** The parts of the backend that its types declare private. */
interface BackendInternals {
  tensorMap: { get(dataId: object): StoredTensor; has(dataId: object): boolean };
  createOutputTensor(metadata: unknown): tf.Tensor;
}

/**
 * Runs `definition` once on `initial` and zeros for inputs, and gives what it did. No tensor outlives the call.
 * @throws Error naming the function when it reads values that depend on state or inputs, draws random
 * numbers in JavaScript, changes a shape of the state, or makes a native call that cannot be recorded.
 */
export function traceFunction(
  name: string,
  definition: ProgramFunction,
  specs: ReadonlyMap<string, InputSpec>,
  initial: Readonly<Record<string, Pick<HostTensor, 'data'>>>,
): Trace {
  return runPurely(name, () => {
    const recorder = new Recorder(name);
    const state: Tensors = {};
    for (const [key, { shape, dtype }] of specs) {
      state[key] = tf.tensor(initial[key]?.data ?? [], [...shape], dtype);
      recorder.define(state[key], { kind: 'state', name: key, dtype, shape });
    }
    const inputs: Tensors = {};
    for (const [key, { shape, dtype }] of Object.entries(definition.inputs)) {
      inputs[key] = tf.zeros([...shape], dtype);
      recorder.define(inputs[key], { kind: 'input', name: key, dtype, shape });
    }
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
}

class Recorder {
  readonly ops: RecordedOp[] = [];
  // Clones and variables share the data of the tensor they were made of, so data is the identity.
  readonly #sources = new Map<object, Source>();
  readonly #functionName: string;
  readonly #backend = nativeBackend();
  readonly #internals = nativeBackend() as unknown as BackendInternals;

  constructor(functionName: string) {
    this.#functionName = functionName;
  }

  define(tensor: TensorInfo, source: Source): void {
    this.#sources.set(tensor.dataId, source);
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
      source = this.#constant(stored);
      this.#sources.set(dataId, source);
    }
    return source;
  }

  /** Runs `body` with the backend's calls recorded. */
  record<T>(body: () => T): T {
    const backend = this.#backend;
    const single = backend.executeSingleOutput.bind(backend);
    const multiple = backend.executeMultipleOutputs.bind(backend);
    const readSync = backend.readSync.bind(backend);
    const createOutput = this.#internals.createOutputTensor.bind(backend);
    let executing = false;
    const execute = (name: string, attrs: TFEOpAttr[], inputs: TensorInfo[], run: () => tf.Tensor[]) => {
      // Before the call: afterwards constants are only to be had from the device.
      const sources = inputs.map((input) => this.sourceOf(input));
      executing = true;
      try {
        const outputs = run();
        this.#note(name, attrs, sources, outputs);
        return outputs;
      } finally {
        executing = false;
      }
    };
    const overrides = {
      executeSingleOutput: (name: string, attrs: TFEOpAttr[], inputs: TensorInfo[]) => {
        const [output] = execute(name, attrs, inputs, () => [single(name, attrs, inputs)]);
        if (output === undefined) throw this.#error(`runs ${name}, which gave nothing`);
        return output;
      },
      executeMultipleOutputs: (name: string, attrs: TFEOpAttr[], inputs: TensorInfo[], count: number) =>
        execute(name, attrs, inputs, () => multiple(name, attrs, inputs, count)),
      readSync: (dataId: object) => {
        this.#refuseDynamicRead(dataId);
        return readSync(dataId);
      },
      read: (dataId: object) => {
        this.#refuseDynamicRead(dataId);
        return Promise.resolve(readSync(dataId));
      },
      createOutputTensor: (metadata: unknown) => {
        if (!executing) throw this.#error('makes a native call that cannot be recorded');
        return createOutput(metadata);
      },
    };
    Object.assign(backend, overrides);
    try {
      return body();
    } finally {
      // Uncovers the methods of the prototype again.
      for (const name of Object.keys(overrides)) Reflect.deleteProperty(backend, name);
    }
  }

  #note(name: string, attrs: TFEOpAttr[], inputs: Source[], outputs: tf.Tensor[]): void {
    const dynamic = inputs.some((source) => isDynamic(source));
    let recordedAttrs: OpAttrs;
    try {
      recordedAttrs = fromNativeAttrs(attrs);
    } catch (error) {
      throw this.#error(
        `runs ${name}, which cannot be recorded: ${error instanceof Error ? error.message : ''}`,
      );
    }
    const op: RecordedOp = {
      name,
      attrs: recordedAttrs,
      inputs,
      shapes: outputs.map(({ shape }) => [...shape]),
      dynamic,
    };
    this.ops.push(op);
    outputs.forEach((tensor, output) => {
      const dtype = tfTypeName(this.#internals.tensorMap.get(tensor.dataId).dtype);
      this.define(tensor, { kind: 'op', op, output, dtype, shape: [...tensor.shape] });
    });
  }

  #constant({ values, shape, dtype: type, id }: StoredTensor): ConstantValue {
    const dtype = tfTypeName(type);
    const data = values ?? this.#backend.binding.tensorDataSync(id);
    if (!(data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array)) {
      throw this.#error(`uses a constant of type ${dtype}, which cannot be recorded`);
    }
    // A copy: the function may use its array again.
    return { kind: 'constant', dtype, shape: [...shape], data: data.slice() };
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

  #error(what: string): Error {
    return new Error(`${this.#functionName} ${what}`);
  }
}

function isDynamic(source: Source): boolean {
  return source.kind === 'op' ? source.op.dynamic : source.kind !== 'constant';
}
