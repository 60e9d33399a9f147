/**
 * From recorded functions to the nodes of one TensorFlow graph: state as resource variables that all functions
 * share, inputs as placeholders, recorded calls as nodes.
 */
import { createHash } from 'node:crypto';
import type { OpAttr, TfTypeName } from './op-attr.ts';
import { typeAttrsOfInputs } from './op-types.ts';
import { inBfloat16, isFloat, isFloatProduct, type Bfloat16Kernels, type Precision } from './products.ts';
import type { FunctionSummary, InputSpec } from './program.ts';
import type { Signature, SignatureTensor } from './saved-model.ts';
import { summaryOf } from './summary.ts';
import { neededOf, type ConstantValue, type RecordedOp, type Source, type Trace } from './trace.ts';

export type NodeAttr = OpAttr | { readonly tensor: ConstantValue };

/** A node of a graph. Inputs are `node:output`, or `^node` for a control edge (that node runs first). */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attrs: Readonly<Record<string, NodeAttr>>;
  /** Where in the sources the operation was called, when that was recorded. */
  readonly site?: string | null;
}

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
  specs: ReadonlyMap<string, InputSpec>,
  functions: ReadonlyMap<
    string,
    {
      readonly inputs: Readonly<Record<string, InputSpec>>;
      readonly trace: Trace;
      readonly precision?: Precision;
    }
  >,
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
  for (const [name, { inputs, trace, precision = 'float32' }] of functions) {
    const found = addFunction(builder, name, inputs, trace, variables, precision);
    endpoints[name] = found;
    signatures.set(name, signatureOf(inputs, trace, found));
  }
  return { nodes: builder.nodes, endpoints: { functions: endpoints, state }, signatures };
}

interface Variable {
  readonly name: string;
  readonly index: number;
  readonly spec: InputSpec;
  readonly handle: string;
}

class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly #constants = new Map<string, string>();
  readonly #factors = new Map<string, string>();
  readonly #bfloat16: Bfloat16Kernels;

  constructor(bfloat16: Bfloat16Kernels) {
    this.#bfloat16 = bfloat16;
  }

  /** Adds a node and gives its name. */
  node(
    name: string,
    op: string,
    inputs: readonly string[],
    attrs: GraphNode['attrs'],
    site: string | null = null,
  ): string {
    this.nodes.push({ name, op, inputs, attrs, site });
    return name;
  }

  variable(index: number, name: string, { shape, dtype }: InputSpec): string {
    const attrs = {
      dtype: { type: dtype },
      shape: { shape },
      // Names the variable's storage; without it all of one type would be the same.
      shared_name: { string: `${index}/${name}` },
    } as const;
    return `${this.node(`variable_${index}`, 'VarHandleOp', [], attrs)}:0`;
  }

  /**
   * A placeholder and a copy of what is fed to it. The copy is needed: TensorFlow would keep the caller's own
   * memory as the value of a variable that is assigned from it.
   */
  input(name: string, { shape, dtype }: InputSpec): { feed: string; value: string } {
    const feed = `${this.node(name, 'Placeholder', [], { dtype: { type: dtype }, shape: { shape } })}:0`;
    return { feed, value: `${this.node(`${name}_copy`, 'DeepCopy', [feed], { T: { type: dtype } })}:0` };
  }

  read(name: string, { handle, spec }: Variable): string {
    return this.node(name, 'ReadVariableOp', [handle], { dtype: { type: spec.dtype } });
  }

  assign(name: string, { handle, spec }: Variable, value: string, after: readonly string[]): string {
    const inputs = [handle, value, ...after.map((node) => `^${node}`)];
    return this.node(name, 'AssignVariableOp', inputs, { dtype: { type: spec.dtype } });
  }

  /** A value that is there once all of `nodes` ran. */
  after(name: string, nodes: readonly string[]): string {
    const zero = this.constant({ kind: 'constant', dtype: 'int32', shape: [], data: Int32Array.of(0) });
    const inputs = [zero, ...nodes.map((node) => `^${node}`)];
    return `${this.node(name, 'Identity', inputs, { T: { type: 'int32' } })}:0`;
  }

  cast(name: string, value: string, from: TfTypeName, to: TfTypeName): string {
    const attrs = { SrcT: { type: from }, DstT: { type: to }, Truncate: { bool: false } };
    return `${this.node(name, 'Cast', [value], attrs)}:0`;
  }

  /** A product of float32 tensors, its float factors and its result rounded to bfloat16. */
  product(name: string, op: RecordedOp, inputs: readonly string[], attrs: GraphNode['attrs']): void {
    const factors = inputs.map((value, index) =>
      isFloat(known(op.inputs[index])) ? this.#factor(value) : value,
    );
    if (this.#bfloat16 === 'native') {
      const product = this.node(`${name}_bfloat16`, op.name, factors, inBfloat16(attrs), op.site);
      this.cast(name, `${product}:0`, 'bfloat16', 'float32');
    } else {
      const product = this.node(`${name}_float32`, op.name, factors, attrs, op.site);
      const rounded = this.cast(`${name}_rounded`, `${product}:0`, 'float32', 'bfloat16');
      this.cast(name, rounded, 'bfloat16', 'float32');
    }
  }

  /** A float32 value as a factor of products in bfloat16; once for all of them. */
  #factor(value: string): string {
    let ref = this.#factors.get(value);
    if (ref === undefined) {
      const name = value.replace(':', '_');
      ref = this.cast(`${name}_rounded`, value, 'float32', 'bfloat16');
      if (this.#bfloat16 === 'rounded') ref = this.cast(`${name}_widened`, ref, 'bfloat16', 'float32');
      this.#factors.set(value, ref);
    }
    return ref;
  }

  /**
   * One of two values as it is, where SelectV2 makes a copy: a Switch lets a value through or not, and the Merge takes
   * the one that comes.
   */
  choice(
    name: string,
    [condition = '', then = '', otherwise = '']: readonly string[],
    attrs: GraphNode['attrs'],
  ): void {
    this.node(`${name}_then`, 'Switch', [then, condition], attrs);
    this.node(`${name}_else`, 'Switch', [otherwise, condition], attrs);
    this.node(name, 'Merge', [`${name}_else:0`, `${name}_then:1`], { ...attrs, N: { int: 2 } });
  }

  /** Equal constants become one node. */
  constant(value: ConstantValue): string {
    const { dtype, shape, data } = value;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${dtype} ${shape.join()} ${createHash('sha256').update(bytes).digest('base64')}`;
    let ref = this.#constants.get(key);
    if (ref === undefined) {
      const name = `constant_${this.#constants.size}`;
      ref = `${this.node(name, 'Const', [], { dtype: { type: dtype }, value: { tensor: value } })}:0`;
      this.#constants.set(key, ref);
    }
    return ref;
  }
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
  functionName: string,
  inputs: Readonly<Record<string, InputSpec>>,
  trace: Trace,
  variables: ReadonlyMap<string, Variable>,
  precision: Precision,
): Endpoints {
  const feeds: Record<string, string> = {};
  const inputValues = new Map<string, string>();
  for (const [name, spec] of Object.entries(inputs)) {
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

  const needed = neededOf(trace).ops;
  trace.ops.forEach((op, index) => {
    if (!needed.has(op)) return;
    const name = `${functionName}/${index}_${op.name}`;
    const attrs = withInferredTypes(op);
    if (precision === 'bfloat16' && isFloatProduct(op)) {
      builder.product(name, op, op.inputs.map(ref), attrs);
    } else if (choosesState(op)) {
      builder.choice(name, op.inputs.map(ref), attrs);
    } else {
      builder.node(name, op.name, op.inputs.map(ref), attrs, op.site);
    }
    opNames.set(op, name);
  });

  // All sources first: a state that is only handed on to another one is read here.
  const newState = [...trace.state].map(([name, source]) => ({ name, value: ref(source) }));
  const outputs = Object.fromEntries([...trace.outputs].map(([name, source]) => [name, ref(source)]));
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
  const summary = summaryOf(trace.ops.filter((op) => needed.has(op)));
  return { feeds, outputs, done, summary };
}

/** Whether one condition chooses between two whole variables, as between the weights and their average. */
function choosesState({ name, inputs: [condition, ...values] }: RecordedOp): boolean {
  return name === 'SelectV2' && condition?.shape.length === 0 && values.every(({ kind }) => kind === 'state');
}

function signatureOf(
  inputs: Readonly<Record<string, InputSpec>>,
  trace: Trace,
  { feeds, outputs, done }: Endpoints,
): Signature {
  return {
    inputs: new Map(
      Object.entries(inputs).map(([name, { shape, dtype }]) => [
        name,
        { name: known(feeds[name]), shape, dtype },
      ]),
    ),
    outputs: new Map([
      ...[...trace.outputs].map(
        ([name, { shape, dtype }]) => [name, { name: known(outputs[name]), shape, dtype }] as const,
      ),
      ...(done === null ? [] : [['done', doneTensor(done)] as const]),
    ]),
  };
}

function stateSignatures(
  specs: ReadonlyMap<string, InputSpec>,
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

/** A recorded call's attributes with the types that eager execution takes from the inputs. */
function withInferredTypes(op: RecordedOp): GraphNode['attrs'] {
  const attrs: Record<string, OpAttr> = { ...op.attrs };
  typeAttrsOfInputs(op.name).forEach((name, i) => {
    const type: TfTypeName | undefined = op.inputs[i]?.dtype;
    if (name !== null && type !== undefined) attrs[name] ??= { type };
  });
  return attrs;
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('graph refers to a node that was not added');
  return value;
}
