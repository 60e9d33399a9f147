/**
 * What ONNX has for each of TensorFlow's operations that a model's networks are made of. Activations lie as batch × height ×
 * width × channels in both; around convolutions and the like, which ONNX knows channels first only, they are turned, and
 * runtimes move those turns out of the way.
 */
import { boolAttr, intAttr, intsAttr, stringAttr, typeAttr } from '../../tensor/op-attr.ts';
import { allElements, type ConstantValue, type RecordedOp } from '../../tensor/recorded-graph.ts';
import type { OnnxGraph } from './onnx-graph.ts';
import type { OnnxAttr } from './onnx-model.ts';

/** Writes an operation. @param refs names of its inputs, made when asked for @returns those of its outputs */
type Operation = (graph: OnnxGraph, op: RecordedOp, refs: readonly (() => string)[]) => string[];

const CHANNELS_FIRST = { perm: { ints: [0, 3, 1, 2] } } as const;
const CHANNELS_LAST = { perm: { ints: [0, 2, 3, 1] } } as const;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  Add: elementwise('Add'),
  AddV2: elementwise('Add'),
  Sub: elementwise('Sub'),
  Mul: elementwise('Mul'),
  RealDiv: elementwise('Div'),
  Maximum: elementwise('Max'),
  Minimum: elementwise('Min'),
  Neg: elementwise('Neg'),
  Log: elementwise('Log'),
  Exp: elementwise('Exp'),
  Sin: elementwise('Sin'),
  Cos: elementwise('Cos'),
  Tanh: elementwise('Tanh'),
  Sqrt: elementwise('Sqrt'),
  Sigmoid: elementwise('Sigmoid'),
  Softplus: elementwise('Softplus'),
  Identity: elementwise('Identity'),
  StopGradient: elementwise('Identity'),
  // The channels are the last axis.
  BiasAdd: elementwise('Add'),
  Softmax: (graph, _, [x]) => [graph.node('Softmax', [x!()], { axis: { int: -1 } })],
  Square(graph, _, [x]) {
    const name = x!();
    return [graph.node('Mul', [name, name])];
  },
  Rsqrt: (graph, _, [x]) => [graph.node('Reciprocal', [graph.node('Sqrt', [x!()])])],
  OnesLike(graph, _, [x]) {
    const one = graph.constant({ type: 'float32', shape: [1], data: Float32Array.of(1) });
    return [graph.node('Expand', [one, graph.node('Shape', [x!()])])];
  },
  Cast(graph, { attrs }, [x]) {
    const to = { float32: 1, int32: 6, bool: 9 }[typeAttr(attrs, 'DstT') as 'float32' | 'int32' | 'bool'];
    return [graph.node('Cast', [x!()], { to: { int: to } })];
  },
  Sum: (graph, op, [x]) => [
    graph.node('ReduceSum', [x!(), graph.ints(numbers(op, 1))], {
      keepdims: { int: Number(boolAttr(op.attrs, 'keep_dims')) },
    }),
  ],
  Mean: (graph, op, [x]) => [
    graph.node('ReduceMean', [x!()], {
      axes: { ints: numbers(op, 1) },
      keepdims: { int: Number(boolAttr(op.attrs, 'keep_dims')) },
    }),
  ],
  Reshape: (graph, op, [x]) => [graph.node('Reshape', [x!(), graph.ints(numbers(op, 1))])],
  Transpose: (graph, op, [x]) => [graph.node('Transpose', [x!()], { perm: { ints: numbers(op, 1) } })],
  ConcatV2(graph, op, refs) {
    const parts = refs.slice(0, -1).map((ref) => ref());
    return [graph.node('Concat', parts, { axis: { int: numbers(op, refs.length - 1)[0] ?? 0 } })];
  },
  Split: (graph, op, [, x]) =>
    graph.nodeOf('Split', op.outputs.length, [x!()], { axis: { int: numbers(op, 0)[0] ?? 0 } }),
  SplitV: (graph, op, [x]) =>
    graph.nodeOf('Split', op.outputs.length, [x!(), graph.ints(numbers(op, 1))], {
      axis: { int: numbers(op, 2)[0] ?? 0 },
    }),
  ArgMax(graph, op, [x]) {
    const attrs = { axis: { int: numbers(op, 1)[0] ?? 0 }, keepdims: { int: 0 } };
    return [graph.node('Cast', [graph.node('ArgMax', [x!()], attrs)], { to: { int: INT32 } })];
  },
  // ONNX's own counts indices below 0 from the end; here −1 is none of the classes.
  OneHot(graph, op, [indices]) {
    if (intAttr(op.attrs, 'axis', -1) !== -1) throw new Error('one-hot values go along the last axis only');
    const depth = numbers(op, 1)[0] ?? 0;
    const each = graph.constant({
      type: 'int32',
      shape: [depth],
      data: Int32Array.from({ length: depth }, (_, i) => i),
    });
    const column = graph.node('Unsqueeze', [indices!(), graph.ints([-1])]);
    const [on, off] = [graph.recorded(constantInput(op, 2)), graph.recorded(constantInput(op, 3))];
    return [graph.node('Where', [graph.node('Equal', [column, each]), on, off])];
  },
  MatMul: (graph, op, refs) => [product(graph, op, refs, 'transpose_a', 'transpose_b')],
  BatchMatMul: (graph, op, refs) => [product(graph, op, refs, 'adj_x', 'adj_y')],
  BatchMatMulV2: (graph, op, refs) => [product(graph, op, refs, 'adj_x', 'adj_y')],
  Conv2D(graph, op, [x]) {
    const [height = 1, width = 1] = op.inputs[1]?.shape ?? [];
    const strides = spatial(intsAttr(op.attrs, 'strides'));
    const dilations = spatial(intsAttr(op.attrs, 'dilations'));
    const kernel = graph.kernel(constantInput(op, 1), [3, 2, 0, 1], 0);
    return [
      channelsFirst(graph, 'Conv', [x!(), kernel], {
        kernel_shape: { ints: [height, width] },
        strides: { ints: strides },
        dilations: { ints: dilations },
        pads: { ints: padding(op, [height, width], strides, dilations) },
      }),
    ];
  },
  AvgPool(graph, op, [x]) {
    if (stringAttr(op.attrs, 'padding') !== 'VALID')
      throw new Error('averages are taken of whole windows only');
    return [
      channelsFirst(graph, 'AveragePool', [x!()], {
        kernel_shape: { ints: spatial(intsAttr(op.attrs, 'ksize')) },
        strides: { ints: spatial(intsAttr(op.attrs, 'strides')) },
      }),
    ];
  },
  ResizeNearestNeighbor(graph, op, [x]) {
    if (boolAttr(op.attrs, 'align_corners') || boolAttr(op.attrs, 'half_pixel_centers'))
      throw new Error('images are enlarged from their corner only');
    const [, height = 1, width = 1] = op.inputs[0]?.shape ?? [];
    const [tall = 1, wide = 1] = numbers(op, 1);
    const scales = Float32Array.of(1, 1, tall / height, wide / width);
    const scale = graph.constant({ type: 'float32', shape: [4], data: scales });
    return [
      channelsFirst(graph, 'Resize', [x!(), '', scale], {
        mode: { string: 'nearest' },
        coordinate_transformation_mode: { string: 'asymmetric' },
        nearest_mode: { string: 'floor' },
      }),
    ];
  },
};

const INT32 = 6;

/**
 * Writes one recorded call.
 * @param refs names of its inputs, made when asked for: a kernel is written in an order of its own instead
 * @returns the names of its outputs
 * @throws Error naming an operation that has no counterpart here
 */
export function writeOperation(graph: OnnxGraph, op: RecordedOp, refs: readonly (() => string)[]): string[] {
  const write = Object.hasOwn(OPERATIONS, op.name) ? OPERATIONS[op.name] : undefined;
  if (write === undefined) throw new Error(`${op.name} has no counterpart in ONNX here`);
  return write(graph, op, refs);
}

/** Operations that stand by themselves, and those of two tensors that stretch as NumPy's do. */
function elementwise(name: string): Operation {
  return (graph, _, refs) => [
    graph.node(
      name,
      refs.map((ref) => ref()),
    ),
  ];
}

function constantInput(op: RecordedOp, index: number): ConstantValue {
  const input = op.inputs[index];
  if (input?.kind !== 'constant') throw new Error(`${op.name} has input ${index} from no constant`);
  return input;
}

/** The values of an input that says how, not what: a shape, axes. */
function numbers(op: RecordedOp, index: number): number[] {
  return [...allElements(constantInput(op, index))];
}

/** A matrix product over the last two axes, of which a factor may lie turned. */
function product(
  graph: OnnxGraph,
  op: RecordedOp,
  refs: readonly (() => string)[],
  turnedA: string,
  turnedB: string,
): string {
  const factor = (index: number, turned: boolean): string => {
    const source = op.inputs[index];
    const rank = source?.shape.length ?? 0;
    const order = Array.from({ length: rank }, (_, axis) => axis);
    if (turned) [order[rank - 2], order[rank - 1]] = [rank - 1, rank - 2];
    if (source?.kind === 'constant' && rank === 2 && index === 1) return graph.kernel(source, order, 1);
    const name = refs[index]!();
    return turned ? graph.node('Transpose', [name], { perm: { ints: order } }) : name;
  };
  const [a, b] = [factor(0, boolAttr(op.attrs, turnedA)), factor(1, boolAttr(op.attrs, turnedB))];
  return graph.node('MatMul', [a, b]);
}

function channelsFirst(
  graph: OnnxGraph,
  name: string,
  [x = '', ...others]: readonly string[],
  attrs: Readonly<Record<string, OnnxAttr>>,
): string {
  const turned = graph.node('Transpose', [x], CHANNELS_FIRST);
  return graph.node('Transpose', [graph.node(name, [turned, ...others], attrs)], CHANNELS_LAST);
}

/** Height's and width's part of [batch, height, width, channels]. */
function spatial(values: readonly number[]): number[] {
  return values.slice(1, 3);
}

/** Zeros around an image, [top, left, bottom, right]: what is over when both sides have as many goes to the end (TensorFlow's SAME). */
function padding(
  op: RecordedOp,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): number[] {
  const mode = stringAttr(op.attrs, 'padding');
  if (mode === 'VALID') return [0, 0, 0, 0];
  if (mode !== 'SAME') throw new Error(`${op.name} has the padding ${mode}`);
  const totals = spatial(op.inputs[0]?.shape ?? []).map((side, i) => {
    const reach = ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1;
    const steps = Math.ceil(side / (strides[i] ?? 1));
    return Math.max(0, (steps - 1) * (strides[i] ?? 1) + reach - side);
  });
  return [...totals.map((total) => Math.floor(total / 2)), ...totals.map((total) => Math.ceil(total / 2))];
}
