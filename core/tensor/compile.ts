import { buildGraph } from './graph.ts';
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
import { loadGraph } from './saved-model.ts';
import { nativeBackend } from './tf.ts';
import { traceFunction } from './trace.ts';

export interface CompileOptions {
  /** Leaves the SavedModel in this folder, for a look at the graph. */
  dumpDir?: string;
}

/**
 * Compiles a program: each function is run once under a recorder (which takes the memory of one eager run)
 * and from then on is one native call. All functions share one session and its state, so no weights are copied
 * between them. The first call of each function is slow: TensorFlow optimises its graph then.
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
  const traced = new Map(
    Object.entries(functions).map(([name, definition]) => {
      if (!/^[A-Za-z]\w*$/.test(name)) throw new Error(`a function cannot be called ${name}`);
      const trace = traceFunction(name, definition, specs, initial);
      if (trace.outputs.size + trace.state.size === 0)
        throw new Error(`${name} gives neither outputs nor state`);
      const { inputs, precision = 'float32' } = definition;
      return [name, { inputs, trace, precision }] as const;
    }),
  );
  const graph = buildGraph(specs, traced);
  const session = new Session(loadGraph(graph.nodes, options.dumpDir));
  const calls = new Map(
    [...graph.functions].map(([name, { feeds, outputs, done }]) => [
      name,
      {
        inputs: Object.entries(functions[name]?.inputs ?? {}),
        feeds: [...feeds.values()].join(),
        outputNames: [...outputs.keys()],
        fetches: [...outputs.values(), ...(done === null ? [] : [done])].join(),
      },
    ]),
  );

  const program: Program = {
    call(name, inputs) {
      const call = calls.get(name);
      if (call === undefined) throw new Error(`there is no function ${name}`);
      const values = orderedInputs(name, call.inputs, inputs);
      const inputSpecs = call.inputs.map(([, spec]) => spec);
      return session.run(inputSpecs, values, call.feeds, call.fetches, call.outputNames);
    },
    summary(name) {
      const endpoints = graph.functions.get(name);
      if (endpoints === undefined) throw new Error(`there is no function ${name}`);
      return endpoints.summary;
    },
    readState(names = [...specs.keys()]) {
      if (names.length === 0) return {};
      const fetches = names.map((name) => {
        specOf(specs, name);
        return graph.state.get(name)?.value;
      });
      return session.run([], [], '', fetches.join(), names);
    },
    writeState(values) {
      const entries = Object.entries(values);
      if (entries.length === 0) return;
      const endpoints = entries.map(([name, data]) => {
        checkArray(`state ${name}`, specOf(specs, name), data);
        return graph.state.get(name);
      });
      session.run(
        entries.map(([name]) => specOf(specs, name)),
        entries.map(([, data]) => data),
        endpoints.map((endpoint) => endpoint?.feed).join(),
        endpoints.map((endpoint) => endpoint?.done).join(),
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
    specs: readonly InputSpec[],
    values: readonly NumberArray[],
    feeds: string,
    fetches: string,
    outputNames: readonly string[],
  ): Record<string, HostTensor> {
    if (this.#id === null) throw new Error('the program is disposed');
    const binding = this.#binding;
    const handles: number[] = [];
    try {
      values.forEach((data, i) => {
        const spec = specs[i];
        if (spec === undefined) throw new Error('more values than specifications');
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
