/**
 * Shapes and types of what an operation gives, from those of its inputs alone: with them a function is recorded
 * without computing anything. As TensorFlow's own shape functions say (tensorflow/core/ops/*.cc).
 */
import type { OpAttr, OpAttrs, TfTypeName } from './op-attr.ts';
import { elementCount } from '../shape.ts';

/** What is known of a tensor while recording. */
export interface KnownTensor {
  readonly dtype: TfTypeName;
  readonly shape: readonly number[];
  /** Its values, where they depend on neither state nor inputs; one stands for all where all are the same. */
  readonly data?: ArrayLike<number>;
}

export interface OutputInfo {
  readonly dtype: TfTypeName;
  readonly shape: readonly number[];
}

interface Call {
  readonly name: string;
  readonly attrs: OpAttrs;
  readonly inputs: readonly KnownTensor[];
}

type Rule = (call: Call) => OutputInfo | OutputInfo[];

/**
 * What `name` gives for these inputs; null for an operation that has no rule here.
 * @throws Error saying in what way the inputs do not fit each other
 */
export function outputsOf(name: string, attrs: OpAttrs, inputs: readonly KnownTensor[]): OutputInfo[] | null {
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
define('Cast', ({ attrs, inputs }) => ({ dtype: type(attrs, 'DstT'), shape: input(inputs, 0).shape }));

define(
  `Add AddV2 Atan2 BitwiseAnd BitwiseOr BitwiseXor Div DivNoNan FloorDiv FloorMod LeftShift LogicalAnd LogicalOr
   Maximum Minimum Mod Mul Pow RealDiv RightShift SquaredDifference Sub`,
  ({ inputs }) => ({ dtype: input(inputs, 0).dtype, shape: broadcast(inputs) }),
);
define('Equal Greater GreaterEqual Less LessEqual NotEqual', ({ inputs }) => ({
  dtype: 'bool',
  shape: broadcast(inputs),
}));
define('Select', ({ inputs }) => like(input(inputs, 1)));
define('SelectV2', ({ inputs }) => ({ dtype: input(inputs, 1).dtype, shape: broadcast(inputs) }));

define('All Any Max Mean Min Prod Sum', ({ attrs, inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  return { dtype, shape: reduced(shape, values(inputs, 1), flag(attrs, 'keep_dims')) };
});
define('ArgMax ArgMin', ({ attrs, inputs }) => ({
  dtype: type(attrs, 'output_type', 'int64'),
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
  return { dtype, shape: inserted(shape, number(attrs, 'axis', 0), inputs.length) };
});
define('Unpack', ({ attrs, inputs }) => {
  const { dtype, shape } = input(inputs, 0);
  const axis = axisOf(number(attrs, 'axis', 0), shape.length);
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
  const before = number(attrs, 'batch_dims', 0);
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
  const axis = number(attrs, 'axis', -1);
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
  product(inputs, flag(attrs, 'transpose_a'), flag(attrs, 'transpose_b')),
);
define('BatchMatMul BatchMatMulV2 BatchMatMulV3', ({ attrs, inputs }) =>
  product(inputs, flag(attrs, 'adj_x'), flag(attrs, 'adj_y')),
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
  return { dtype, shape: convolved(shape, numbers(attrs, 'ksize').slice(1, 3), side(shape, 3), attrs) };
});
define('AvgPoolGrad', ({ inputs }) => ({ dtype: input(inputs, 1).dtype, shape: values(inputs, 0) }));

define('ResizeBilinear', ({ inputs }) => ({ dtype: 'float32', shape: resized(inputs) }));
define('ResizeNearestNeighbor ResizeNearestNeighborGrad', ({ inputs }) => ({
  dtype: input(inputs, 0).dtype,
  shape: resized(inputs),
}));
define('ResizeBilinearGrad', ({ inputs }) => like(input(inputs, 1)));

define('StatelessRandomNormal StatelessRandomUniform StatelessTruncatedNormal', ({ attrs, inputs }) => ({
  dtype: type(attrs, 'dtype', 'float32'),
  shape: values(inputs, 0),
}));
define('StatelessRandomUniformInt', ({ inputs }) => ({
  dtype: input(inputs, 2).dtype,
  shape: values(inputs, 0),
}));

function like({ dtype, shape }: KnownTensor): OutputInfo {
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

function side(shape: readonly number[], axis: number): number {
  const length = shape[axis];
  if (length === undefined) throw new Error(`${list(shape)} has no axis ${axis}`);
  return length;
}

function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** A new axis of `length` before `axis` (counted from the end of the result where negative). */
function inserted(shape: readonly number[], axis: number, length: number): number[] {
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  return [...shape.slice(0, at), length, ...shape.slice(at)];
}

function broadcast(inputs: readonly KnownTensor[]): number[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const lengths = inputs.map(({ shape }) => shape[i - rank + shape.length] ?? 1).filter((n) => n !== 1);
    const [length = 1] = lengths;
    if (lengths.some((n) => n !== length))
      throw new Error(`shapes ${inputs.map(({ shape }) => list(shape)).join(' and ')} do not fit`);
    return length;
  });
}

function reduced(shape: readonly number[], axes: readonly number[], keep: boolean): number[] {
  const gone = new Set(axes.map((axis) => axisOf(axis, shape.length)));
  return shape.flatMap((length, i) => (gone.has(i) ? (keep ? [1] : []) : [length]));
}

function reshaped(from: readonly number[], to: readonly number[]): number[] {
  const count = elementCount(from);
  const rest = elementCount(to.filter((length) => length !== -1));
  const shape = to.map((length) => (length === -1 ? count / rest : length));
  if (elementCount(shape) !== count || shape.some((length) => !Number.isInteger(length)))
    throw new Error(`${list(from)} cannot be seen as ${list(to)}`);
  return shape;
}

function product(inputs: readonly KnownTensor[], transposeA: boolean, transposeB: boolean): OutputInfo {
  const a = input(inputs, 0);
  const b = input(inputs, 1);
  const turned = ({ shape }: KnownTensor, transpose: boolean) => {
    const [rows = 1, columns = 1] = shape.slice(-2);
    return transpose ? [columns, rows] : [rows, columns];
  };
  const [rows = 1, inner] = turned(a, transposeA);
  const [inner2, columns = 1] = turned(b, transposeB);
  if (inner !== inner2) throw new Error(`matrices ${list(a.shape)} and ${list(b.shape)} do not fit`);
  const before = broadcast([a, b].map(({ dtype, shape }) => ({ dtype, shape: shape.slice(0, -2) })));
  return { dtype: a.dtype, shape: [...before, rows, columns] };
}

/** NHWC through a window of [height, width] with the attributes of convolutions and pools. */
function convolved(
  shape: readonly number[],
  window: readonly number[],
  channels: number,
  attrs: OpAttrs,
): number[] {
  const strides = numbers(attrs, 'strides');
  const dilations = 'dilations' in attrs ? numbers(attrs, 'dilations') : [1, 1, 1, 1];
  const padding = text(attrs, 'padding');
  const explicit = padding === 'EXPLICIT' ? numbers(attrs, 'explicit_paddings') : [];
  const [height = 0, width = 0] = [1, 2].map((axis) => {
    const length = side(shape, axis);
    const stride = strides[axis] ?? 1;
    if (padding === 'SAME') return Math.ceil(length / stride);
    const reach = ((window[axis - 1] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const padded = length + (explicit[2 * axis] ?? 0) + (explicit[2 * axis + 1] ?? 0);
    return Math.floor((padded - reach) / stride) + 1;
  });
  return [side(shape, 0), height, width, channels];
}

function channelsLast(attrs: OpAttrs): void {
  const format = 'data_format' in attrs ? text(attrs, 'data_format') : 'NHWC';
  if (format !== 'NHWC') throw new Error(`images must be NHWC, not ${format}`);
}

function resized(inputs: readonly KnownTensor[]): number[] {
  const { shape } = input(inputs, 0);
  return [side(shape, 0), ...values(inputs, 1), side(shape, 3)];
}

function strided(
  shape: readonly number[],
  attrs: OpAttrs,
  [begins, ends, strides]: readonly [number[], number[], number[]],
): number[] {
  const mask = (name: string) => number(attrs, name, 0);
  if (mask('ellipsis_mask') !== 0 || mask('new_axis_mask') !== 0)
    throw new Error('a slice with an ellipsis or a new axis cannot be recorded');
  const has = (name: string, axis: number) => ((mask(name) >> axis) & 1) === 1;
  return shape.flatMap((length, axis) => {
    const stride = strides[axis] ?? 1;
    if (axis >= begins.length) return [length];
    if (has('shrink_axis_mask', axis)) return [];
    const [low, high] = stride > 0 ? [0, length] : [-1, length - 1];
    const clamp = (at: number) => Math.min(high, Math.max(low, at < 0 ? at + length : at));
    const begin = has('begin_mask', axis) ? (stride > 0 ? low : high) : clamp(begins[axis] ?? 0);
    const end = has('end_mask', axis) ? (stride > 0 ? high : low) : clamp(ends[axis] ?? 0);
    return [Math.max(0, Math.ceil((end - begin) / stride))];
  });
}

function attribute(attrs: OpAttrs, name: string): OpAttr {
  const attr = attrs[name];
  if (attr === undefined) throw new Error(`the attribute ${name} is missing`);
  return attr;
}

function flag(attrs: OpAttrs, name: string): boolean {
  const attr = attrs[name];
  return attr !== undefined && 'bool' in attr && attr.bool === true;
}

function number(attrs: OpAttrs, name: string, otherwise: number): number {
  const attr = attrs[name];
  return attr !== undefined && 'int' in attr && typeof attr.int === 'number' ? attr.int : otherwise;
}

function numbers(attrs: OpAttrs, name: string): readonly number[] {
  const attr = attribute(attrs, name);
  if ('int' in attr && typeof attr.int !== 'number') return attr.int;
  throw new Error(`the attribute ${name} is not a list of integers`);
}

function text(attrs: OpAttrs, name: string): string {
  const attr = attribute(attrs, name);
  if ('string' in attr) return attr.string;
  throw new Error(`the attribute ${name} is not a text`);
}

function type(attrs: OpAttrs, name: string, otherwise?: TfTypeName): TfTypeName {
  const attr = otherwise === undefined ? attribute(attrs, name) : attrs[name];
  if (attr === undefined && otherwise !== undefined) return otherwise;
  if (attr !== undefined && 'type' in attr) return attr.type;
  throw new Error(`the attribute ${name} is not a type`);
}

function list(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
