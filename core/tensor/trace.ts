/**
 * Records what a function does without computing it. While it runs once, every native call is noted with its
 * attributes and where its inputs came from, and answered with a tensor that has a shape and no values
 * (output-shapes.ts). Because gradients in tfjs are made of the same native calls, they are recorded too. A call
 * that depends on neither state nor inputs is computed there and then, and its result is a constant.
 */
import { checkResult, type InputSpec, type ProgramFunction, type Tensors } from './program.ts';
import { runPurely } from './pure.ts';
import { neededOf, type RecordedFunction } from './recorded-graph.ts';
import { Recorder } from './recorder.ts';

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
): RecordedFunction {
  const recorded = runPurely(name, () => {
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
      name,
      precision: definition.precision ?? 'float32',
      inputs: new Map(Object.entries(definition.inputs)),
      ops: recorder.ops,
      outputs: sources(result.outputs ?? {}),
      state: sources(result.state ?? {}),
    };
  });
  checkUse(recorded);
  return recorded;
}

/** @throws Error naming an input without effect, or a result that is the same whatever goes in */
function checkUse(recorded: RecordedFunction): void {
  const { name, inputs, outputs, state } = recorded;
  const used = neededOf(recorded).inputs;
  const unused = [...inputs.keys()].filter((input) => !used.has(input));
  if (unused.length > 0) throw new Error(`${name} makes no use of its input ${unused.join(', ')}`);
  for (const [what, results] of [
    ['output', outputs],
    ['new state', state],
  ] as const) {
    for (const [key, { kind }] of results) {
      if (kind === 'constant')
        throw new Error(`${what} ${key} of ${name} is a constant: it depends on neither state nor inputs`);
    }
  }
}
