/**
 * Shapes and types of what an operation gives, from those of its inputs alone: with them a function is recorded
 * without computing anything. As TensorFlow's own shape functions say (tensorflow/core/ops/*.cc).
 */
import { elementCount } from '../shape.ts';
import { boolAttr, intAttr, intsAttr, stringAttr, typeAttr, type OpAttrs } from './op-attr.ts';
import type { TensorSpec } from './recorded-graph.ts';
import {
  axisOf,
  broadcast,
  convolved,
  inserted,
  list,
  reduced,
  reshaped,
  side,
  strided,
} from './shape-arithmetic.ts';

/** What is known of a tensor while recording. */
export interface KnownTensor extends TensorSpec {
  /** Its values, where they depend on neither state nor inputs; one stands for all where all are the same. */
  readonly data?: ArrayLike<number>;
}

interface Call {
  readonly name: string;
  readonly attrs: OpAttrs;
  readonly inputs: readonly KnownTensor[];
}

type Rule = (call: Call) => TensorSpec | TensorSpec[];

/**
 * What `name` gives for these inputs; null for an operation that has no rule here.
 * @throws Error saying in what way the inputs do not fit each other
 */
export function outputsOf(name: string, attrs: OpAttrs, inputs: readonly KnownTensor[]): TensorSpec[] | null {
  const rule = rules.get(name);
  if (rule === undefined) return null;
  const outputs = rule({ name, attrs, inputs });
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** Operations whose output is shaped by the values of their inputs, so that no graph of fixed shapes has them. */
export const SHAPED_BY_VALUES: ReadonlySet<string> = new Set(
  'ListDiff NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 Unique UniqueV2 Where'.split(' '),
);

const rules = new Map<string, Rule>();

function define(names: string, rule: Rule): void {
  for (const name of names.split(/\s+/)) rules.set(name, rule);
}

// One tensor in, one of the same shape and type out.
define(
  `Abs Acos Acosh Asin Asinh Atan Atanh BiasAdd Ceil ClipByValue Cos Cosh Cumprod Cumsum DeepCopy Elu Erf Exp Expm1
   Floor Identity Inv LeakyRelu Log Log1p LogSoftmax LogicalNot Neg OnesLike Reciprocal Relu Relu6 Reverse ReverseV2
   Round Rsqrt Selu Sigmoid Sign Sin Sinh Softmax Softplus Sqrt Square StopGradient Tan Tanh TensorScatterUpdate
   ZerosLike EluGrad InvGrad ReluGrad RsqrtGrad SigmoidGrad SoftplusGrad SqrtGrad TanhGrad AddN LRN MaxPoolGrad`,
  ({ inputs }) => like(input(inputs, 0)),
);
define('IsFinite IsInf IsNan', ({ inputs }) => ({ dtype: 'bool', shape: input(inputs, 0).shape }));
define('Cast', ({ attrs, inputs }) => ({ dtype: typeAttr(attrs, 'DstT'), shape: input(inputs, 0).shape }));

define(
  `Add AddV2 Atan2 BitwiseAnd BitwiseOr BitwiseXor Div DivNoNan FloorDiv FloorMod LeftShift LogicalAnd LogicalOr
   Maximum Minimum Mod Mul Pow RealDiv RightShift SquaredDifference Sub`,
  ({ inputs }) => ({ dtype: input(inputs, 0).dtype, shape: broadcast(inputs.map(shapeOf)) }),
);
define('Equal Greater GreaterEqual Less LessEqual NotEqual', ({ inputs }) => ({
  dtype: 'bool',
  shape: broadcast(inputs.map(shapeOf)),
}));
define('Select', ({ inputs }) => like(input(inputs, 1)));
define('SelectV2', ({ inputs }) => ({
  dtype: input(inputs, 1).dtype,
  shape: broadcast(inputs.map(shapeOf)),
}));

define('All Any Max Mean Min Prod Sum', ({ attrs, inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  return { dtype, shape: reduced(shape, values(inputs, 1), boolAttr(attrs, 'keep_dims')) };
});
define('ArgMax ArgMin', ({ attrs, inputs }) => ({
  dtype: typeAttr(attrs, 'output_type', 'int64'),
  shape: reduced(input(inputs, 0).shape, values(inputs, 1), false),
}));
define('L2Loss', ({ inputs }) => ({ dtype: input(inputs, 0).dtype, shape: [] }));

define('Reshape', ({ inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  return { dtype, shape: reshaped(shape, values(inputs, 1)) };
});
define('Transpose', ({ inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  return { dtype, shape: values(inputs, 1).map((axis) => side(shape, axis)) };
});
define('ExpandDims', ({ inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  const [axis = 0] = values(inputs, 1);
  return { dtype, shape: inserted(shape, axis, 1) };
});
define('BroadcastTo', ({ inputs }) => ({ dtype: input(inputs, 0).dtype, shape: values(inputs, 1) }));
define('Fill', ({ inputs }) => ({ dtype: input(inputs, 1).dtype, shape: values(inputs, 0) }));
define('Tile', ({ inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  return { dtype, shape: values(inputs, 1).map((times, axis) => times * side(shape, axis)) };
});
define('Pad PadV2 MirrorPad', ({ inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  const paddings = values(inputs, 1);
  return {
    dtype,
    shape: shape.map((length, i) => length + (paddings[2 * i] ?? 0) + (paddings[2 * i + 1] ?? 0)),
  };
});
define('Slice', ({ inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  const begin = values(inputs, 1);
  const sizes = values(inputs, 2).map((size, i) => (size === -1 ? side(shape, i) - (begin[i] ?? 0) : size));
  if (sizes.some((size, i) => size < 0 || (begin[i] ?? 0) + size > side(shape, i))) {
    throw new Error(`${list(sizes)} from ${list(begin)} on does not lie in ${list(shape)}`);
  }
  return { dtype, shape: sizes };
});
define('StridedSlice', ({ attrs, inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  return { dtype, shape: strided(shape, attrs, [values(inputs, 1), values(inputs, 2), values(inputs, 3)]) };
});

define('ConcatV2', ({ inputs }) => {
  const parts = inputs.slice(0, -1);
  const { dtype, shape } = input(parts, 0);
  const axis = axisOf(values(inputs, inputs.length - 1)[0] ?? 0, shape.length);
  for (const part of parts) {
    if (part.shape.length !== shape.length || part.shape.some((n, i) => i !== axis && n !== shape[i]))
      throw new Error(`${list(part.shape)} cannot be joined to ${list(shape)}`);
  }
  const length = parts.reduce((sum, part) => sum + side(part.shape, axis), 0);
  return { dtype, shape: shape.map((n, i) => (i === axis ? length : n)) };
});
define('Pack', ({ attrs, inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  return { dtype, shape: inserted(shape, intAttr(attrs, 'axis', 0), inputs.length) };
});
define('Unpack', ({ attrs, inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  const axis = axisOf(intAttr(attrs, 'axis', 0), shape.length);
  const part = { dtype, shape: shape.filter((_, i) => i !== axis) };
  return Array.from({ length: side(shape, axis) }, () => part);
});
define('SplitV', ({ inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  const [dim = 0] = values(inputs, 2);
  const axis = axisOf(dim, shape.length);
  const lengths = values(inputs, 1);
  if (lengths.reduce((sum, n) => sum + n, 0) !== side(shape, axis))
    throw new Error(`${list(shape)} does not consist of parts of ${list(lengths)} along axis ${axis}`);
  return lengths.map((length) => ({ dtype, shape: shape.map((n, i) => (i === axis ? length : n)) }));
});
define('GatherV2', ({ attrs, inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  const indices = input(inputs, 1).shape;
  const [dim = 0] = values(inputs, 2);
  const axis = axisOf(dim, shape.length);
  const before = intAttr(attrs, 'batch_dims', 0);
  return { dtype, shape: [...shape.slice(0, axis), ...indices.slice(before), ...shape.slice(axis + 1)] };
});
define('GatherNd', ({ inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  const indices = input(inputs, 1).shape;
  return { dtype, shape: [...indices.slice(0, -1), ...shape.slice(indices.at(-1))] };
});
define('OneHot', ({ attrs, inputs }) => {
  const { shape } = input(inputs, 0);
  const [depth = 0] = values(inputs, 1);
  const axis = intAttr(attrs, 'axis', -1);
  return { dtype: input(inputs, 2).dtype, shape: inserted(shape, axis, depth) };
});
define('TopKV2', ({ inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  const [k = 0] = values(inputs, 1);
  const best = [...shape.slice(0, -1), k];
  return [
    { dtype, shape: best },
    { dtype: 'int32', shape: best },
  ];
});
define('UnsortedSegmentSum', ({ inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  const ids = input(inputs, 1).shape;
  const [segments = 0] = values(inputs, 2);
  return { dtype, shape: [segments, ...shape.slice(ids.length)] };
});

define('MatMul', ({ attrs, inputs }) =>
  matrixProduct(inputs, boolAttr(attrs, 'transpose_a'), boolAttr(attrs, 'transpose_b')),
);
define('BatchMatMul BatchMatMulV2 BatchMatMulV3', ({ attrs, inputs }) =>
  matrixProduct(inputs, boolAttr(attrs, 'adj_x'), boolAttr(attrs, 'adj_y')),
);
define('BiasAddGrad', ({ inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  return { dtype, shape: shape.slice(-1) };
});

define('Conv2D', ({ attrs, inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  const filter = input(inputs, 1).shape;
  channelsLast(attrs);
  if (side(shape, 3) !== side(filter, 2))
    throw new Error(`images ${list(shape)} do not have the channels of the filter ${list(filter)}`);
  return { dtype, shape: convolved(shape, filter, side(filter, 3), attrs) };
});
define('DepthwiseConv2dNative', ({ attrs, inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  const filter = input(inputs, 1).shape;
  channelsLast(attrs);
  return { dtype, shape: convolved(shape, filter, side(filter, 2) * side(filter, 3), attrs) };
});
define('Conv2DBackpropInput DepthwiseConv2dNativeBackpropInput', ({ inputs }) => ({
  dtype: input(inputs, 2).dtype,
  shape: values(inputs, 0),
}));
define('Conv2DBackpropFilter DepthwiseConv2dNativeBackpropFilter', ({ inputs }) => ({
  dtype: input(inputs, 0).dtype,
  shape: values(inputs, 1),
}));
define('AvgPool MaxPool', ({ attrs, inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  channelsLast(attrs);
  return { dtype, shape: convolved(shape, intsAttr(attrs, 'ksize').slice(1, 3), side(shape, 3), attrs) };
});
define('AvgPoolGrad', ({ inputs }) => ({ dtype: input(inputs, 1).dtype, shape: values(inputs, 0) }));

define('ResizeBilinear', ({ inputs }) => ({ dtype: 'float32', shape: resized(inputs) }));
define('ResizeNearestNeighbor ResizeNearestNeighborGrad', ({ inputs }) => ({
  dtype: input(inputs, 0).dtype,
  shape: resized(inputs),
}));
define('ResizeBilinearGrad', ({ inputs }) => like(input(inputs, 1)));

define('StatelessRandomNormal StatelessRandomUniform StatelessTruncatedNormal', ({ attrs, inputs }) => ({
  dtype: typeAttr(attrs, 'dtype', 'float32'),
  shape: values(inputs, 0),
}));
define('StatelessRandomUniformInt', ({ inputs }) => ({
  dtype: input(inputs, 2).dtype,
  shape: values(inputs, 0),
}));

function shapeOf({ shape }: KnownTensor): readonly number[] {
  return shape;
}

function like({ dtype, shape }: KnownTensor): TensorSpec {
  return { dtype, shape };
}

function input(inputs: readonly KnownTensor[], i: number): KnownTensor {
  const tensor = inputs[i];
  if (tensor === undefined) throw new Error(`input ${i} is missing`);
  return tensor;
}

/** The values of an input that decides the shape. */
function values(inputs: readonly KnownTensor[], i: number): number[] {
  const { data, shape } = input(inputs, i);
  if (data === undefined)
    throw new Error(`the shape would depend on values computed on the way (input ${i})`);
  const count = elementCount(shape);
  return Array.from({ length: count }, (_, at) => Number(data[data.length === 1 ? 0 : at]));
}

function matrixProduct(inputs: readonly KnownTensor[], transposeA: boolean, transposeB: boolean): TensorSpec {
  const a = input(inputs, 0);
  const b = input(inputs, 1);
  const turned = ({ shape }: KnownTensor, transpose: boolean) => {
    const [rows = 1, columns = 1] = shape.slice(-2);
    return transpose ? [columns, rows] : [rows, columns];
  };
  const [rows = 1, inner] = turned(a, transposeA);
  const [inner2, columns = 1] = turned(b, transposeB);
  if (inner !== inner2) throw new Error(`matrices ${list(a.shape)} and ${list(b.shape)} do not fit`);
  const before = broadcast([a, b].map(({ shape }) => shape.slice(0, -2)));
  return { dtype: a.dtype, shape: [...before, rows, columns] };
}

function channelsLast(attrs: OpAttrs): void {
  const format = 'data_format' in attrs ? stringAttr(attrs, 'data_format') : 'NHWC';
  if (format !== 'NHWC') throw new Error(`images must be NHWC, not ${format}`);
}

function resized(inputs: readonly KnownTensor[]): number[] {
  const { shape } = input(inputs, 0);
  return [side(shape, 0), ...values(inputs, 1), side(shape, 3)];
}
