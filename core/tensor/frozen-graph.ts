/**
 * From recorded functions without state to the nodes of a graph that stands alone: for other programs than this one, so
 * with nothing in it that only the native binding needs.
 */
import { GraphBuilder, known, withInferredTypes } from './graph-builder.ts';
import { neededOf, type RecordedFunction, type RecordedOp, type Source } from './recorded-graph.ts';
import type { GraphNode, Signature, SignatureTensor } from './saved-model.ts';

export interface FrozenGraph {
  readonly nodes: readonly GraphNode[];
  /** By the functions' names. */
  readonly signatures: ReadonlyMap<string, Signature>;
}

/**
 * One graph of several functions, which share constants that are alike. Inputs and outputs are nodes of their own, called
 * `function/name`; only calls that an output depends on are in it.
 * @throws Error for a function that reads or changes state
 */
export function frozenGraph(functions: readonly RecordedFunction[]): FrozenGraph {
  const builder = new GraphBuilder('rounded');
  const signatures = new Map(functions.map((recorded) => [recorded.name, addFunction(builder, recorded)]));
  return { nodes: builder.nodes, signatures };
}

function addFunction(builder: GraphBuilder, recorded: RecordedFunction): Signature {
  const { name: functionName, inputs, outputs, ops, state } = recorded;
  if (state.size > 0)
    throw new Error(`${functionName} changes state, and a graph that stands alone has none`);
  const taken = new Map<string, SignatureTensor>();
  for (const [name, { shape, dtype }] of inputs) {
    const node = builder.node(`${functionName}/${name}`, 'Placeholder', [], {
      dtype: { type: dtype },
      shape: { shape },
    });
    taken.set(name, { name: `${node}:0`, shape, dtype });
  }
  const opNames = new Map<RecordedOp, string>();
  const ref = (source: Source): string => {
    switch (source.kind) {
      case 'constant':
        return builder.constant(source);
      case 'input':
        return `${functionName}/${source.name}:0`;
      case 'op':
        return `${known(opNames.get(source.op))}:${source.output}`;
      case 'state':
        throw new Error(
          `${functionName} reads the state ${source.name}, and a graph that stands alone has none`,
        );
    }
  };
  const needed = neededOf(recorded).ops;
  ops.forEach((op, index) => {
    if (!needed.has(op)) return;
    const name = `${functionName}/${index}_${op.name}`;
    opNames.set(op, builder.node(name, op.name, op.inputs.map(ref), withInferredTypes(op)));
  });
  const given = new Map<string, SignatureTensor>();
  for (const [name, source] of outputs) {
    const { shape, dtype } = source;
    // A name of an input may be that of an output too.
    const node = builder.node(`${functionName}/output_${name}`, 'Identity', [ref(source)], {
      T: { type: dtype },
    });
    given.set(name, { name: `${node}:0`, shape, dtype });
  }
  return { inputs: taken, outputs: given };
}
