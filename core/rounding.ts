/**
 * Python's `round`, C's `rint`: to the nearest whole number, and half-way to the even one. For what is compared with
 * Pillow's or PyTorch's numbers.
 */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
