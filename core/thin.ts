/** At most `limit` evenly spaced items with the first and the last among them. */
export function thin<T>(items: readonly T[], limit: number): T[] {
  if (items.length <= limit) return [...items];
  if (limit <= 1) return items.slice(-1);
  const kept: T[] = [];
  for (let i = 0; i < limit; i++) {
    const item = items[Math.round((i * (items.length - 1)) / (limit - 1))];
    if (item !== undefined) kept.push(item);
  }
  return kept;
}
