/** Convolutions and matrix products in bfloat16: which operations those are, and how they are computed. */
import { readFileSync } from 'node:fs';
import type { RecordedOp, Source } from './recorded-graph.ts';
import type { GraphNode } from './saved-model.ts';

/**
 * How products in bfloat16 are computed: by kernels for bfloat16 (`native`), or in float32 from factors rounded to
 * bfloat16, with the result rounded (`rounded`). Both give the same numbers but for how sums are made.
 */
export type Bfloat16Kernels = 'native' | 'rounded';

/** Processors' names for what oneDNN's kernels for bfloat16 need. */
const FLAGS = /\b(?:avx512f|avx_ne_convert|bf16)\b/;

/**
 * The faster way on this machine. Without the instructions, TensorFlow's own kernels take over, and a step takes
 * twenty times as long as in float32.
 */
export function bfloat16Kernels(gpu: boolean, flags = processorFlags()): Bfloat16Kernels {
  return gpu || FLAGS.test(flags) ? 'native' : 'rounded';
}

/** What the processor can do, as Linux names it; empty elsewhere. */
function processorFlags(): string {
  try {
    return /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

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
