import { philoxWords } from './philox.ts';
import type { SeedPair } from './stream-seed.ts';

/** `count` numbers, uniform in [0, 1), drawn outside TensorFlow, so that they are the same on every device. */
export function uniformFloats(seed: SeedPair, count: number): Float32Array {
  const next = philoxWords(seed);
  // 24 bits: all of a float32's fraction, so that none rounds up to 1.
  return Float32Array.from({ length: count }, () => (next() >>> 8) / 0x100_0000);
}

/** `count` standard normal numbers (Box and Muller 1958), drawn outside TensorFlow. */
export function normals(seed: SeedPair, count: number): Float32Array {
  const next = philoxWords(seed);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    // 1 − u lies in (0, 1], so that the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - next() / 0x1_0000_0000));
    const angle = (2 * Math.PI * next()) / 0x1_0000_0000;
    out[i] = radius * Math.cos(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}
