import {
  neededOf,
  type RecordedFunction,
  type RecordedOp,
  type Source,
} from '../../tensor/recorded-graph.ts';
import { OnnxGraph } from './onnx-graph.ts';
import type { OnnxModel, OnnxType, OnnxValue } from './onnx-model.ts';
import { writeOperation } from './operations.ts';

export interface ToOnnxOptions {
  /** Keep kernels as whole numbers of 8 bits, one scale an output channel. Default: as they are. */
  int8?: boolean;
  /** What the file says of itself. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * A recorded function without state as an ONNX model: inputs and outputs have its names, layouts and types; the batch may
 * have any size.
 * @throws Error naming an operation that has no counterpart
 */
export function toOnnx(
  recorded: RecordedFunction,
  { int8 = false, metadata = {} }: ToOnnxOptions = {},
): OnnxModel {
  const graph = new OnnxGraph(int8);
  const written = new Map<RecordedOp, string[]>();
  const ref = (source: Source): string => {
    switch (source.kind) {
      case 'constant':
        return graph.recorded(source);
      case 'input':
        return source.name;
      case 'op': {
        const name = written.get(source.op)?.[source.output];
        if (name === undefined) throw new Error('an operation comes before its input');
        return name;
      }
      case 'state':
        throw new Error(`${recorded.name} reads the state ${source.name}, and an ONNX model has none`);
    }
  };
  const needed = neededOf(recorded).ops;
  for (const op of recorded.ops) {
    if (!needed.has(op)) continue;
    const refs = op.inputs.map((source) => () => ref(source));
    written.set(op, writeOperation(graph, op, refs));
  }
  const outputs = [...recorded.outputs].map(([name, source]): OnnxValue => {
    // Which may be the name of an input, too.
    const output = recorded.inputs.has(name) ? `${name}_out` : name;
    graph.node('Identity', [ref(source)], {}, output);
    return { name: output, type: typeOf(source.dtype), shape: source.shape };
  });
  const inputs = [...recorded.inputs].map(([name, { dtype, shape }]): OnnxValue => ({
    name,
    type: typeOf(dtype),
    shape,
  }));
  return { name: recorded.name, nodes: graph.nodes, constants: graph.constants, inputs, outputs, metadata };
}

function typeOf(dtype: string): OnnxType {
  if (dtype !== 'float32' && dtype !== 'int32') throw new Error(`ONNX is given no values of type ${dtype}`);
  return dtype;
}
