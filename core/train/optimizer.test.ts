import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { compileProgram } from '../tensor/compile.ts';
import { eagerProgram } from '../tensor/eager.ts';
import type { Program, ProgramFunction } from '../tensor/program.ts';
import { tf, type Tensor1D } from '../tensor/tf.ts';
import {
  OPTIMIZER_SCALARS,
  clipByGlobalNorm,
  emaUpdate,
  optimizerScalars,
  optimizerUpdate,
  type OptimizerSettings,
  type OptimizerState,
} from './optimizer.ts';

const numbers = v.array(v.number());
const FixtureSchema = v.object({
  initial: numbers,
  learningRates: numbers,
  gradients: v.array(numbers),
  cases: v.array(
    v.object({
      optimizer: v.picklist(['radam', 'adamw']),
      weightDecay: v.number(),
      beta1: v.number(),
      steps: v.array(v.object({ parameters: numbers, m: numbers, v: numbers })),
    }),
  ),
  clip: v.object({ maxNorm: v.number(), norm: v.number(), gradient: numbers }),
});

// Written by optimizers.py beside it.
const torch = v.parse(
  FixtureSchema,
  JSON.parse(readFileSync(path.join(import.meta.dirname, 'testdata', 'optimizers.json'), 'utf8')),
);

/** Value by value, as a share of `scale` (of what is wanted, unless given). */
function expectClose(
  actual: ArrayLike<number>,
  wanted: readonly number[],
  tolerance: number,
  scale: readonly number[] = wanted.map(Math.abs),
): void {
  expect(actual.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    const difference = Math.abs((actual[i] ?? NaN) - value);
    expect(difference, `value ${i}`).toBeLessThanOrEqual(tolerance * (scale[i] ?? NaN));
  });
}

/** One update as a function of a program; it is made once, so nothing in it may depend on the step. */
function stepFunction(settings: OptimizerSettings): ProgramFunction {
  const length = torch.initial.length;
  return {
    inputs: {
      gradient: { shape: [length], dtype: 'float32' },
      scalars: { shape: [OPTIMIZER_SCALARS.length], dtype: 'float32' },
    },
    run(state, { gradient, scalars }) {
      if (!gradient || !scalars) throw new Error('no inputs');
      const next = optimizerUpdate(
        state as unknown as OptimizerState,
        gradient,
        scalars as Tensor1D,
        settings,
      );
      return { state: { ...next } };
    },
  };
}

/** A few roundings of float32. */
const TOLERANCE = 1e-6;

describe('optimizerUpdate', () => {
  const zeros = () => ({ shape: [torch.initial.length], data: new Float32Array(torch.initial.length) });
  const initial = () => ({
    parameters: { shape: [torch.initial.length], data: Float32Array.from(torch.initial) },
    m: zeros(),
    v: zeros(),
  });

  for (const { optimizer, weightDecay, beta1, steps } of torch.cases) {
    const settings = { optimizer, beta1, weightDecay };
    for (const [how, make] of [
      ['op by op', eagerProgram],
      ['compiled', compileProgram],
    ] as const) {
      it(`takes the steps of PyTorch's ${optimizer} with weight decay ${weightDecay} and β₁ ${beta1}, ${how}`, () => {
        expect(steps.length).toBe(12);
        // Sums of both signs come near 0, so each value is measured against its largest in all steps.
        const largest = (key: 'parameters' | 'm') =>
          torch.initial.map((_, i) => Math.max(...steps.map((step) => Math.abs(step[key][i] ?? NaN))));
        const program: Program = make(initial(), { step: stepFunction(settings) });
        steps.forEach((wanted, s) => {
          program.call('step', {
            gradient: Float32Array.from(torch.gradients[s] ?? []),
            scalars: optimizerScalars(settings, s + 1, torch.learningRates[s] ?? NaN),
          });
          const { parameters, m, v: second } = program.readState();
          expectClose(parameters?.data ?? [], wanted.parameters, TOLERANCE, largest('parameters'));
          expectClose(m?.data ?? [], wanted.m, TOLERANCE, largest('m'));
          expectClose(second?.data ?? [], wanted.v, TOLERANCE);
        });
        program.dispose();
      });
    }
  }

  it('leaves all as it is, to the bit, when the update is not applied', () => {
    for (const optimizer of ['radam', 'adamw'] as const) {
      for (const step of [1, 100]) {
        const settings = { optimizer, beta1: 0.9, weightDecay: 0.1 };
        tf.tidy(() => {
          const state = { parameters: [0.1, -2, 3e-9], m: [0.3, 1, 1e20], v: [0, 0.7, 1e30] };
          const next = optimizerUpdate(
            {
              parameters: tf.tensor1d(state.parameters),
              m: tf.tensor1d(state.m),
              v: tf.tensor1d(state.v),
            },
            tf.zeros([3]),
            tf.tensor1d(optimizerScalars(settings, step, 0.1)),
            settings,
            tf.scalar(0),
          );
          expect([...next.parameters.dataSync()]).toEqual(state.parameters.map(Math.fround));
          expect([...next.m.dataSync()]).toEqual(state.m.map(Math.fround));
          expect([...next.v.dataSync()]).toEqual(state.v.map(Math.fround));
        });
      }
    }
  });

  it('leaves the parameters alone at a learning rate of 0, whatever the moments', () => {
    for (const optimizer of ['radam', 'adamw'] as const) {
      for (const step of [1, 100]) {
        const settings = { optimizer, beta1: 0.9, weightDecay: 0.1 };
        tf.tidy(() => {
          const next = optimizerUpdate(
            {
              parameters: tf.tensor1d([1, -2, 3]),
              m: tf.tensor1d([0, 1, 1e20]),
              v: tf.tensor1d([0, 0, 1e30]),
            },
            tf.tensor1d([0, 1e-20, 1e10]),
            tf.tensor1d(optimizerScalars(settings, step, 0)),
            settings,
          );
          expect([...next.parameters.dataSync()]).toEqual([1, -2, 3]);
        });
      }
    }
  });
});

describe('clipByGlobalNorm', () => {
  it('scales as PyTorch does, and leaves a small gradient as it is', () => {
    tf.tidy(() => {
      const { maxNorm, norm, gradient } = torch.clip;
      const given = tf.tensor1d(torch.gradients[0] ?? []);
      const clipped = clipByGlobalNorm(given, maxNorm);
      expectClose(clipped.norm.dataSync(), [norm], 1e-6);
      expectClose(clipped.scaled().dataSync(), gradient, 1e-6);
      expect(
        clipByGlobalNorm(given, norm * 2)
          .scaled()
          .dataSync(),
      ).toEqual(given.dataSync());
      expect(clipByGlobalNorm(given, Infinity).scaled().dataSync()).toEqual(given.dataSync());
    });
  });

  it('gives zeros for an update that is not applied, whatever the gradient', () => {
    tf.tidy(() => {
      for (const bad of [NaN, Infinity, 1e30, 2]) {
        const { scaled } = clipByGlobalNorm(tf.tensor1d([1, bad, -1]), 200);
        expect([...scaled(tf.scalar(0)).dataSync()].map(Math.abs)).toEqual([0, 0, 0]);
      }
    });
  });
});

describe('emaUpdate', () => {
  it('keeps a share of the average', () => {
    const average = tf.tidy(() => emaUpdate(tf.tensor1d([1, 10]), tf.tensor1d([2, 10]), 0.25).dataSync());
    expect([...average]).toEqual([1.25, 10]);
  });

  it('leaves the average as it is when the update is not applied', () => {
    const average = tf.tidy(() =>
      emaUpdate(tf.tensor1d([0.1]), tf.tensor1d([7]), 0.01, tf.scalar(0)).dataSync(),
    );
    expect([...average]).toEqual([Math.fround(0.1)]);
  });
});
