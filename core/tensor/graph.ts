/**
 * From recorded functions to the nodes of one TensorFlow graph: state as resource variables that all functions
 * share, inputs as placeholders, recorded calls as nodes.
 */
import { GraphBuilder, known, withInferredTypes, type Variable } from './graph-builder.ts';
import { isFloatProduct, type Bfloat16Kernels } from './products.ts';
import type { FunctionSummary } from './program.ts';
import {
  neededOf,
  type RecordedFunction,
  type RecordedOp,
  type Source,
  type TensorSpec,
} from './recorded-graph.ts';
import type { GraphNode, Signature, SignatureTensor } from './saved-model.ts';
import { summaryOf } from './summary.ts';

/** What to feed and fetch for a function, as `node:output`. */
export interface Endpoints {
  /** By the name of the input. */
  readonly feeds: Readonly<Record<string, string>>;
  /** By the name of the output. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Fetching it runs all assignments; null when the function changes no state. */
  readonly done: string | null;
  /** What one call computes. */
  readonly summary: FunctionSummary;
}

/** How to read and write one state tensor. */
export interface StateEndpoints {
  readonly value: string;
  readonly feed: string;
  /** Fetching it assigns what is fed. */
  readonly done: string;
}

/** How to use a graph; plain values, so that it can be kept as JSON. */
export interface ProgramEndpoints {
  readonly functions: Readonly<Record<string, Endpoints>>;
  readonly state: Readonly<Record<string, StateEndpoints>>;
}

export interface ProgramGraph {
  readonly nodes: readonly GraphNode[];
  readonly endpoints: ProgramEndpoints;
  /** The same for other tools: the functions, `readState` and `writeState`. */
  readonly signatures: ReadonlyMap<string, Signature>;
}

/**
 * The graph of a whole program. Only calls that an output or new state depends on are in it.
 *
 * @param bfloat16 how the products of functions in that precision are computed
 */
export function buildGraph(
  specs: ReadonlyMap<string, TensorSpec>,
  functions: readonly RecordedFunction[],
  bfloat16: Bfloat16Kernels,
): ProgramGraph {
  const builder = new GraphBuilder(bfloat16);
  const variables = new Map<string, Variable>();
  const state: Record<string, StateEndpoints> = {};
  for (const [name, spec] of specs) {
    const index = variables.size;
    const variable: Variable = { name, index, spec, handle: builder.variable(index, name, spec) };
    variables.set(name, variable);
    state[name] = stateEndpoints(builder, variable);
  }
  const endpoints: Record<string, Endpoints> = {};
  const signatures = stateSignatures(specs, state);
  for (const recorded of functions) {
    const found = addFunction(builder, recorded, variables);
    endpoints[recorded.name] = found;
    signatures.set(recorded.name, signatureOf(recorded, found));
  }
  return { nodes: builder.nodes, endpoints: { functions: endpoints, state }, signatures };
}

function stateEndpoints(builder: GraphBuilder, variable: Variable): StateEndpoints {
  const { index, spec } = variable;
  const value = `${builder.read(`read_${index}`, variable)}:0`;
  const input = builder.input(`write_${index}`, spec);
  const assign = builder.assign(`assign_${index}`, variable, input.value, []);
  return { value, feed: input.feed, done: builder.after(`written_${index}`, [assign]) };
}

function addFunction(
  builder: GraphBuilder,
  recorded: RecordedFunction,
  variables: ReadonlyMap<string, Variable>,
): Endpoints {
  const functionName = recorded.name;
  const feeds: Record<string, string> = {};
  const inputValues = new Map<string, string>();
  for (const [name, spec] of recorded.inputs) {
    const { feed, value } = builder.input(`${functionName}/input_${inputValues.size}`, spec);
    feeds[name] = feed;
    inputValues.set(name, value);
  }
  const reads = new Map<string, string>();
  const opNames = new Map<RecordedOp, string>();
  const ref = (source: Source): string => {
    switch (source.kind) {
      case 'constant':
        return builder.constant(source);
      case 'input':
        return known(inputValues.get(source.name));
      case 'op':
        return `${known(opNames.get(source.op))}:${source.output}`;
      case 'state': {
        // Read once, so that all uses see the value from before the assignments.
        let read = reads.get(source.name);
        if (read === undefined) {
          const variable = known(variables.get(source.name));
          read = builder.read(`${functionName}/state_${variable.index}`, variable);
          reads.set(source.name, read);
        }
        return `${read}:0`;
      }
    }
  };

  const needed = neededOf(recorded).ops;
  recorded.ops.forEach((op, index) => {
    if (!needed.has(op)) return;
    const name = `${functionName}/${index}_${op.name}`;
    const attrs = withInferredTypes(op);
    if (recorded.precision === 'bfloat16' && isFloatProduct(op)) {
      builder.product(name, op, op.inputs.map(ref), attrs);
    } else if (choosesState(op)) {
      builder.choice(name, op.inputs.map(ref), attrs);
    } else {
      builder.node(name, op.name, op.inputs.map(ref), attrs, op.site);
    }
    opNames.set(op, name);
  });

  // All sources first: a state that is only handed on to another one is read here.
  const newState = [...recorded.state].map(([name, source]) => ({ name, value: ref(source) }));
  const outputs = Object.fromEntries([...recorded.outputs].map(([name, source]) => [name, ref(source)]));
  const assigns = newState.map(({ name, value }) => {
    const variable = known(variables.get(name));
    const read = reads.get(name);
    return builder.assign(
      `${functionName}/assign_${variable.index}`,
      variable,
      value,
      read === undefined ? [] : [read],
    );
  });
  const done = assigns.length === 0 ? null : builder.after(`${functionName}/done`, assigns);
  const summary = summaryOf(recorded.ops.filter((op) => needed.has(op)));
  return { feeds, outputs, done, summary };
}

/** Whether one condition chooses between two whole variables, as between the weights and their average. */
function choosesState({ name, inputs: [condition, ...values] }: RecordedOp): boolean {
  return name === 'SelectV2' && condition?.shape.length === 0 && values.every(({ kind }) => kind === 'state');
}

function signatureOf(recorded: RecordedFunction, { feeds, outputs, done }: Endpoints): Signature {
  const tensors = (specs: ReadonlyMap<string, TensorSpec>, names: Readonly<Record<string, string>>) =>
    [...specs].map(([key, { shape, dtype }]) => [key, { name: known(names[key]), shape, dtype }] as const);
  return {
    inputs: new Map(tensors(recorded.inputs, feeds)),
    outputs: new Map([
      ...tensors(recorded.outputs, outputs),
      ...(done === null ? [] : [['done', doneTensor(done)] as const]),
    ]),
  };
}

function stateSignatures(
  specs: ReadonlyMap<string, TensorSpec>,
  state: Readonly<Record<string, StateEndpoints>>,
): Map<string, Signature> {
  if (specs.size === 0) return new Map();
  const tensors = (of: (endpoints: StateEndpoints) => string) =>
    new Map([...specs].map(([name, spec]) => [name, { ...spec, name: of(known(state[name])) }]));
  return new Map([
    ['readState', { inputs: new Map(), outputs: tensors(({ value }) => value) }],
    [
      'writeState',
      {
        inputs: tensors(({ feed }) => feed),
        outputs: new Map([...specs.keys()].map((name) => [name, doneTensor(known(state[name]).done)])),
      },
    ],
  ]);
}

/** What is fetched to have something done: an int32 scalar. */
function doneTensor(name: string): SignatureTensor {
  return { name, shape: [], dtype: 'int32' };
}
