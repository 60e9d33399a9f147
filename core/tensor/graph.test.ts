import { describe, expect, it } from 'vitest';
import { compileProgram } from './compile.ts';
import { buildGraph, type ProgramGraph } from './graph.ts';
import { stateSpecs, type Initial, type ProgramFunction } from './program.ts';
import type { GraphNode } from './saved-model.ts';
import { executeOp, tf } from './tf.ts';
import { traceFunction } from './trace.ts';

const initial: Initial = { a: { shape: [100], data: new Float32Array(100) } };
const specs = stateSpecs(initial);

function graphOf(functions: Record<string, ProgramFunction>): ProgramGraph {
  return buildGraph(
    specs,
    Object.entries(functions).map(([name, definition]) => traceFunction(name, definition, specs)),
    'native',
  );
}

const opsOf = (nodes: readonly GraphNode[], prefix: string) =>
  nodes.filter(({ name }) => name.startsWith(prefix)).map(({ op }) => op);

describe('buildGraph', () => {
  it('leaves out what nothing depends on', () => {
    const { nodes } = graphOf({
      f: {
        inputs: { x: { shape: [1], dtype: 'float32' } },
        run: ({ a = tf.scalar(0) }, { x = tf.scalar(0) }) => {
          a.exp().sin();
          return { outputs: { y: x.cos() } };
        },
      },
    });
    expect(opsOf(nodes, 'f/')).toEqual(['Placeholder', 'DeepCopy', 'Cos']);
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
        ? [[value.tensor.shape, ...value.tensor.data]]
        : [];
    });
    // Computed while recording, and one value for a hundred.
    expect(scalars.sort()).toEqual([
      [[100], 3],
      [[100], 4],
    ]);
  });

  it('chooses between two variables without a copy', () => {
    const two = {
      a: { shape: [3], data: Float32Array.of(1, 2, 3) },
      b: { shape: [3], data: Float32Array.of(4, 5, 6) },
    };
    const functions: Record<string, ProgramFunction> = {
      f: {
        inputs: { first: { shape: [], dtype: 'int32' } },
        run: ({ a, b }, { first }) => {
          const chosen = executeOp('SelectV2', { T: { type: 'float32' } }, [first!.greater(0), a!, b!]);
          return { outputs: { chosen, doubled: chosen.mul(2) }, state: { b: chosen.add(1) } };
        },
      },
    };
    const recorded = traceFunction('f', functions['f']!, stateSpecs(two));
    const { nodes } = buildGraph(stateSpecs(two), [recorded], 'native');
    expect(opsOf(nodes, 'f/')).not.toContain('SelectV2');
    const program = compileProgram(two, functions);
    const call = (first: number) => {
      const { chosen, doubled } = program.call('f', { first: Int32Array.of(first) });
      return [...chosen!.data, ...doubled!.data];
    };
    expect(call(0)).toEqual([4, 5, 6, 8, 10, 12]);
    expect(call(0)).toEqual([5, 6, 7, 10, 12, 14]);
    expect(call(1)).toEqual([1, 2, 3, 2, 4, 6]);
    expect([...program.readState(['a', 'b'])['b']!.data]).toEqual([2, 3, 4]);
    expect([...program.readState(['a'])['a']!.data]).toEqual([1, 2, 3]);
    program.dispose();
  });

  it('tells zero from minus zero, which are equal but not the same', () => {
    const { nodes } = graphOf({
      f: {
        inputs: {},
        run: ({ a = tf.scalar(0) }) => ({
          outputs: { y: tf.stack([a.mul(tf.scalar(0)), a.mul(tf.scalar(-0))]) },
          state: { a: a.mul(tf.tensor(new Float32Array(100).map((_, i) => (i === 7 ? 0 : -0)))) },
        }),
      },
    });
    const constants = nodes.flatMap(({ attrs: { value } }) =>
      value !== undefined && 'tensor' in value && value.tensor.dtype === 'float32' ? [value.tensor] : [],
    );
    expect(constants.map(({ data }) => data.length)).toEqual([1, 1, 100]);
  });

  it('reads state before it assigns it, and assigns before it is done', () => {
    const { nodes, endpoints } = graphOf({
      f: { inputs: {}, run: ({ a = tf.scalar(0) }) => ({ state: { a: a.mul(2) } }) },
    });
    const assign = nodes.find(({ name }) => name === 'f/assign_0');
    expect(assign?.inputs.at(-1)).toBe('^f/state_0');
    expect(endpoints.functions['f']?.done).toBe('f/done:0');
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
