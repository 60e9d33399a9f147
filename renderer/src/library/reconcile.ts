/** What to write and what to remove so that cached entries are those of the disk. */
export interface Reconciliation<T, K> {
  /** All entries, in the order of the disk. */
  entries: T[];
  /** New or changed ones. */
  put: T[];
  /** Keys that the disk no longer has. */
  remove: K[];
}

/**
 * Compares what the catalogue remembers with what the disk says. `merge` makes the entry to keep from the disk's
 * and the remembered one, carrying over what only the catalogue knows.
 */
export function reconcile<D, T, K extends string>(
  cached: readonly T[],
  disk: readonly D[],
  keyOf: (entry: D | T) => K,
  merge: (disk: D, cached: T | undefined) => T,
): Reconciliation<T, K> {
  const remembered = new Map(cached.map((entry) => [keyOf(entry), entry]));
  const entries: T[] = [];
  const put: T[] = [];
  for (const fromDisk of disk) {
    const key = keyOf(fromDisk);
    const before = remembered.get(key);
    const entry = merge(fromDisk, before);
    remembered.delete(key);
    // What has not changed stays the same object, so that nothing shown is made anew.
    const unchanged = before !== undefined && sameFields(before, entry);
    entries.push(unchanged ? before : entry);
    if (!unchanged) put.push(entry);
  }
  return { entries, put, remove: [...remembered.keys()] };
}

/** Equal in all that survives JSON; blobs count as equal only when they are the same object. */
function sameFields(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof Blob || b instanceof Blob) return false;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    if (!sameFields(Reflect.get(a, key), Reflect.get(b, key))) return false;
  }
  return true;
}
