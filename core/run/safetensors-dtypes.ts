/** The element types of safetensors files. */

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** The dtypes that are read. Half precision becomes float32, which holds each of its values. */
export const DTYPES = {
  BOOL: { bytes: 1, make: (b: ArrayBuffer): TensorData => new Uint8Array(b) },
  U8: { bytes: 1, make: (b: ArrayBuffer): TensorData => new Uint8Array(b) },
  I8: { bytes: 1, make: (b: ArrayBuffer): TensorData => new Int8Array(b) },
  U16: { bytes: 2, make: (b: ArrayBuffer): TensorData => new Uint16Array(b) },
  I16: { bytes: 2, make: (b: ArrayBuffer): TensorData => new Int16Array(b) },
  F16: { bytes: 2, make: (b: ArrayBuffer): TensorData => fromHalf(new Uint16Array(b)) },
  BF16: { bytes: 2, make: (b: ArrayBuffer): TensorData => fromBrainFloat(new Uint16Array(b)) },
  U32: { bytes: 4, make: (b: ArrayBuffer): TensorData => new Uint32Array(b) },
  I32: { bytes: 4, make: (b: ArrayBuffer): TensorData => new Int32Array(b) },
  F32: { bytes: 4, make: (b: ArrayBuffer): TensorData => new Float32Array(b) },
  U64: { bytes: 8, make: (b: ArrayBuffer): TensorData => new BigUint64Array(b) },
  I64: { bytes: 8, make: (b: ArrayBuffer): TensorData => new BigInt64Array(b) },
  F64: { bytes: 8, make: (b: ArrayBuffer): TensorData => new Float64Array(b) },
} as const;

/** Dtypes that the format has besides, for an honest sentence. */
export const UNREAD_DTYPES = new Set(
  'F4 F6_E2M3 F6_E3M2 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ C64'.split(' '),
);

/** Whether a type can be read. */
export function isKnown(dtype: string): dtype is keyof typeof DTYPES {
  return Object.hasOwn(DTYPES, dtype);
}

/** IEEE half precision: 1 sign, 5 exponent, 10 fraction bits. */
function fromHalf(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** bfloat16: the upper half of a float32. */
function fromBrainFloat(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (upper) => upper << 16).buffer);
}

/** Numbers in IEEE half precision, as they are written. */
export class HalfFloats extends Uint16Array {
  /**
   * The nearest half of each number, of two equally near the even one, as IEEE 754 rounds.
   *
   * @throws RangeError when one is too large for half precision, or none
   */
  static nearestTo(values: Float32Array): HalfFloats {
    const halves = new HalfFloats(values.length);
    values.forEach((value, i) => (halves[i] = toHalf(value)));
    return halves;
  }
}

/** Smallest number that is rounded beyond the largest half. */
const TOO_LARGE = 65520;

function toHalf(value: number): number {
  const size = Math.abs(value);
  if (!(size < TOO_LARGE)) throw new RangeError(`${value} is too large for half precision`);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  // The distance of two halves there is 2 to the power of the exponent − 10.
  const exponent = Math.max(-14, size === 0 ? -14 : Math.floor(Math.log2(size)));
  const steps = roundToEven(size / 2 ** (exponent - 10));
  // Rounded up to the next power of two, the exponent grows by itself.
  return sign | (exponent === -14 ? steps : ((exponent + 14) << 10) + steps);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
