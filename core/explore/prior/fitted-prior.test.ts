import { describe, expect, it } from 'vitest';
import { normals, uniformFloats } from '../../tensor/noise.ts';
import {
  componentsFor,
  type FittedPrior,
  imagesFitted,
  latentsOf,
  priorBytes,
  priorFrom,
  unfittable,
} from './fitted-prior.ts';
import { generatorOf } from '../test-generator.ts';

/** Two components in the plane, a quarter and three quarters of the latents. */
const PRIOR: FittedPrior = {
  mixture: {
    size: 2,
    weights: Float64Array.of(0.25, 0.75),
    means: Float64Array.of(-4, 0, 3, 1),
    factors: Float64Array.of(0.5, 0, 0.2, 0.3, 1, 0, -0.6, 0.8),
  },
  spread: Float64Array.of(0.1, 0.4, 0.5, 0.2),
  images: 100,
};

function drawn(count: number, temperature: number): Float32Array {
  return latentsOf(
    PRIOR,
    {
      choice: uniformFloats([1, 2], count),
      place: normals([3, 4], count * 2),
      noise: normals([5, 6], count * 2),
    },
    temperature,
  );
}

describe('a fitted prior', () => {
  it('gives a mean of a component and the noise of encodings there', () => {
    const of = (choice: number, temperature: number) =>
      Array.from(
        latentsOf(
          PRIOR,
          {
            choice: Float32Array.of(choice),
            place: Float32Array.of(2, 1),
            noise: Float32Array.of(1, -1),
          },
          temperature,
        ),
        (value) => Number(value.toFixed(5)),
      );
    expect(of(0.2, 0)).toEqual([-3, 0.7]);
    expect(of(0.2, 1)).toEqual([-2.9, 0.3]);
    expect(of(0.25, 0)).toEqual([5, 0.6]);
    expect(of(0.999, 0.5)).toEqual([5.25, 0.5]);
  });

  it.each([0, 1, 2])('has the moments of its components at a temperature of %d', (temperature) => {
    const count = 40_000;
    const z = drawn(count, temperature);
    const right = Array.from({ length: count }, (_, i) => i).filter((i) => z[2 * i]! > -1.5);
    // Hardly any of either component lies on the other side.
    if (temperature < 2) expect(right.length / count).toBeCloseTo(0.75, 1.5);
    const mean = [0, 1].map(
      (axis) => z.reduce((sum, value, at) => sum + (at % 2 === axis ? value : 0), 0) / count,
    );
    expect(mean[0]).toBeCloseTo(0.25 * -4 + 0.75 * 3, 1);
    expect(mean[1]).toBeCloseTo(0.75, 1);
    const second =
      z.reduce((sum, value, at) => sum + (at % 2 === 1 ? (value - mean[1]!) ** 2 : 0), 0) / count;
    const within = [0.13 + (0.4 * temperature) ** 2, 1 + (0.2 * temperature) ** 2];
    const between = 0.25 * (0 - 0.75) ** 2 + 0.75 * (1 - 0.75) ** 2;
    expect(second).toBeCloseTo(0.25 * within[0]! + 0.75 * within[1]! + between, 1);
  });

  it('has as many components as the images can tell of', () => {
    expect(imagesFitted(300)).toBe(300);
    expect(imagesFitted(60_000)).toBe(10_000);
    expect(componentsFor(2, 12)).toBe(1);
    expect(componentsFor(1000, 12)).toBe(4);
    expect(componentsFor(10_000, 12)).toBe(20);
    expect(componentsFor(10_000, 256)).toBe(1);
  });

  it('comes back from its bytes, and from no others', () => {
    const two = { ...PRIOR, images: 80 };
    const bytes = priorBytes(two);
    expect(priorFrom(bytes, 80, 2)).toEqual(two);
    expect(priorFrom(bytes.subarray(8), 80, 2)).toBeNull();
    expect(priorFrom(bytes, 400, 2)).toBeNull();
    expect(priorFrom(null, 80, 2)).toBeNull();
  });

  it.each([
    [{}, null],
    [{ network: { latentLevels: 2 as const } }, /two levels/],
    [{ objective: { categories: 4 } }, /categorical/],
  ])('%j: %s', async (changes, problem) => {
    const model = await generatorOf(changes);
    const found = unfittable(model.manifest.config);
    if (problem === null) expect(found).toBeNull();
    else expect(found).toMatch(problem);
    model.dispose();
  });

  it('is what samples begin with, whatever parts they are drawn in', async () => {
    const model = await generatorOf({ network: { finalDim: 2, zChannels: 2 } });
    const draw = { count: 6, seed: 4, passes: 1, prior: 'fitted', fitted: PRIOR } as const;
    const whole = model.sample(draw);
    const [first, second] = [0, 3].map((start) => model.sample({ ...draw, start, count: 3 }).data);
    expect([...first!, ...second!]).toEqual([...whole.data]);
    expect(whole.data).not.toEqual(model.sample({ count: 6, seed: 4, passes: 1 }).data);
    expect(whole.data).not.toEqual(model.sample({ ...draw, temperature: 0 }).data);
    expect(() => model.sample({ count: 1, seed: 0, passes: 1, prior: 'fitted' })).toThrow('is not there');
    model.dispose();
  });
});
