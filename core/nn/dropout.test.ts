import { describe, expect, it } from 'vitest';
import { tf, type Tensor4D } from '../tensor/tf.ts';
import { seededDropout } from './dropout.ts';

const seed = () => tf.tensor1d([3, 4], 'int32');
const ones = (examples: number) => tf.ones([examples, 16, 16, 8]) as Tensor4D;

describe('seededDropout', () => {
  it('drops its share of the values, and scales the rest so that the mean stays', () => {
    tf.tidy(() => {
      const values = seededDropout(0.2, seed(), 4)('encoder')(ones(4)).dataSync();
      const kept = values.filter((value) => value !== 0);
      expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.8)]));
      // Four standard deviations of a binomial.
      const tolerance = 4 * Math.sqrt(0.2 * 0.8 * values.length);
      expect(Math.abs(kept.length - 0.8 * values.length)).toBeLessThan(tolerance);
    });
  });

  it('has one mask a layer, the same in each pass of a network, also in one of the first examples alone', () => {
    tf.tidy(() => {
      const source = seededDropout(0.5, seed(), 4);
      const masks = (network: 'encoder' | 'decoder', examples = 4) => {
        const dropout = source(network);
        return [dropout(ones(examples)), dropout(ones(examples))].map((mask) => Array.from(mask.dataSync()));
      };
      const [first, second] = masks('encoder');
      expect(masks('encoder')).toEqual([first, second]);
      expect(second).not.toEqual(first);
      expect(masks('decoder')[0]).not.toEqual(first);
      expect(masks('encoder', 2)[0]).toEqual(first?.slice(0, 2 * 16 * 16 * 8));
    });
  });

  it('passes the gradient where the value passed', () => {
    tf.tidy(() => {
      const pass = (x: Tensor4D) => seededDropout(0.5, seed(), 1)('encoder')(x);
      const value = pass(ones(1));
      const gradient = tf.grad((x) => pass(x as Tensor4D))(ones(1));
      expect(Array.from(gradient.dataSync())).toEqual(Array.from(value.dataSync()));
    });
  });
});
