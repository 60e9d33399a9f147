/** Each rule against what TensorFlow itself gives for the same inputs. */
import { describe, expect, it } from 'vitest';
import { elementCount } from '../shape.ts';
import type { OpAttrs, TfTypeName } from './op-attr.ts';
import { tfTypeName, tfTypes, toNativeAttrs } from './op-attr.ts';
import { outputsOf, type KnownTensor } from './output-shapes.ts';
import { nativeBackend } from './tf.ts';

const float = (...shape: number[]): KnownTensor => ({ dtype: 'float32', shape });
const int = (...shape: number[]): KnownTensor => ({ dtype: 'int32', shape });
const bool = (...shape: number[]): KnownTensor => ({ dtype: 'bool', shape });
const ints = (...data: number[]): KnownTensor => ({ dtype: 'int32', shape: [data.length], data });
const table = (...rows: number[][]): KnownTensor => ({
  dtype: 'int32',
  shape: [rows.length, rows[0]?.length ?? 0],
  data: rows.flat(),
});
const scalar = (value: number): KnownTensor => ({ dtype: 'int32', shape: [], data: [value] });

const T: OpAttrs = { T: { type: 'float32' } };
const window = (padding: string, stride = 1, dilation = 1): OpAttrs => ({
  ...T,
  strides: { int: [1, stride, stride, 1] },
  padding: { string: padding },
  data_format: { string: 'NHWC' },
  dilations: { int: [1, dilation, dilation, 1] },
});
const pool = (padding: string): OpAttrs => ({
  ...T,
  ksize: { int: [1, 3, 2, 1] },
  strides: { int: [1, 2, 2, 1] },
  padding: { string: padding },
  data_format: { string: 'NHWC' },
});
const explicit: OpAttrs = { ...window('EXPLICIT', 2), explicit_paddings: { int: [0, 0, 2, 1, 0, 3, 0, 0] } };

function native(name: string, attrs: OpAttrs, inputs: readonly KnownTensor[], count: number) {
  const { binding } = nativeBackend();
  const handles = inputs.map(({ dtype, shape, data }) => {
    const size = elementCount(shape);
    const Type = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype as 'int32'];
    const values = data === undefined ? new Type(size) : Type.from(Array.from(data));
    return binding.createTensor([...shape], tfTypes[dtype], values);
  });
  const outputs = binding.executeOp(name, toNativeAttrs(attrs), handles, count);
  for (const id of [...handles, ...outputs.map((output) => output.id)]) binding.deleteTensor(id);
  return outputs.map(({ shape, dtype }) => ({ dtype: tfTypeName(dtype), shape }));
}

describe('outputsOf', () => {
  it.each<[string, OpAttrs, KnownTensor[]]>([
    ['Square', T, [float(2, 3)]],
    ['AddN', { ...T, N: { int: 2 } }, [float(2, 3), float(2, 3)]],
    ['BiasAdd', T, [float(2, 5, 5, 3), float(3)]],
    ['ClipByValue', T, [float(2, 3), float(), float()]],
    ['SigmoidGrad', T, [float(2), float(2)]],
    ['Softmax', T, [float(4, 2)]],
    ['Cumsum', { ...T, Tidx: { type: 'int32' } }, [float(4, 2), scalar(1)]],
    ['IsFinite', T, [float(2, 1)]],
    ['LogicalNot', {}, [bool(2)]],
    ['Cast', { SrcT: { type: 'float32' }, DstT: { type: 'int32' } }, [float(3)]],
    ['Cast', { SrcT: { type: 'float32' }, DstT: { type: 'bool' } }, [float(3)]],
    ['AddV2', T, [float(2, 1, 3), float(4, 1)]],
    ['Mul', T, [float(), float(0, 2)]],
    ['Less', T, [float(2, 1), float(3)]],
    ['LogicalAnd', {}, [bool(2, 1), bool(3)]],
    ['Select', T, [bool(2, 3), float(2, 3), float(2, 3)]],
    ['SelectV2', T, [bool(), float(2, 1), float(3)]],
    ['Sum', { ...T, keep_dims: { bool: false } }, [float(2, 3, 4), ints(-1, 0)]],
    ['Mean', { ...T, keep_dims: { bool: true } }, [float(2, 3, 4), ints(1)]],
    ['Max', T, [float(2, 3), ints(0, 1)]],
    ['Any', {}, [bool(2, 3), ints(1)]],
    ['ArgMax', { ...T, output_type: { type: 'int32' } }, [float(2, 3), scalar(-1)]],
    ['L2Loss', T, [float(2, 3)]],
    ['Reshape', T, [float(2, 3, 4), ints(-1, 6)]],
    ['Reshape', T, [float(1), ints()]],
    ['Transpose', T, [float(2, 3, 4), ints(2, 0, 1)]],
    ['ExpandDims', T, [float(2, 3), scalar(-1)]],
    ['ExpandDims', T, [float(2, 3), scalar(1)]],
    ['BroadcastTo', T, [float(2, 1), ints(4, 2, 3)]],
    ['Fill', T, [ints(2, 3), float()]],
    ['Tile', T, [float(2, 3), ints(1, 4)]],
    ['Pad', T, [float(2, 3), table([1, 0], [0, 2])]],
    ['PadV2', T, [float(2, 3), table([1, 0], [0, 2]), float()]],
    ['Slice', T, [float(4, 5), ints(1, 2), ints(2, -1)]],
    ['StridedSlice', T, [float(6, 5), ints(1, 0), ints(6, 5), ints(2, 3)]],
    ['StridedSlice', T, [float(6, 5), ints(-1, -2), ints(0, 9), ints(-2, 1)]],
    [
      'StridedSlice',
      { ...T, begin_mask: { int: 1 }, end_mask: { int: 1 }, shrink_axis_mask: { int: 2 } },
      [float(6, 5, 2), ints(3, 1), ints(4, 2), ints(-1, 1)],
    ],
    ['ConcatV2', { ...T, N: { int: 2 } }, [float(2, 3), float(2, 4), scalar(-1)]],
    ['Pack', { ...T, N: { int: 2 }, axis: { int: -1 } }, [float(2, 3), float(2, 3)]],
    ['Unpack', { ...T, num: { int: 3 }, axis: { int: 1 } }, [float(2, 3)]],
    ['SplitV', { ...T, num_split: { int: 2 } }, [float(2, 5), ints(2, 3), scalar(-1)]],
    ['GatherV2', { batch_dims: { int: 0 } }, [float(4, 5, 6), int(2, 3), scalar(1)]],
    ['GatherV2', { batch_dims: { int: 1 } }, [float(4, 5, 6), int(4, 3), scalar(1)]],
    ['GatherNd', {}, [float(4, 5, 6), int(3, 2)]],
    ['OneHot', { axis: { int: -1 } }, [int(3, 2), scalar(7), float(), float()]],
    ['OneHot', { axis: { int: 1 } }, [int(3, 2), scalar(7), float(), float()]],
    ['TopKV2', T, [float(3, 5), scalar(2)]],
    ['UnsortedSegmentSum', T, [float(3, 2, 5), int(3), scalar(4)]],
    ['MatMul', { ...T, transpose_a: { bool: true } }, [float(3, 2), float(3, 5)]],
    ['MatMul', { ...T, transpose_b: { bool: true } }, [float(2, 3), float(5, 3)]],
    ['BatchMatMulV2', { ...T, adj_y: { bool: true } }, [float(4, 1, 2, 3), float(6, 5, 3)]],
    ['BatchMatMulV2', { ...T, adj_x: { bool: true } }, [float(3, 2), float(4, 3, 5)]],
    ['BiasAddGrad', T, [float(2, 4, 4, 3)]],
    ['Conv2D', window('SAME', 2), [float(2, 7, 8, 3), float(3, 3, 3, 5)]],
    ['Conv2D', window('VALID', 2), [float(2, 7, 8, 3), float(3, 2, 3, 5)]],
    ['Conv2D', window('VALID', 1, 2), [float(2, 7, 8, 3), float(3, 2, 3, 5)]],
    ['Conv2D', explicit, [float(2, 7, 8, 3), float(3, 2, 3, 5)]],
    ['DepthwiseConv2dNative', window('SAME', 2), [float(2, 7, 8, 3), float(3, 3, 3, 2)]],
    ['Conv2DBackpropInput', window('SAME', 2), [ints(2, 7, 8, 3), float(3, 3, 3, 5), float(2, 4, 4, 5)]],
    ['Conv2DBackpropFilter', window('SAME', 2), [float(2, 7, 8, 3), ints(3, 3, 3, 5), float(2, 4, 4, 5)]],
    ['AvgPool', pool('VALID'), [float(2, 7, 8, 3)]],
    ['MaxPool', pool('SAME'), [float(2, 7, 8, 3)]],
    ['AvgPoolGrad', pool('VALID'), [ints(2, 7, 8, 3), float(2, 3, 4, 3)]],
    ['MaxPoolGrad', pool('SAME'), [float(2, 7, 8, 3), float(2, 4, 4, 3), float(2, 4, 4, 3)]],
    ['ResizeBilinear', T, [float(2, 7, 8, 3), ints(3, 4)]],
    ['ResizeNearestNeighbor', T, [float(2, 7, 8, 3), ints(14, 16)]],
    ['ResizeNearestNeighborGrad', T, [float(2, 14, 16, 3), ints(7, 8)]],
    ['ResizeBilinearGrad', T, [float(2, 14, 16, 3), float(2, 7, 8, 3)]],
    ['StatelessRandomNormal', { dtype: { type: 'float32' } }, [ints(3, 2), ints(1, 2)]],
    ['StatelessRandomUniform', {}, [ints(), ints(1, 2)]],
  ])('%s', (name, attrs, inputs) => {
    const found = outputsOf(name, attrs, inputs);
    expect(found).not.toBeNull();
    expect(found).toEqual(native(name, attrs, inputs, found?.length ?? 0));
  });

  it.each<[string, OpAttrs, KnownTensor[], RegExp]>([
    ['AddV2', T, [float(2, 3), float(4, 3)], /\[2, 3\] and \[4, 3\] do not fit/],
    ['MatMul', T, [float(2, 3), float(4, 3)], /matrices \[2, 3\] and \[4, 3\]/],
    ['Reshape', T, [float(2, 3), ints(4, -1)], /\[2, 3\] cannot be seen as \[4, -1\]/],
    ['ConcatV2', { ...T, N: { int: 2 } }, [float(2, 3), float(4, 4), scalar(1)], /cannot be joined/],
    ['SplitV', { ...T, num_split: { int: 1 } }, [float(2, 3), ints(2), scalar(1)], /does not consist/],
    ['Slice', T, [float(4), ints(2), ints(3)], /does not lie in \[4\]/],
    ['Conv2D', window('SAME'), [float(2, 7, 8, 4), float(3, 3, 3, 5)], /channels/],
    ['Reshape', T, [float(2, 3), int(2)], /values computed on the way/],
  ])('%s: says why it cannot be, as TensorFlow refuses it too', (name, attrs, inputs, reason) => {
    expect(() => outputsOf(name, attrs, inputs)).toThrow(reason);
    if (!reason.source.includes('values')) expect(() => native(name, attrs, inputs, 1)).toThrow();
  });

  it('knows nothing of an operation without a rule', () => {
    expect(outputsOf('Cholesky', T, [float(2, 2)])).toBeNull();
  });

  it('has types that TensorFlow cannot hand over', () => {
    const dtype: TfTypeName = 'bfloat16';
    expect(outputsOf('Cast', { DstT: { type: dtype } }, [float(2)])).toEqual([{ dtype, shape: [2] }]);
  });
});
