/** Numbers in few digits that count, for sentences and tables. */

/** So many significant digits at most, without idle zeros. */
export function significant(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

/** Three significant digits or so many, without an exponent where that is short. */
export function formatNumber(value: number, digits = 3): string {
  const size = Math.abs(value);
  return value !== 0 && (size < 1e-3 || size >= 1e6)
    ? value.toExponential(digits - 1)
    : significant(value, digits);
}
