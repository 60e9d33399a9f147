import { describe, expect, it } from 'vitest';
import { elementCount } from '../shape.ts';
import { normals } from '../tensor/noise.ts';
import { tf, type Tensor, type Tensor2D, type Tensor4D } from '../tensor/tf.ts';
import { withDerivedGradients } from './own-gradient.ts';
import { biasAdd, groupNormAffine, pixelNorm, silu } from './ops.ts';

const noise = <T extends Tensor>(stream: number, ...shape: number[]): T =>
  tf.tensor(normals([7, stream], elementCount(shape)), shape) as T;

function expectClose(actual: Tensor, wanted: Tensor): void {
  expect(actual.shape).toEqual(wanted.shape);
  const difference = tf.max(tf.abs(tf.sub(actual, wanted))).dataSync()[0] ?? NaN;
  const largest = tf.max(tf.abs(wanted)).dataSync()[0] ?? NaN;
  expect(difference / largest).toBeLessThan(2e-5);
}

/** The same in tfjs's own operations, with the gradients that tfjs derives. */
function plainGroupNorm(
  x: Tensor4D,
  scale: Tensor2D,
  shift: Tensor2D,
  options: { groups: number; eps: number; silu: boolean },
): Tensor {
  const [b, h, w, c] = x.shape;
  const grouped = tf.reshape(x, [b, h * w, options.groups, c / options.groups]);
  const { mean, variance } = tf.moments(grouped, [1, 3], true);
  const normed = tf.reshape(tf.div(tf.sub(grouped, mean), tf.sqrt(tf.add(variance, options.eps))), [
    b,
    h,
    w,
    c,
  ]);
  const u = tf.add(tf.mul(normed, tf.reshape(scale, [-1, 1, 1, c])), tf.reshape(shift, [-1, 1, 1, c]));
  return options.silu ? tf.mul(u, tf.sigmoid(u)) : u;
}

describe('groupNormAffine', () => {
  for (const silu of [true, false]) {
    for (const examples of [1, 3]) {
      it(`has the value and gradients of its parts (SiLU ${silu}, scale of ${examples} examples)`, () => {
        tf.tidy(() => {
          const options = { groups: 4, eps: 1e-5, silu };
          const x = tf.add(noise<Tensor4D>(1, 3, 5, 4, 16), 0.7) as Tensor4D;
          const scale = noise<Tensor2D>(2, examples, 16);
          const shift = noise<Tensor2D>(3, examples, 16);
          const dy = noise<Tensor4D>(4, 3, 5, 4, 16);
          const own = (a: Tensor, b: Tensor, c: Tensor) =>
            groupNormAffine(a as Tensor4D, b as Tensor2D, c as Tensor2D, options);
          const plain = (a: Tensor, b: Tensor, c: Tensor) =>
            plainGroupNorm(a as Tensor4D, b as Tensor2D, c as Tensor2D, options);
          expectClose(own(x, scale, shift), plain(x, scale, shift));
          const gradients = tf.grads(own)([x, scale, shift], dy);
          const wanted = tf.grads(plain)([x, scale, shift], dy);
          gradients.forEach((gradient, i) => expectClose(gradient, wanted[i] as Tensor));
        });
      });
    }
  }
});

describe('biasAdd', () => {
  it('has the value and gradients of an addition', () => {
    tf.tidy(() => {
      const x = noise<Tensor4D>(1, 2, 3, 3, 5);
      const bias = noise<Tensor>(2, 5);
      const dy = noise<Tensor4D>(3, 2, 3, 3, 5);
      expectClose(biasAdd(x, bias), tf.add(x, bias));
      const gradients = tf.grads((a, b) => biasAdd(a, b))([x, bias], dy);
      const wanted = tf.grads((a, b) => tf.add(a, b))([x, bias], dy);
      gradients.forEach((gradient, i) => expectClose(gradient, wanted[i] as Tensor));
    });
  });
});

describe('silu and pixelNorm', () => {
  const plain = {
    silu: (x: Tensor) => tf.mul(x, tf.sigmoid(x)),
    pixelNorm: (x: Tensor) => tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), 1e-8))),
  };

  it.each([
    ['silu', silu, plain.silu],
    ['pixelNorm', pixelNorm as (x: Tensor) => Tensor, plain.pixelNorm],
  ] as const)('%s has the value and the gradient that tfjs derives', (_, own, derived) => {
    tf.tidy(() => {
      const x = noise<Tensor2D>(4, 3, 8);
      const dy = noise<Tensor2D>(5, 3, 8);
      expectClose(own(x), derived(x));
      expectClose(tf.grad(own)(x, dy), tf.grad(derived)(x, dy));
    });
  });
});

describe('gradients that tfjs derives', () => {
  it('are those written by hand, in the same functions', () => {
    tf.tidy(() => {
      const x = noise<Tensor4D>(1, 2, 3, 3, 8);
      const options = { groups: 2, eps: 1e-5, silu: true };
      const functions: ((x: Tensor, b: Tensor) => Tensor)[] = [
        (a, b) => biasAdd(a, tf.reshape(b, [8])),
        (a) => silu(a),
        (a) => pixelNorm(tf.reshape(a, [-1, 8])),
        (a, b) => groupNormAffine(a as Tensor4D, b as Tensor2D, b as Tensor2D, options),
      ];
      for (const f of functions) {
        // The mean is there so that every function depends on both.
        const both = (a: Tensor, b: Tensor) => tf.add(tf.reshape(f(a, b), x.shape), tf.mean(b));
        const at = [x, noise(2, 1, 8)];
        const dy = noise(3, ...x.shape);
        const own = tf.grads(both)(at, dy);
        const derived = withDerivedGradients(() => tf.grads(both)(at, dy));
        own.forEach((gradient, i) => expectClose(gradient, derived[i] as Tensor));
      }
    });
  });
});
