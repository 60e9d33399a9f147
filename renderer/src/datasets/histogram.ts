/** Height of each bar, 0 … 1, from how often each value occurs. */
export function barHeights(counts: readonly number[], most: number, logarithmic: boolean): number[] {
  if (most === 0) return counts.map(() => 0);
  return counts.map((count) =>
    logarithmic ? Math.log1p(count) / Math.log1p(most) : Math.min(1, count / most),
  );
}

/** An outline of bars beside each other, as the `d` of an SVG path in a box 256 wide and 100 high. */
export function outline(heights: readonly number[]): string {
  const width = 256 / Math.max(1, heights.length);
  const points = heights.map((height, index) => {
    const y = (100 * (1 - height)).toFixed(2);
    return `V${y}H${((index + 1) * width).toFixed(2)}`;
  });
  return `M0 100${points.join('')}V100Z`;
}
