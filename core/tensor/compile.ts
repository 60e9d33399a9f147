import { loadProgram, type GraphOptions } from './load-graph.ts';
import {
  checkArray,
  orderedInputs,
  specOf,
  stateSpecs,
  type HostTensor,
  type Initial,
  type InputSpec,
  type NumberArray,
  type Program,
  type ProgramFunctions,
} from './program.ts';
import { nativeBackend } from './tf.ts';

export type CompileOptions = GraphOptions;

/**
 * Compiles a program: each function is recorded once, without computing anything, and from then on is one native
 * call. All functions share one session and its state, so no weights are copied between them. The first call of
 * each function is slow: TensorFlow optimises its graph then.
 *
 * A call that fails on the way (out of memory) may leave part of the new state assigned.
 * @throws Error naming the function and the operation that cannot be compiled; see `traceFunction`.
 */
export function compileProgram(
  initial: Initial,
  functions: ProgramFunctions,
  options: CompileOptions = {},
): Program {
  const specs = stateSpecs(initial);
  for (const name of Object.keys(functions)) {
    if (!/^[A-Za-z]\w*$/.test(name) || name === 'readState' || name === 'writeState')
      throw new Error(`a function cannot be called ${name}`);
  }
  const { session: id, endpoints } = loadProgram(specs, functions, options);
  const session = new Session(id);
  const calls = new Map(
    Object.entries(endpoints.functions).map(([name, { feeds, outputs, done }]) => [
      name,
      {
        inputs: Object.entries(functions[name]?.inputs ?? {}),
        feeds: Object.values(feeds).join(),
        outputNames: Object.keys(outputs),
        fetches: [...Object.values(outputs), ...(done === null ? [] : [done])].join(),
      },
    ]),
  );

  const program: Program = {
    call(name, inputs) {
      const call = calls.get(name);
      if (call === undefined) throw new Error(`there is no function ${name}`);
      const values = orderedInputs(name, call.inputs, inputs);
      return session.run(values, call.feeds, call.fetches, call.outputNames);
    },
    summary(name) {
      const found = endpoints.functions[name];
      if (found === undefined) throw new Error(`there is no function ${name}`);
      return found.summary;
    },
    readState(names = [...specs.keys()]) {
      if (names.length === 0) return {};
      const fetches = names.map((name) => {
        specOf(specs, name);
        return endpoints.state[name]?.value;
      });
      return session.run([], '', fetches.join(), names);
    },
    writeState(values) {
      const entries = Object.entries(values);
      if (entries.length === 0) return;
      const places = entries.map(([name]) => endpoints.state[name]);
      session.run(
        entries.map(([name, data]) => {
          const spec = specOf(specs, name);
          checkArray(`state ${name}`, spec, data);
          return { spec, data };
        }),
        places.map((place) => place?.feed).join(),
        places.map((place) => place?.done).join(),
        [],
      );
    },
    dispose() {
      session.dispose();
    },
  };
  try {
    program.writeState(Object.fromEntries(Object.entries(initial).map(([name, { data }]) => [name, data])));
  } catch (error) {
    program.dispose();
    throw error;
  }
  return program;
}

/** A loaded graph with its variables. Works on the binding itself: tfjs would keep books on every tensor. */
class Session {
  readonly #binding = nativeBackend().binding;
  #id: number | null;

  constructor(id: number) {
    this.#id = id;
  }

  /**
   * One native call.
   * @param feeds `node:output` of each value, joined by commas; `fetches` likewise
   * @param outputNames names of the first fetches; what else is fetched is only run
   */
  run(
    values: readonly { spec: InputSpec; data: NumberArray }[],
    feeds: string,
    fetches: string,
    outputNames: readonly string[],
  ): Record<string, HostTensor> {
    if (this.#id === null) throw new Error('the program is disposed');
    const binding = this.#binding;
    const handles: number[] = [];
    try {
      values.forEach(({ spec, data }) => {
        const type = spec.dtype === 'float32' ? binding.TF_FLOAT : binding.TF_INT32;
        handles.push(binding.createTensor([...spec.shape], type, data));
      });
      const inputs = [...handles];
      const results = binding.runSavedModel(this.#id, inputs, feeds, fetches);
      handles.push(...results.map(({ id }) => id));
      const outputs: Record<string, HostTensor> = {};
      outputNames.forEach((name, i) => {
        const result = results[i];
        if (result === undefined) throw new Error(`no value came back for ${name}`);
        const data = binding.tensorDataSync(result.id);
        if (data instanceof Uint8Array) throw new Error(`${name} has a type that cannot be read`);
        outputs[name] = { shape: result.shape, data };
      });
      return outputs;
    } finally {
      for (const handle of handles) binding.deleteTensor(handle);
    }
  }

  dispose(): void {
    if (this.#id === null) return;
    this.#binding.deleteSavedModel(this.#id);
    this.#id = null;
  }
}
