/** Numbers of arrays (npy, IDX). */

/** NumPy's kinds: `b` truth values, `u` and `i` whole numbers, `f` floating point. */
export interface NumberType {
  kind: 'b' | 'u' | 'i' | 'f';
  /** Bytes a number: 1, 2, 4 or 8. */
  size: 1 | 2 | 4 | 8;
  littleEndian: boolean;
}

/** `uint8`, `float32` … as NumPy names them. */
export function nameOfType({ kind, size }: NumberType): string {
  if (kind === 'b') return 'bool';
  return `${{ u: 'uint', i: 'int', f: 'float' }[kind]}${size * 8}`;
}

/** Numbers as they were read. */
export type Numbers =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

const MACHINE_IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Reads numbers, as many as there are whole ones. 64-bit ones lose what a double cannot hold. */
export function readNumbers(bytes: Uint8Array, type: NumberType): Numbers {
  const { kind, size, littleEndian } = type;
  if (size === 1 && kind !== 'i') return bytes;
  const count = Math.floor(bytes.length / size);
  if (size === 1 || littleEndian === MACHINE_IS_LITTLE) {
    const viewed = viewOf(bytes, type, count);
    if (viewed !== null) return viewed;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result = new Float64Array(count);
  const get = getter(view, kind, size, littleEndian);
  for (let i = 0; i < count; i++) result[i] = get(i * size);
  return result;
}

/** The numbers as the machine has them; null where it has no such type. */
function viewOf(bytes: Uint8Array, { kind, size }: NumberType, count: number): Numbers | null {
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  if (kind === 'f') {
    if (size === 4) return new Float32Array(buffer, byteOffset, count);
    return size === 8 ? new Float64Array(buffer, byteOffset, count) : null;
  }
  const signed = kind === 'i';
  switch (size) {
    case 1:
      return new Int8Array(buffer, byteOffset, count);
    case 2:
      return signed ? new Int16Array(buffer, byteOffset, count) : new Uint16Array(buffer, byteOffset, count);
    case 4:
      return signed ? new Int32Array(buffer, byteOffset, count) : new Uint32Array(buffer, byteOffset, count);
    case 8:
      return null;
  }
}

function getter(
  view: DataView,
  kind: NumberType['kind'],
  size: NumberType['size'],
  little: boolean,
): (at: number) => number {
  if (kind === 'f') {
    if (size === 2) return (at) => half(view.getUint16(at, little));
    return size === 4 ? (at) => view.getFloat32(at, little) : (at) => view.getFloat64(at, little);
  }
  const signed = kind === 'i';
  switch (size) {
    case 1:
      return (at) => view.getInt8(at);
    case 2:
      return signed ? (at) => view.getInt16(at, little) : (at) => view.getUint16(at, little);
    case 4:
      return signed ? (at) => view.getInt32(at, little) : (at) => view.getUint32(at, little);
    case 8: {
      // Twice as quick as by way of a BigInt.
      const [low, high] = little ? [0, 4] : [4, 0];
      return (at) =>
        (signed ? view.getInt32(at + high, little) : view.getUint32(at + high, little)) * 2 ** 32 +
        view.getUint32(at + low, little);
    }
  }
}

/** IEEE 754 binary16 → number. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
