import { describe, expect, it } from 'vitest';
import { buildGraph, type GraphNode, type ProgramGraph } from './graph.ts';
import { stateSpecs, type Initial, type ProgramFunction } from './program.ts';
import { encodeSavedModel, loadGraph } from './saved-model.ts';
import { tf } from './tf.ts';
import { traceFunction } from './trace.ts';

const initial: Initial = { a: { shape: [100], data: new Float32Array(100) } };
const specs = stateSpecs(initial);

function graphOf(functions: Record<string, ProgramFunction>): ProgramGraph {
  return buildGraph(
    specs,
    new Map(
      Object.entries(functions).map(([name, definition]) => [
        name,
        { inputs: definition.inputs, trace: traceFunction(name, definition, specs, initial) },
      ]),
    ),
  );
}

const opsOf = (nodes: readonly GraphNode[], prefix: string) =>
  nodes.filter(({ name }) => name.startsWith(prefix)).map(({ op }) => op);

describe('buildGraph', () => {
  it('leaves out what nothing depends on', () => {
    const { nodes } = graphOf({
      f: {
        inputs: { unused: { shape: [1], dtype: 'float32' } },
        run: ({ a = tf.scalar(0) }) => {
          a.exp().sin();
          return { outputs: { y: a.cos() } };
        },
      },
    });
    expect(opsOf(nodes, 'f/')).toEqual(['Placeholder', 'DeepCopy', 'ReadVariableOp', 'Cos']);
  });

  it('shares variables and equal constants between functions', () => {
    const add = (value: number): ProgramFunction => ({
      inputs: {},
      run: ({ a = tf.scalar(0) }) => ({ state: { a: a.add(tf.fill([100], 0).add(tf.scalar(value))) } }),
    });
    const { nodes } = graphOf({ f: add(3), g: add(3), h: add(4) });
    const variables = nodes.filter(({ op }) => op === 'VarHandleOp');
    expect(variables.length).toBe(1);
    const scalars = nodes.flatMap(({ attrs }) => {
      const value = attrs['value'];
      return value !== undefined && 'tensor' in value && value.tensor.dtype === 'float32'
        ? [value.tensor.data[0]]
        : [];
    });
    expect(scalars.sort()).toEqual([0, 3, 4]);
  });

  it('reads state before it assigns it, and assigns before it is done', () => {
    const { nodes, functions } = graphOf({
      f: { inputs: {}, run: ({ a = tf.scalar(0) }) => ({ state: { a: a.mul(2) } }) },
    });
    const assign = nodes.find(({ name }) => name === 'f/assign_0');
    expect(assign?.inputs.at(-1)).toBe('^f/state_0');
    expect(functions.get('f')?.done).toBe('f/done:0');
    expect(nodes.find(({ name }) => name === 'f/done')?.inputs).toContain('^f/assign_0');
  });

  it('adds the types that eager execution infers', () => {
    const { nodes } = graphOf({
      f: { inputs: {}, run: ({ a = tf.scalar(0) }) => ({ outputs: { y: a.expandDims(0) } }) },
    });
    const node = nodes.find(({ op }) => op === 'ExpandDims');
    expect(node?.attrs).toEqual({ T: { type: 'float32' }, Tdim: { type: 'int32' } });
  });
});

describe('saved model', () => {
  it('stores a uniform constant as one value', () => {
    const constant = (data: Float32Array): GraphNode => ({
      name: 'c',
      op: 'Const',
      inputs: [],
      attrs: {
        dtype: { type: 'float32' },
        value: { tensor: { kind: 'constant', dtype: 'float32', shape: [data.length], data } },
      },
    });
    const uniform = new Float32Array(1000).fill(-0);
    expect(encodeSavedModel([constant(uniform)]).length).toBeLessThan(200);
    // Zero and minus zero are equal, but not the same.
    uniform[7] = 0;
    expect(encodeSavedModel([constant(uniform)]).length).toBeGreaterThan(4000);
  });

  it('passes on why TensorFlow refuses a graph', () => {
    const node: GraphNode = { name: 'broken', op: 'Neg', inputs: [], attrs: { T: { type: 'float32' } } };
    expect(() => loadGraph([node])).toThrow(/broken/);
  });
});
