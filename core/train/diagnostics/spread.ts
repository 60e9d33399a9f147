import type { ImageBatch } from '../../data/dataset.ts';

/**
 * Mean Euclidean distance between two different images of a batch, in units of [−1, 1]; 0 for fewer than two.
 */
export function meanDistance({ count, data }: Pick<ImageBatch, 'count' | 'data'>): number {
  if (count < 2) return 0;
  const size = data.length / count;
  let total = 0;
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      let sum = 0;
      for (let i = 0; i < size; i++) {
        const difference = (data[a * size + i] ?? 0) - (data[b * size + i] ?? 0);
        sum += difference * difference;
      }
      total += Math.sqrt(sum) / 127.5;
    }
  }
  return total / ((count * (count - 1)) / 2);
}
