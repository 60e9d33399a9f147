/**
 * A recorded function as a graph model of TensorFlow.js (`tf.loadGraphModel`): a GraphDef as JSON, and the constants in a file of
 * their own. Written here because the converter for it is a Python package, and the graph is at hand.
 */
import { frozenGraph } from '../../tensor/frozen-graph.ts';
import type { TfTypeName } from '../../tensor/op-attr.ts';
import { allElements, type ConstantValue, type RecordedFunction } from '../../tensor/recorded-graph.ts';
import type { NodeAttr, Signature, SignatureTensor } from '../../tensor/saved-model.ts';
import { APP_VERSION } from '../../version.ts';

export interface GraphModelFiles {
  /** `model.json`. */
  json: GraphModelJson;
  /** The constants one after the other, in the order of the manifest. */
  weights: Uint8Array;
}

interface WeightEntry {
  name: string;
  shape: readonly number[];
  dtype: string;
}

export interface GraphModelJson {
  format: 'graph-model';
  generatedBy: string;
  convertedBy: string;
  signature: unknown;
  modelTopology: unknown;
  weightsManifest: [{ paths: [string]; weights: WeightEntry[] }];
}

/** File of the constants beside `model.json`. */
export const WEIGHTS_FILE = 'weights.bin';

const TYPES: Partial<Record<TfTypeName, string>> = {
  float32: 'DT_FLOAT',
  int32: 'DT_INT32',
  bool: 'DT_BOOL',
};

/** @throws Error for a type that TensorFlow.js has not */
export function graphModel(recorded: RecordedFunction): GraphModelFiles {
  const { nodes, signatures } = frozenGraph([recorded]);
  const entries: WeightEntry[] = [];
  const parts: Uint8Array[] = [];
  const node = nodes.map(({ name, op, inputs, attrs }) => {
    const value = attrs['value'];
    if (op === 'Const' && value !== undefined && 'tensor' in value) {
      const { dtype, shape } = value.tensor;
      entries.push({ name, shape, dtype });
      parts.push(bytesOf(value.tensor));
      return { name, op, attr: { dtype: { type: typeName(dtype) } } };
    }
    const attr = Object.fromEntries(Object.entries(attrs).map(([key, one]) => [key, attrJson(one)]));
    // The first output goes without its number.
    return { name, op, input: inputs.map((input) => input.replace(/:0$/, '')), attr };
  });
  const signature = signatures.get(recorded.name);
  return {
    json: {
      format: 'graph-model',
      generatedBy: `CoVAE Studio ${APP_VERSION}`,
      convertedBy: `CoVAE Studio ${APP_VERSION}`,
      signature: signature && signatureJson(signature),
      modelTopology: { node, versions: { producer: 1087 } },
      weightsManifest: [{ paths: [WEIGHTS_FILE], weights: entries }],
    },
    weights: Buffer.concat(parts),
  };
}

function bytesOf(constant: ConstantValue): Uint8Array {
  const { buffer, byteOffset, byteLength } = allElements(constant);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function typeName(type: TfTypeName): string {
  const name = TYPES[type];
  if (name === undefined) throw new Error(`TensorFlow.js has no type ${type}`);
  return name;
}

/** By the JSON form of protocol buffers: whole numbers of 64 bits and bytes are texts. */
function attrJson(attr: NodeAttr): unknown {
  if ('type' in attr) return { type: typeName(attr.type) };
  if ('string' in attr) return { s: Buffer.from(attr.string).toString('base64') };
  if ('shape' in attr) return { shape: shapeJson(attr.shape) };
  if ('tensor' in attr) throw new Error('a constant has a node of its own');
  if ('int' in attr) {
    return typeof attr.int === 'number' ? { i: String(attr.int) } : { list: { i: attr.int.map(String) } };
  }
  if ('float' in attr)
    return typeof attr.float === 'number' ? { f: attr.float } : { list: { f: attr.float } };
  return typeof attr.bool === 'boolean' ? { b: attr.bool } : { list: { b: attr.bool } };
}

function shapeJson(shape: readonly number[]): unknown {
  return { dim: shape.map((size) => ({ size: String(size) })) };
}

function signatureJson({ inputs, outputs }: Signature): unknown {
  const tensors = (of: ReadonlyMap<string, SignatureTensor>): unknown =>
    Object.fromEntries(
      [...of].map(([key, { name, dtype, shape }]) => [
        key,
        { name, dtype: typeName(dtype), tensorShape: shapeJson(shape) },
      ]),
    );
  return { inputs: tensors(inputs), outputs: tensors(outputs) };
}
