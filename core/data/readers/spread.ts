/** Up to `count` different indices below `total`, evenly spread and in order; the first is 0. */
export function spread(total: number, count: number): number[] {
  const taken = Math.min(total, Math.max(0, count));
  return Array.from({ length: taken }, (_, i) => Math.floor((i * total) / taken));
}
