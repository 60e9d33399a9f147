/** Round values within a logarithmic axis, the more for each power of ten the fewer of those it spans. */
export function logarithmicTicks(min: number, max: number): number[] {
  if (!(min > 0) || !(max > min)) return [];
  const decades = Math.log10(max / min);
  const leads =
    decades > 2.2 ? [1] : decades > 1.2 ? [1, 3] : decades > 0.6 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
    for (const lead of leads) {
      const tick = lead * 10 ** power;
      if (tick >= min && tick <= max) ticks.push(Number(tick.toPrecision(3)));
    }
  }
  return ticks;
}
