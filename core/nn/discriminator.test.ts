import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readFloatTensors } from '../run/safetensors.ts';
import { compileProgram } from '../tensor/compile.ts';
import { eagerProgram } from '../tensor/eager.ts';
import { tensorNamed, type HostTensor, type ProgramFunction } from '../tensor/program.ts';
import { tf, type Tensor, type Tensor1D, type Tensor4D } from '../tensor/tf.ts';
import { discriminate, hingeLoss, planDiscriminator, updateStatistics } from './discriminator.ts';
import { fromTorch, initialValues, toTorch, unflatten, type NamedArrays } from './parameters.ts';

const CHANNELS = 3;
const FILTERS = 2;
const plan = planDiscriminator(CHANNELS, FILTERS);

/** Of the largest value, as two implementations in float32 differ. */
const TOLERANCE = 2e-5;

/** NHWC ↔ NCHW. */
const nhwc = ({ shape, data }: HostTensor): Tensor4D =>
  tf.transpose(tf.tensor(data, shape) as Tensor, [0, 2, 3, 1]) as Tensor4D;
const nchw = ({ shape, data }: HostTensor): Float32Array =>
  tf.tidy(() => tf.transpose(tf.tensor(data, shape), [0, 3, 1, 2]).dataSync<'float32'>());

/** Largest difference as a share of the largest value wanted. */
function relativeError(actual: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(actual.length).toBe(wanted.length);
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) {
    difference = Math.max(difference, Math.abs((actual[i] ?? NaN) - (wanted[i] ?? NaN)));
    largest = Math.max(largest, Math.abs(wanted[i] ?? NaN));
  }
  return difference / largest;
}

describe('the discriminator', () => {
  // Written by discriminator.py beside it, from the reference's network in training mode.
  let torch: NamedArrays;
  beforeAll(async () => {
    torch = await readFloatTensors(path.join(import.meta.dirname, 'testdata', 'discriminator.safetensors'));
  });
  const wanted = (name: string) => {
    const tensor = torch[name];
    if (!tensor) throw new Error(`no tensor ${name}`);
    return tensor;
  };

  /** Tells real from generated images and gives all gradients of the hinge loss, in the order of a training step. */
  const step = (shape: readonly number[]): ProgramFunction => ({
    inputs: { real: { shape, dtype: 'float32' }, fake: { shape, dtype: 'float32' } },
    run(state, inputs) {
      const kept: Tensor[] = [];
      const keep = <T extends Tensor>(tensor: T): T => {
        kept.push(tf.keep(tensor));
        return tensor;
      };
      let statistics = tensorNamed<Tensor1D>(state, 'statistics');
      const loss = (flat: Tensor, real: Tensor, fake: Tensor) => {
        const parameters = unflatten(plan.layout, flat as Tensor1D);
        const logits = [real, fake].map((x) => {
          const output = discriminate(plan, parameters, x as Tensor4D);
          statistics = keep(updateStatistics(plan, statistics, output.moments));
          return keep(output.logits);
        });
        return keep(hingeLoss(logits[0] as Tensor, logits[1] as Tensor));
      };
      const [parameters, real, fake] = tf.grads(loss)([
        tensorNamed(state, 'parameters'),
        tensorNamed(inputs, 'real'),
        tensorNamed(inputs, 'fake'),
      ]) as [Tensor, Tensor, Tensor];
      const [, logitsReal, , logitsFake, value] = kept as [Tensor, Tensor, Tensor, Tensor, Tensor];
      return {
        outputs: { parameters, real, fake, logitsReal, logitsFake, loss: value },
        state: { statistics },
      };
    },
  });

  for (const [how, make] of [
    ['op by op', eagerProgram],
    ['compiled', compileProgram],
  ] as const) {
    it(`has PyTorch's logits, gradients and running statistics, ${how}`, () => {
      const parameters = fromTorch(plan.layout, torch, 'param.');
      const statistics = initialValues(plan.statistics, 0);
      const images = tf.tidy(() =>
        [nhwc(wanted('real')), nhwc(wanted('fake'))].map((x) => ({
          shape: x.shape,
          data: Float32Array.from(x.dataSync()),
        })),
      );
      const program = make(
        {
          parameters: { shape: [parameters.length], data: parameters },
          statistics: { shape: [statistics.length], data: statistics },
        },
        { step: step(images[0]?.shape ?? []) },
      );
      const got = program.call('step', {
        real: images[0]?.data ?? new Float32Array(),
        fake: images[1]?.data ?? new Float32Array(),
      });
      const output = (name: string): HostTensor => got[name] ?? { shape: [], data: new Float32Array() };

      expect(relativeError(output('loss').data, wanted('loss').data)).toBeLessThan(1e-5);
      for (const [name, key] of [
        ['logitsReal', 'logits.real'],
        ['logitsFake', 'logits.fake'],
        ['real', 'grad.real'],
        ['fake', 'grad.fake'],
      ] as const) {
        expect(relativeError(nchw(output(name)), wanted(key).data), key).toBeLessThan(TOLERANCE);
      }
      const gradients = toTorch(plan.layout, Float32Array.from(output('parameters').data), 'grad.');
      expect(Object.keys(gradients).sort()).toEqual(
        Object.keys(torch)
          .filter((name) => name.startsWith('grad.main.'))
          .sort(),
      );
      for (const [name, { shape, data }] of Object.entries(gradients)) {
        expect(shape, name).toEqual(wanted(name).shape);
        expect(relativeError(data, wanted(name).data), name).toBeLessThan(TOLERANCE);
      }
      const running = Float32Array.from(program.readState(['statistics'])['statistics']?.data ?? []);
      for (const [name, { data }] of Object.entries(toTorch(plan.statistics, running, 'after.'))) {
        expect(relativeError(data, wanted(name).data), name).toBeLessThan(TOLERANCE);
      }
      program.dispose();
    });
  }

  it('begins as the reference does', () => {
    const { layout, statistics } = planDiscriminator(3, 16);
    const values = toTorch(layout, initialValues(layout, 5));
    const momentsOf = (name: string) => {
      const data = Array.from(values[name]?.data ?? []);
      const mean = data.reduce((a, b) => a + b, 0) / data.length;
      const std = Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length);
      return { mean, std, largest: data.reduce((a, b) => Math.max(a, Math.abs(b)), 0) };
    };
    const kernel = momentsOf('main.8.weight');
    expect(Math.abs(kernel.mean)).toBeLessThan(2e-4);
    expect(kernel.std / 0.02).toBeCloseTo(1, 1);
    // More than a uniform distribution of that standard deviation could give.
    expect(kernel.largest).toBeGreaterThan(0.06);
    const scale = momentsOf('main.9.weight');
    expect(scale.mean).toBeCloseTo(1, 1);
    expect(scale.std / 0.02).toBeGreaterThan(0.7);
    expect(scale.std / 0.02).toBeLessThan(1.3);
    expect(momentsOf('main.9.bias').largest).toBe(0);
    const bound = 1 / Math.sqrt(3 * 16);
    expect(momentsOf('main.0.bias').largest).toBeLessThanOrEqual(bound);
    expect(momentsOf('main.0.bias').largest).toBeGreaterThan(bound / 2);
    expect(momentsOf('main.11.bias').largest).toBeGreaterThan(0);
    const running = toTorch(statistics, initialValues(statistics, 5));
    expect(running['main.3.running_mean']?.data.every((value) => value === 0)).toBe(true);
    expect(running['main.3.running_var']?.data.every((value) => value === 1)).toBe(true);
  });

  it('refuses the moments of another network', () => {
    tf.tidy(() => {
      const statistics = tf.tensor1d(initialValues(plan.statistics, 0));
      expect(() => updateStatistics(plan, statistics, [])).toThrow('moments of 0 batch norms for 3');
    });
  });
});
