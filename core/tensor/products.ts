/** Convolutions and matrix products in bfloat16: which operations those are, and what changes in them. */
import type { GraphNode } from './graph.ts';
import type { RecordedOp, Source } from './trace.ts';

/**
 * Type of the factors of convolutions and matrix products. TensorFlow's kernels add up in float32 either way; all
 * other operations stay in float32.
 */
export type Precision = 'float32' | 'bfloat16';

/** Operations whose floats all have the type of the attribute T. */
const PRODUCTS: ReadonlySet<string> = new Set([
  'BatchMatMul',
  'BatchMatMulV2',
  'Conv2D',
  'Conv2DBackpropFilter',
  'Conv2DBackpropInput',
  'MatMul',
]);

/** Whether an operation is a product of float32 tensors, which can be one of bfloat16 tensors. */
export function isFloatProduct(op: RecordedOp): boolean {
  return PRODUCTS.has(op.name) && op.inputs.some(isFloat);
}

export function isFloat(source: Source): boolean {
  return source.dtype === 'float32';
}

/** A product's attributes with factors and result in bfloat16. */
export function inBfloat16(attrs: GraphNode['attrs']): GraphNode['attrs'] {
  return { ...attrs, T: { type: 'bfloat16' } };
}
