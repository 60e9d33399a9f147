/** Places of a grid, row by row; a single column or row lies in the middle. */
export function gridPlaces(columns: number, rows: number): [x: number, y: number][] {
  const at = (i: number, n: number): number => (n === 1 ? 0.5 : i / (n - 1));
  return Array.from({ length: columns * rows }, (_, i) => [
    at(i % columns, columns),
    at(Math.floor(i / columns), rows),
  ]);
}
