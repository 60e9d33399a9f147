/** Seeds of draws, for random numbers without state; loads no TensorFlow, so that threads can use it. */
import { createHash } from 'node:crypto';

/** Two signed 32-bit words, as TensorFlow's stateless operations take them. */
export type SeedPair = [number, number];

/**
 * The seed of one draw: the first eight bytes (little endian) of the SHA-256 of the JSON text
 * `[seed,stream,step,index]`.
 * @param stream what the numbers are for, so that two uses never share them
 * @throws Error when a number is not a safe integer.
 */
export function streamSeed(seed: number, stream: string, step: number, index = 0): SeedPair {
  for (const value of [seed, step, index]) {
    if (!Number.isSafeInteger(value)) throw new Error(`a random stream takes integers, not ${value}`);
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, stream, step, index]))
    .digest();
  return [digest.readInt32LE(0), digest.readInt32LE(4)];
}
