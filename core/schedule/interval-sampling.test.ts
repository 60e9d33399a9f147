import { describe, expect, it } from 'vitest';
import { karrasSigmas } from './time-steps.ts';
import { uniformFloats } from '../tensor/noise.ts';
import { erf, lognormalIntervals, lognormalProbabilities } from './interval-sampling.ts';

const MOMENTS = { pMean: -1.1, pStd: 2 };
/** PyTorch's numbers, in double precision, for 11 levels of the Karras scale from 0.002 to 80. */
const TORCH = [
  0.06263299250626118, 0.18173697971064973, 0.24550142196717026, 0.21349444702335424, 0.14244605802390148,
  0.08060462167684372, 0.04107990622240077, 0.019580092241339258, 0.008943868413767757, 0.003979612214311476,
];

describe('lognormal intervals', () => {
  it('have the error function of Python', () => {
    const known: [number, number][] = [
      [0, 0],
      [0.1, 0.1124629160182849],
      [-0.7, -0.6778011938374184],
      [1.5, 0.9661051464753108],
      [2.49, 0.9995707121322661],
      [2.51, 0.9996142945182758],
      [3.7, 0.9999998328489421],
      [-5.5, -0.9999999999999927],
    ];
    for (const [x, value] of known) expect(erf(x)).toBeCloseTo(value, 14);
  });

  it('have the probabilities of PyTorch', () => {
    const found = lognormalProbabilities(karrasSigmas(11, 0.002, 80, 7), MOMENTS);
    TORCH.forEach((p, i) => expect(Math.abs((found[i] ?? NaN) - p)).toBeLessThan(1e-5));
  });

  it('are drawn as often as they are likely', () => {
    const draws = 20_000;
    const found = lognormalIntervals(karrasSigmas(11, 0.002, 80, 7), MOMENTS, uniformFloats([1, 2], draws));
    TORCH.forEach((p, i) => {
      const share = found.filter((index) => index === i).length / draws;
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws));
    });
  });

  it('are alike when all levels lie far from the mean', () => {
    expect(Array.from(lognormalProbabilities([1, 2, 3], { pMean: -900, pStd: 1 }))).toEqual([0.5, 0.5]);
  });
});
