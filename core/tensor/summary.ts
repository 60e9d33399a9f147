/** What recorded operations amount to: how many of which type, and the arithmetic of those that are worth counting. */
import { elementCount } from '../shape.ts';
import type { FunctionSummary } from './program.ts';
import { boolAttr } from './op-attr.ts';
import type { RecordedOp } from './recorded-graph.ts';

/** Counts operations, and the FLOPs of convolutions and matrix products as {@link flopsOf} does. */
export function summaryOf(ops: readonly RecordedOp[]): FunctionSummary {
  const counts: Record<string, number> = {};
  let flops = 0;
  for (const op of ops) {
    counts[op.name] = (counts[op.name] ?? 0) + 1;
    flops += flopsOf(op);
  }
  return { ops: counts, flops };
}

/**
 * FLOPs of a convolution (NHWC), of its gradients or of a matrix product, two for each multiply-add; positions of the
 * kernel that lie in the padding count as well, as PyTorch's counter does. 0 for every other operation: what they do
 * is bound by memory, not by arithmetic.
 * @throws Error naming a convolution or product that is not known here, so that none is left out unnoticed
 */
export function flopsOf({ name, attrs, inputs, outputs }: RecordedOp): number {
  const input = (i: number): readonly number[] => inputs[i]?.shape ?? [];
  const output = outputs[0]?.shape ?? [];
  switch (name) {
    case 'Conv2D':
      return 2 * elementCount(output) * kernelSize(input(1));
    case 'Conv2DBackpropInput':
      return 2 * elementCount(input(2)) * kernelSize(input(1));
    case 'Conv2DBackpropFilter':
      return 2 * elementCount(input(2)) * kernelSize(output);
    case 'DepthwiseConv2dNative':
      return 2 * elementCount(output) * elementCount(input(1).slice(0, 2));
    case 'DepthwiseConv2dNativeBackpropInput':
      return 2 * elementCount(input(2)) * elementCount(input(1).slice(0, 2));
    case 'DepthwiseConv2dNativeBackpropFilter':
      return 2 * elementCount(input(2)) * elementCount(output.slice(0, 2));
    case 'MatMul':
      return 2 * elementCount(output) * (input(0)[boolAttr(attrs, 'transpose_a') ? 0 : 1] ?? 0);
    case 'BatchMatMul':
    case 'BatchMatMulV2':
    case 'BatchMatMulV3':
      return 2 * elementCount(output) * (input(0).at(boolAttr(attrs, 'adj_x') ? -2 : -1) ?? 0);
    default:
      if (/conv|matmul|einsum/i.test(name)) throw new Error(`the FLOPs of ${name} are not known`);
      return 0;
  }
}

/** Multiply-adds for one value of a convolution's output: [height, width, inputs, outputs] without the outputs. */
function kernelSize(filter: readonly number[]): number {
  return elementCount(filter.slice(0, 3));
}
