/** An ONNX graph while it is written. */
import { createHash } from 'node:crypto';
import { elementCount } from '../../shape.ts';
import { allElements, type ConstantValue } from '../../tensor/recorded-graph.ts';
import type { OnnxAttr, OnnxNode, OnnxTensor } from './onnx-model.ts';
import { isWorthRounding, quantised } from './quantise.ts';

const FLOAT32 = 1;

export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly constants = new Map<string, OnnxTensor>();
  readonly #known = new Map<string, string>();
  #values = 0;

  /** @param int8 whether kernels are kept as whole numbers of 8 bits */
  constructor(private readonly int8: boolean) {}

  /** Adds a node with one output and gives its name. */
  node(
    op: string,
    inputs: readonly string[],
    attrs: Readonly<Record<string, OnnxAttr>> = {},
    output = this.#name(),
  ): string {
    this.nodes.push({ op, inputs, outputs: [output], attrs });
    return output;
  }

  /** As {@link node}, with several outputs. */
  nodeOf(
    op: string,
    count: number,
    inputs: readonly string[],
    attrs: Readonly<Record<string, OnnxAttr>> = {},
  ): string[] {
    const outputs = Array.from({ length: count }, () => this.#name());
    this.nodes.push({ op, inputs, outputs, attrs });
    return outputs;
  }

  /** A constant; equal ones become one. */
  constant(tensor: OnnxTensor): string {
    const { type, shape, data } = tensor;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${type} ${shape.join()} ${createHash('sha256').update(bytes).digest('base64')}`;
    let name = this.#known.get(key);
    if (name === undefined) {
      name = `constant_${this.constants.size}`;
      this.constants.set(name, tensor);
      this.#known.set(key, name);
    }
    return name;
  }

  /** Whole numbers as ONNX wants shapes, axes and lengths. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.constant({ type: 'int64', shape, data: BigInt64Array.from(values, BigInt) });
  }

  /** A recorded constant as it is. */
  recorded(value: ConstantValue): string {
    const { dtype, shape } = value;
    const data = allElements(value);
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
      throw new Error(`ONNX is given no constants of type ${dtype}`);
    return this.constant({ type: dtype, shape, data });
  }

  /**
   * A kernel with its axes in another order; where weights are rounded, as whole numbers and nodes that turn them back.
   * @param order axes of the constant, in the order wanted
   * @param axis of the output channels, in that order
   */
  kernel(value: ConstantValue, order: readonly number[], axis: number): string {
    const shape = order.map((from) => value.shape[from] ?? 1);
    const data = reordered(allElements(value) as Float32Array, value.shape, order);
    if (!this.int8 || !isWorthRounding(shape)) return this.constant({ type: 'float32', shape, data });
    const { scales, values } = quantised(data, shape, axis);
    const whole = this.constant({ type: 'int8', shape, data: values });
    const along = shape.map((_, at) => (at === axis ? scales.length : 1));
    // Not DequantizeLinear: runtimes take that for leave to round activations, too.
    return this.node('Mul', [
      this.node('Cast', [whole], { to: { int: FLOAT32 } }),
      this.constant({ type: 'float32', shape: along, data: scales }),
    ]);
  }

  #name(): string {
    return `value_${this.#values++}`;
  }
}

/** The values of a tensor with its axes in another order. */
function reordered(data: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  if (order.every((axis, i) => axis === i)) return data;
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const sides = order.map((axis) => shape[axis] ?? 1);
  const steps = order.map((axis) => strides[axis] ?? 1);
  const place = sides.map(() => 0);
  const out = new Float32Array(data.length);
  let at = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = data[at]!;
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++place[axis]! < sides[axis]!) break;
      at -= steps[axis]! * sides[axis]!;
      place[axis] = 0;
    }
  }
  return out;
}
