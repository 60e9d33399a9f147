/** A graph as a TensorFlow SavedModel: the only form of graph that the native binding loads. */
import { tfTypes, type OpAttr } from './op-attr.ts';
import { ProtoWriter } from './protobuf.ts';
import type { ConstantValue, TensorSpec } from './recorded-graph.ts';

/** Which of a SavedModel's graphs: this one has one. */
export const GRAPH_TAG = 'serve';
/** Version of the operations' meaning (TensorFlow 2.9, the oldest library this may meet). */
const GRAPH_PRODUCER = 1087;

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

/** A tensor at the border of a graph, `name` as `node:output`; a length of −1 may be any. */
export interface SignatureTensor extends TensorSpec {
  readonly name: string;
}

/** What to feed and fetch for one function, by the names of its inputs and outputs. */
export interface Signature {
  readonly inputs: ReadonlyMap<string, SignatureTensor>;
  readonly outputs: ReadonlyMap<string, SignatureTensor>;
}

/**
 * The bytes of `saved_model.pb`. Field numbers are those of TensorFlow's saved_model.proto, meta_graph.proto,
 * graph.proto, node_def.proto, attr_value.proto, tensor.proto and tensor_shape.proto.
 * @param signatures by the functions' names, for other tools; the binding needs none
 */
export function encodeSavedModel(
  nodes: readonly GraphNode[],
  signatures: ReadonlyMap<string, Signature> = new Map(),
): Uint8Array<ArrayBuffer> {
  const writer = new ProtoWriter(1 << 20);
  writer.int(1, 1);
  writer.message(2, () => {
    writer.message(1, () => writer.string(4, GRAPH_TAG));
    writer.message(2, () => {
      for (const node of nodes) writer.message(1, () => writeNode(writer, node));
      writer.message(4, () => writer.int(1, GRAPH_PRODUCER));
    });
    for (const [name, signature] of signatures) {
      writer.message(5, () => writer.string(1, name).message(2, () => writeSignature(writer, signature)));
    }
  });
  return writer.finish();
}

function writeNode(writer: ProtoWriter, { name, op, inputs, attrs }: GraphNode): void {
  writer.string(1, name).string(2, op);
  for (const input of inputs) writer.string(3, input);
  for (const [key, attr] of Object.entries(attrs))
    writer.message(5, () => writer.string(1, key).message(2, () => writeAttr(writer, attr)));
}

function writeAttr(writer: ProtoWriter, attr: NodeAttr): void {
  if ('type' in attr) writer.int(6, tfTypes[attr.type]);
  else if ('string' in attr) writer.string(2, attr.string);
  else if ('shape' in attr) writer.message(7, () => writeShape(writer, attr.shape));
  else if ('tensor' in attr) writer.message(8, () => writeTensor(writer, attr.tensor));
  else if ('int' in attr) {
    const { int } = attr;
    if (typeof int === 'number') writer.int(3, int);
    else writer.message(1, () => writer.ints(3, int));
  } else if ('float' in attr) {
    const { float } = attr;
    if (typeof float === 'number') writer.float(4, float);
    else writer.message(1, () => writer.floats(4, float));
  } else {
    const { bool } = attr;
    if (typeof bool === 'boolean') writer.bool(5, bool);
    else writer.message(1, () => writer.ints(5, bool.map(Number)));
  }
}

function writeShape(writer: ProtoWriter, shape: readonly number[]): void {
  for (const length of shape) writer.message(2, () => writer.int(1, length));
}

/** One value stands for all elements where all are the same. */
function writeTensor(writer: ProtoWriter, { dtype, shape, data }: ConstantValue): void {
  writer.int(1, tfTypes[dtype]).message(2, () => writeShape(writer, shape));
  const [first] = data;
  if (first !== undefined && data.length === 1) {
    if (data instanceof Float32Array) writer.floats(5, [first]);
    else writer.ints(dtype === 'bool' ? 11 : 7, [first]);
  } else {
    writer.bytes(4, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
}

function writeSignature(writer: ProtoWriter, { inputs, outputs }: Signature): void {
  const writeTensors = (field: number, tensors: Signature['inputs']) => {
    for (const [key, { name, dtype, shape }] of tensors) {
      writer.message(field, () =>
        writer.string(1, key).message(2, () =>
          writer
            .string(1, name)
            .int(2, tfTypes[dtype])
            .message(3, () => writeShape(writer, shape)),
        ),
      );
    }
  };
  writeTensors(1, inputs);
  writeTensors(2, outputs);
  writer.string(3, 'tensorflow/serving/predict');
}
