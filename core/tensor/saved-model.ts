/** A graph as a TensorFlow SavedModel: the only form of graph that the native binding loads. */
// First, so that a package that cannot be loaded is reported from there.
import './native.ts';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pb from '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js';
import type { GraphNode, NodeAttr } from './graph.ts';
import { tfTypes } from './op-attr.ts';
import { nativeBackend } from './tf.ts';
import type { ConstantValue } from './trace.ts';

const tag = 'serve';
/** Version of the operations' meaning (TensorFlow 2.9, the oldest library this may meet). */
const graphProducer = 1087;

/** The SavedModel's bytes. */
export function encodeSavedModel(nodes: readonly GraphNode[]): Uint8Array {
  const graph = new pb.GraphDef();
  const versions = new pb.VersionDef();
  versions.setProducer(graphProducer);
  graph.setVersions(versions);
  for (const node of nodes) graph.addNode(encodeNode(node));
  const info = new pb.MetaGraphDef.MetaInfoDef();
  info.addTags(tag);
  const metaGraph = new pb.MetaGraphDef();
  metaGraph.setMetaInfoDef(info);
  metaGraph.setGraphDef(graph);
  const model = new pb.SavedModel();
  model.setSavedModelSchemaVersion(1);
  model.addMetaGraphs(metaGraph);
  return model.serializeBinary();
}

/**
 * Loads a graph into a session of its own and gives the session's number.
 * @param dumpDir where to leave the SavedModel for a look at it; by default it is a private folder, removed at once
 * @throws Error with TensorFlow's message, which names the node it refuses.
 */
export function loadGraph(nodes: readonly GraphNode[], dumpDir?: string): number {
  const bytes = encodeSavedModel(nodes);
  const folder = dumpDir ?? mkdtempSync(join(tmpdir(), 'covae-graph-'));
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'saved_model.pb'), bytes);
    return nativeBackend().binding.loadSavedModel(folder, tag);
  } finally {
    if (dumpDir === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function encodeNode({ name, op, inputs, attrs }: GraphNode): InstanceType<typeof pb.NodeDef> {
  const node = new pb.NodeDef();
  node.setName(name);
  node.setOp(op);
  for (const input of inputs) node.addInput(input);
  for (const [key, attr] of Object.entries(attrs)) node.getAttrMap().set(key, encodeAttr(attr));
  return node;
}

function encodeAttr(attr: NodeAttr): InstanceType<typeof pb.AttrValue> {
  const value = new pb.AttrValue();
  if ('type' in attr) value.setType(tfTypes[attr.type]);
  else if ('string' in attr) value.setS(new TextEncoder().encode(attr.string));
  else if ('shape' in attr) value.setShape(encodeShape(attr.shape));
  else if ('tensor' in attr) value.setTensor(encodeTensor(attr.tensor));
  else if ('int' in attr) {
    const { int } = attr;
    if (typeof int === 'number') value.setI(int);
    else value.setList(listOf((list) => list.setIList([...int])));
  } else if ('float' in attr) {
    const { float } = attr;
    if (typeof float === 'number') value.setF(float);
    else value.setList(listOf((list) => list.setFList([...float])));
  } else {
    const { bool } = attr;
    if (typeof bool === 'boolean') value.setB(bool);
    else value.setList(listOf((list) => list.setBList([...bool])));
  }
  return value;
}

type ListValue = InstanceType<typeof pb.AttrValue.ListValue>;

function listOf(fill: (list: ListValue) => void): ListValue {
  const list = new pb.AttrValue.ListValue();
  fill(list);
  return list;
}

function encodeShape(shape: readonly number[]): InstanceType<typeof pb.TensorShape> {
  const encoded = new pb.TensorShape();
  for (const side of shape) {
    const dim = new pb.TensorShape.Dim();
    dim.setSize(side);
    encoded.addDim(dim);
  }
  return encoded;
}

/** One value stands for all elements where all are the same (to the bit). */
function encodeTensor({ dtype, shape, data }: ConstantValue): InstanceType<typeof pb.Tensor> {
  const tensor = new pb.Tensor();
  tensor.setDtype(tfTypes[dtype]);
  tensor.setTensorShape(encodeShape(shape));
  const first = data[0];
  if (first !== undefined && isUniform(data)) {
    if (data instanceof Float32Array) tensor.addFloatVal(first);
    else if (data instanceof Int32Array) tensor.addIntVal(first);
    else tensor.addBoolVal(first !== 0);
  } else {
    tensor.setTensorContent(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return tensor;
}

function isUniform(data: ConstantValue['data']): boolean {
  const bits =
    data instanceof Float32Array ? new Int32Array(data.buffer, data.byteOffset, data.length) : data;
  const first = bits[0];
  return bits.every((value) => value === first);
}
