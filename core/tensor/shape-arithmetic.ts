/** What becomes of shapes: stretched, cut, joined, slid over by a window. Lengths only; no tensor is made. */
import { elementCount } from '../shape.ts';
import { intAttr, intsAttr, stringAttr, type OpAttrs } from './op-attr.ts';

type Shape = readonly number[];

/** The length of one axis. @throws Error when there is no such axis */
export function side(shape: Shape, axis: number): number {
  const length = shape[axis];
  if (length === undefined) throw new Error(`${list(shape)} has no axis ${axis}`);
  return length;
}

/** An axis counted from the front; a negative one counts from the end. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** A new axis of `length` before `axis` (counted from the end of the result where negative). */
export function inserted(shape: Shape, axis: number, length: number): number[] {
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  return [...shape.slice(0, at), length, ...shape.slice(at)];
}

/** The shape that all of them stretch to, as NumPy does it. @throws Error when two lengths differ and neither is 1 */
export function broadcast(shapes: readonly Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const lengths = shapes.map((shape) => shape[i - rank + shape.length] ?? 1).filter((n) => n !== 1);
    const [length = 1] = lengths;
    if (lengths.some((n) => n !== length))
      throw new Error(`shapes ${shapes.map(list).join(' and ')} do not fit`);
    return length;
  });
}

/** What is left when the axes given are summed up; of length 1 when they are to be kept. */
export function reduced(shape: Shape, axes: Shape, keep: boolean): number[] {
  const gone = new Set(axes.map((axis) => axisOf(axis, shape.length)));
  return shape.flatMap((length, i) => (gone.has(i) ? (keep ? [1] : []) : [length]));
}

/** The shape `to` with its one length of −1 filled in. @throws Error when it has another number of elements */
export function reshaped(from: Shape, to: Shape): number[] {
  const count = elementCount(from);
  const rest = elementCount(to.filter((length) => length !== -1));
  const shape = to.map((length) => (length === -1 ? count / rest : length));
  if (elementCount(shape) !== count || shape.some((length) => !Number.isInteger(length)))
    throw new Error(`${list(from)} cannot be seen as ${list(to)}`);
  return shape;
}

/** NHWC through a window of [height, width] with the attributes of convolutions and pools. */
export function convolved(shape: Shape, window: Shape, channels: number, attrs: OpAttrs): number[] {
  const strides = intsAttr(attrs, 'strides');
  const dilations = 'dilations' in attrs ? intsAttr(attrs, 'dilations') : [1, 1, 1, 1];
  const padding = stringAttr(attrs, 'padding');
  const explicit = padding === 'EXPLICIT' ? intsAttr(attrs, 'explicit_paddings') : [];
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

/** What a strided slice takes, with the masks of TensorFlow's StridedSlice. @throws Error for the masks it has no rule for */
export function strided(
  shape: Shape,
  attrs: OpAttrs,
  [begins, ends, strides]: readonly [number[], number[], number[]],
): number[] {
  const mask = (name: string) => intAttr(attrs, name, 0);
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

/** A shape in words: `[2, 3]`. */
export function list(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}
