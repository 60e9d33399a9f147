import { describe, expect, it } from 'vitest';
import { inLanes } from './lanes.ts';
import { tf } from './tf.ts';
import { threadSettings } from './threads.ts';

describe('inLanes', () => {
  const examples = (count: number) => tf.range(0, 3 * count).reshape([count, 3]);

  it('gives the examples of a batch in their order, computed part by part', () => {
    const seen: number[] = [];
    const { y, z } = inLanes(
      { x: examples(6), t: tf.range(0, 6) },
      ({ x, t }) => {
        seen.push(x.shape[0]!);
        return { y: tf.mul(x, 2), z: tf.add(t, 1) };
      },
      2,
    );
    expect(seen).toEqual([3, 3]);
    expect(Array.from(y.dataSync())).toEqual(Array.from({ length: 18 }, (_, i) => 2 * i));
    expect(Array.from(z.dataSync())).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each([
    [5, 2],
    [4, 1],
  ])('leaves a batch of %i whole in %i lanes', (batch, lanes) => {
    const seen: number[] = [];
    inLanes(
      { x: examples(batch) },
      ({ x }) => {
        seen.push(x.shape[0]!);
        return { y: x };
      },
      lanes,
    );
    expect(seen).toEqual([batch]);
  });
});

describe('threadSettings', () => {
  it.each([
    [1, '1'],
    [2, '1'],
    [16, '8'],
    [17, '8'],
  ])('shares %i cores between two lanes', (cores, intra) => {
    expect(threadSettings(cores)).toEqual({ TF_NUM_INTEROP_THREADS: '2', TF_NUM_INTRAOP_THREADS: intra });
  });
});
