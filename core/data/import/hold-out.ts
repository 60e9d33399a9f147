/**
 * Chooses the images to hold out of training by their content alone: those with the smallest hashes. So the choice
 * depends on neither the order nor the names of the files, an image that is held out at 10 % is so at 20 %, and equal
 * images stay together.
 *
 * @param hashes two words an image, the first ones of its pixels' hash
 * @param share 0 … 0.5
 * @returns 1 for each image held out, 0 for the others; null when none is
 */
export function holdOut(hashes: Uint32Array, share: number): Uint8Array | null {
  const count = hashes.length / 2;
  const asked = Math.round(count * share);
  if (asked === 0) return null;
  const key = (image: number): number => hashes[2 * image]! * 2 ** 21 + (hashes[2 * image + 1]! >>> 11);
  const keys = Float64Array.from({ length: count }, (_, image) => key(image));
  const sorted = keys.slice().sort();
  // The cut comes before or after a whole group of equal images, whichever is nearer to what was asked for.
  const last = sorted[asked - 1]!;
  const start = sorted.indexOf(last);
  const end = sorted.lastIndexOf(last) + 1;
  const cut = end === count || asked - start < end - asked ? start : end;
  const limit = sorted[cut - 1] ?? -1;
  const flags = Uint8Array.from(keys, (own) => Number(own <= limit));
  return flags.includes(1) ? flags : null;
}
