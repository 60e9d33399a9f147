/** Number of elements of a shape: the product of its lengths; 1 for a scalar's, which has none. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
