/** An ONNX model (github.com/onnx/onnx, onnx.proto) as plain values, and as the bytes of a file. */
import { ProtoWriter } from '../../tensor/protobuf.ts';

/** Version of the operators' meaning: ONNX 1.12 of 2022, which every runtime of today reads. */
export const OPSET = 17;
const IR_VERSION = 8;

/** Numbers of `TensorProto.DataType`. */
const TYPES = { float32: 1, int8: 3, int32: 6, int64: 7, bool: 9 } as const;
export type OnnxType = keyof typeof TYPES;

export interface OnnxTensor {
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** Row by row; a bool is a byte. */
  readonly data: Float32Array | Int8Array | Int32Array | BigInt64Array | Uint8Array;
}

export type OnnxAttr =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attrs: Readonly<Record<string, OnnxAttr>>;
}

/** An input or output; a length of −1 is that of the batch. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
}

export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** What the file says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of an `.onnx` file. */
export function encodeOnnx(model: OnnxModel, version: string): Uint8Array<ArrayBuffer> {
  const weights = [...model.constants.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const writer = new ProtoWriter(weights + (1 << 20));
  writer.int(1, IR_VERSION).string(2, 'CoVAE Studio').string(3, version);
  writer.message(7, () => writeGraph(writer, model));
  writer.message(8, () => writer.string(1, '').int(2, OPSET));
  for (const [key, value] of Object.entries(model.metadata))
    writer.message(14, () => writer.string(1, key).string(2, value));
  return writer.finish();
}

function writeGraph(writer: ProtoWriter, { name, nodes, constants, inputs, outputs }: OnnxModel): void {
  nodes.forEach((node, i) => writer.message(1, () => writeNode(writer, node, i)));
  writer.string(2, name);
  for (const [key, { type, shape, data }] of constants) {
    writer.message(5, () => {
      for (const side of shape) writer.int(1, side);
      writer.int(2, TYPES[type]).string(8, key);
      writer.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    });
  }
  for (const value of inputs) writer.message(11, () => writeValue(writer, value));
  for (const value of outputs) writer.message(12, () => writeValue(writer, value));
}

function writeNode(writer: ProtoWriter, { op, inputs, outputs, attrs }: OnnxNode, index: number): void {
  for (const input of inputs) writer.string(1, input);
  for (const output of outputs) writer.string(2, output);
  writer.string(3, `${index}_${op}`).string(4, op);
  for (const [name, attr] of Object.entries(attrs)) {
    writer.message(5, () => {
      writer.string(1, name);
      if ('float' in attr) writer.float(2, attr.float).int(20, 1);
      else if ('int' in attr) writer.int(3, attr.int).int(20, 2);
      else if ('string' in attr) writer.string(4, attr.string).int(20, 3);
      else {
        for (const int of attr.ints) writer.int(8, int);
        writer.int(20, 7);
      }
    });
  }
}

function writeValue(writer: ProtoWriter, { name, type, shape }: OnnxValue): void {
  writer.string(1, name);
  writer.message(2, () =>
    writer.message(1, () => {
      writer.int(1, TYPES[type]);
      writer.message(2, () => {
        for (const side of shape)
          writer.message(1, () => (side < 0 ? writer.string(2, 'batch') : writer.int(1, side)));
      });
    }),
  );
}
