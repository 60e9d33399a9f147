/**
 * The Philox4x32-10 counter-based generator: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3" (SC 2011). Each block of four words is a pure function of the key and the block's number.
 */

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const ROUNDS = 10;

/** High 32 bits of the product of two unsigned 32-bit numbers. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // No sum below exceeds 2^53, so each is exact.
  const cross = aHigh * bLow + Math.floor((aLow * bLow) / 0x10000);
  const middle = aLow * bHigh + (cross % 0x10000);
  return (aHigh * bHigh + Math.floor(cross / 0x10000) + Math.floor(middle / 0x10000)) >>> 0;
}

/** Four unsigned 32-bit words for a counter of four and a key of two words. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round += 1) {
    const high0 = mulHigh(M0, c0 >>> 0);
    const low0 = Math.imul(M0, c0);
    const high1 = mulHigh(M1, c2 >>> 0);
    const low1 = Math.imul(M1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** The words of blocks 0, 1, 2, … of a key, one at a time. */
export function philoxWords(key: readonly [number, number]): () => number {
  let block = 0;
  let words: readonly number[] = [];
  let used = 4;
  return () => {
    if (used === 4) {
      words = philox4x32([block >>> 0, Math.floor(block / 0x1_0000_0000), 0, 0], key);
      block += 1;
      used = 0;
    }
    const word = words[used];
    used += 1;
    if (word === undefined) throw new Error('philox block has four words');
    return word;
  };
}
