/**
 * Weights as whole numbers of 8 bits: symmetric, one scale for each output channel, the largest value of a channel at ±127 (Jacob
 * et al. 2018, section 2; per channel as in Krishnamoorthi 2018, section 3.1).
 */
import type { ParameterLayout } from '../../nn/parameters.ts';
import { elementCount } from '../../shape.ts';

/** A smaller constant is no kernel worth rounding. */
const FEWEST_VALUES = 64;

export interface Quantised {
  /** One a channel. */
  scales: Float32Array;
  values: Int8Array;
}

/** Whether a kernel of that many values is rounded: those that are the bulk of a model. */
export function isWorthRounding(shape: readonly number[]): boolean {
  return shape.length >= 2 && elementCount(shape) >= FEWEST_VALUES;
}

/**
 * Rounds a kernel. Doing it again with what {@link dequantised} gives finds the same whole numbers.
 * @param axis that of the output channels
 */
export function quantised(data: Float32Array, shape: readonly number[], axis: number): Quantised {
  const channels = shape[axis] ?? 1;
  const inner = elementCount(shape.slice(axis + 1));
  const channelOf = (i: number): number => Math.floor(i / inner) % channels;
  const largest = new Float32Array(channels);
  data.forEach((value, i) => {
    const channel = channelOf(i);
    if (Math.abs(value) > largest[channel]!) largest[channel] = Math.abs(value);
  });
  const scales = largest.map((most) => (most === 0 ? 1 : most / 127));
  const values = Int8Array.from(data, (value, i) =>
    Math.max(-127, Math.min(127, Math.round(value / scales[channelOf(i)]!))),
  );
  return { scales, values };
}

/** The numbers that rounded ones stand for. */
export function dequantised(
  { scales, values }: Quantised,
  shape: readonly number[],
  axis: number,
): Float32Array {
  const inner = elementCount(shape.slice(axis + 1));
  return Float32Array.from(values, (value, i) => value * scales[Math.floor(i / inner) % scales.length]!);
}

/** All kernels of a model rounded, the rest as it is. @param flat as the layout has it */
export function roundedWeights(layout: ParameterLayout, flat: Float32Array): Float32Array {
  const rounded = flat.slice();
  layout.specs.forEach(({ shape }, i) => {
    if (!isWorthRounding(shape)) return;
    const offset = layout.offsets[i] ?? 0;
    const own = flat.subarray(offset, offset + elementCount(shape));
    // Convolutions have their outputs last, dense layers first.
    const axis = shape.length === 4 ? 3 : 0;
    rounded.set(dequantised(quantised(own, shape, axis), shape, axis), offset);
  });
  return rounded;
}
