import { elementCount } from '../shape.ts';
import { normals, uniformFloats } from '../tensor/noise.ts';
import { streamSeed, type SeedPair } from '../tensor/random.ts';
import { tf, type Tensor, type Tensor1D } from '../tensor/tf.ts';

/** How a parameter begins (`weight_init` in the reference's networks/autoencoder.py, and its scalings). */
export type Initialiser =
  | { kind: 'zeros' }
  | { kind: 'ones' }
  /** gain · √(6 / (fanIn + fanOut)) · U(−1, 1) (Glorot & Bengio 2010, equation 16) */
  | { kind: 'xavier'; fanIn: number; fanOut: number; gain: number }
  /** mean + std · N(0, 1) */
  | { kind: 'normal'; mean: number; std: number }
  /** bound · U(−1, 1) */
  | { kind: 'uniform'; bound: number };

/**
 * One parameter. `shape` is the one in memory; `torchShape` the reference's. They differ for convolution
 * kernels alone, which lie as height × width × in × out here and as out × in × height × width there.
 */
export interface ParameterSpec {
  name: string;
  shape: readonly number[];
  torchShape: readonly number[];
  initialiser: Initialiser;
}

/** Where each parameter lies in the flat vector that holds them all. */
export interface ParameterLayout {
  readonly specs: readonly ParameterSpec[];
  readonly offsets: readonly number[];
  /** Number of values in all. */
  readonly size: number;
}

/** A tensor with the same value everywhere. */
export interface ConstantTensor {
  shape: number[];
  value: number;
}

/** Parameters by their names in the reference implementation. */
export type Parameters = Readonly<Record<string, Tensor>>;

/** A parameter by name. @throws Error when it is missing. */
export function parameter<T extends Tensor = Tensor>(parameters: Parameters, name: string): T {
  const tensor = parameters[name];
  if (!tensor) throw new Error(`no parameter named ${name}`);
  return tensor as T;
}

/** Named values in the reference's layout, as they lie in safetensors files. */
export type NamedArrays = Record<string, { shape: number[]; data: Float32Array }>;

/** Lays parameters out one after the other, in the order given. Throws on a name given twice. */
export function layOut(specs: readonly ParameterSpec[]): ParameterLayout {
  const offsets: number[] = [];
  const names = new Set<string>();
  let size = 0;
  for (const spec of specs) {
    if (names.has(spec.name)) throw new Error(`parameter ${spec.name} is declared twice`);
    names.add(spec.name);
    offsets.push(size);
    size += elementCount(spec.shape);
  }
  return { specs, offsets, size };
}

/** Views of a flat vector [size] as named tensors; differentiable. */
export function unflatten(layout: ParameterLayout, flat: Tensor1D): Parameters {
  const parts = tf.split(
    flat,
    layout.specs.map((spec) => elementCount(spec.shape)),
  );
  const parameters: Record<string, Tensor> = {};
  layout.specs.forEach((spec, i) => {
    const part = parts[i];
    if (!part) throw new Error(`no values for ${spec.name}`);
    parameters[spec.name] = tf.reshape(part, [...spec.shape]);
  });
  return parameters;
}

/** Initial values as one flat vector, a pure function of the seed and each parameter's name. */
export function initialValues(layout: ParameterLayout, seed: number): Float32Array {
  const flat = new Float32Array(layout.size);
  layout.specs.forEach((spec, i) => {
    const offset = layout.offsets[i] ?? 0;
    const values = flat.subarray(offset, offset + elementCount(spec.shape));
    fill(values, spec.initialiser, streamSeed(seed, `initial:${spec.name}`, 0));
  });
  return flat;
}

function fill(values: Float32Array, initialiser: Initialiser, seed: SeedPair): void {
  const uniform = (bound: number) =>
    values.set(uniformFloats(seed, values.length).map((u) => bound * (2 * u - 1)));
  switch (initialiser.kind) {
    case 'zeros':
      return;
    case 'ones':
      values.fill(1);
      return;
    case 'xavier':
      uniform(initialiser.gain * Math.sqrt(6 / (initialiser.fanIn + initialiser.fanOut)));
      return;
    case 'uniform':
      uniform(initialiser.bound);
      return;
    case 'normal': {
      const { mean, std } = initialiser;
      values.set(normals(seed, values.length).map((n) => mean + std * n));
      return;
    }
  }
}

/** Index into the memory layout of each value in the reference's order; null when they agree. */
function torchOrder(spec: ParameterSpec): Uint32Array | null {
  if (spec.shape.length !== 4) return null;
  const [height = 0, width = 0, inputs = 0, outputs = 0] = spec.shape;
  const order = new Uint32Array(elementCount(spec.shape));
  let i = 0;
  for (let o = 0; o < outputs; o++)
    for (let c = 0; c < inputs; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) order[i++] = ((y * width + x) * inputs + c) * outputs + o;
  return order;
}

/** Named copies in the reference's layout (OIHW), each name with `prefix` before it. */
export function toTorch(layout: ParameterLayout, flat: Float32Array, prefix = ''): NamedArrays {
  const arrays: NamedArrays = {};
  layout.specs.forEach((spec, i) => {
    const offset = layout.offsets[i] ?? 0;
    const values = flat.subarray(offset, offset + elementCount(spec.shape));
    const order = torchOrder(spec);
    const data = order ? Float32Array.from(order, (at) => values[at] ?? 0) : values.slice();
    arrays[prefix + spec.name] = { shape: [...spec.torchShape], data };
  });
  return arrays;
}

/**
 * The flat vector from named arrays in the reference's layout.
 * @throws Error naming the first parameter that is missing or has another shape.
 */
export function fromTorch(layout: ParameterLayout, arrays: Readonly<NamedArrays>, prefix = ''): Float32Array {
  const flat = new Float32Array(layout.size);
  layout.specs.forEach((spec, i) => {
    const offset = layout.offsets[i] ?? 0;
    const array = arrays[prefix + spec.name];
    if (!array) throw new Error(`the weights lack ${prefix}${spec.name}`);
    if (array.shape.join('×') !== spec.torchShape.join('×')) {
      throw new Error(
        `${prefix}${spec.name} is ${array.shape.join('×')} in the weights, the network needs ${spec.torchShape.join('×')}`,
      );
    }
    const order = torchOrder(spec);
    if (order) order.forEach((at, j) => (flat[offset + at] = array.data[j] ?? 0));
    else flat.set(array.data, offset);
  });
  return flat;
}
