import { recordFunction } from './any-batch.ts';
import { runPurely } from './pure.ts';
import {
  checkArray,
  checkResult,
  orderedInputs,
  specOf,
  stateSpecs,
  type HostTensor,
  type Initial,
  type NumberArray,
  type Program,
  type ProgramFunctions,
  type Tensors,
} from './program.ts';
import { summaryOf } from './summary.ts';
import { tf } from './tf.ts';

/**
 * Runs a program operation by operation: the reference for `compileProgram`. Slower, but its functions
 * can be stepped through, and may print tensors.
 * @throws Error naming a value of `initial` whose length does not fit its shape.
 */
export function eagerProgram(initial: Initial, functions: ProgramFunctions): Program {
  const specs = stateSpecs(initial);
  const state: Tensors = {};
  const replace = (name: string, value: tf.Tensor) => {
    state[name]?.dispose();
    state[name] = tf.keep(value);
  };
  const write = (name: string, data: NumberArray) => {
    const { shape, dtype } = specOf(specs, name);
    replace(name, newTensor(data, shape, dtype));
  };
  for (const [name, { data }] of Object.entries(initial)) write(name, data);

  return {
    call(name, inputs) {
      const definition = functions[name];
      if (definition === undefined) throw new Error(`there is no function ${name}`);
      const inputSpecs = Object.entries(definition.inputs);
      const values = orderedInputs(name, inputSpecs, inputs);
      return runPurely(name, () => {
        const tensors: Tensors = {};
        for (const { name: input, spec, data } of values)
          tensors[input] = newTensor(data, spec.shape, spec.dtype);
        const result = definition.run({ ...state }, tensors);
        checkResult(name, result, specs);
        // All new values are taken before any old one is freed: a function may swap two of them.
        const changed = Object.entries(result.state ?? {}).map(
          ([key, value]) => [key, tf.clone(value)] as const,
        );
        const outputs = toHost(result.outputs ?? {});
        for (const [key, value] of changed) replace(key, value);
        return outputs;
      });
    },
    summary(name) {
      const definition = functions[name];
      if (definition === undefined) throw new Error(`there is no function ${name}`);
      return summaryOf(recordFunction(name, definition, specs).ops);
    },
    readState(names = [...specs.keys()]) {
      return toHost(
        Object.fromEntries(
          names.map((name) => {
            specOf(specs, name);
            const value = state[name];
            if (value === undefined) throw new Error('the program is disposed');
            return [name, value];
          }),
        ),
      );
    },
    writeState(values) {
      for (const [name, data] of Object.entries(values))
        checkArray(`state ${name}`, specOf(specs, name), data);
      for (const [name, data] of Object.entries(values)) write(name, data);
    },
    dispose() {
      for (const [name, value] of Object.entries(state)) {
        value.dispose();
        Reflect.deleteProperty(state, name);
      }
    },
  };
}

/** A tensor of its own copy of `data`: tfjs would share the caller's array. */
function newTensor(
  data: NumberArray | readonly number[],
  shape: readonly number[],
  dtype: 'float32' | 'int32',
): tf.Tensor {
  return tf.tensor(dtype === 'float32' ? Float32Array.from(data) : Int32Array.from(data), [...shape], dtype);
}

function toHost(tensors: Tensors): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const data: NumberArray =
        tensor.dtype === 'int32'
          ? Int32Array.from(tensor.dataSync<'int32'>())
          : Float32Array.from(tensor.dataSync<'float32'>());
      return [name, { shape: [...tensor.shape], data }];
    }),
  );
}
