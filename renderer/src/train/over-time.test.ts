import { describe, expect, it } from 'vitest';
import type { Diagnostics } from '../../../core/run/diagnostics.ts';
import { columnsOf, spanOf, type TimeCurve, timePlots } from './over-time.ts';

function measured(step: number, size: number): Diagnostics {
  const moments = [
    { mean: 10 * size, std: 4 * size },
    { mean: 0, std: 0 },
  ];
  return {
    ...{ step, images: 4, t: [0.5, 3], kl: moments, imageError: moments, stepError: moments },
    ...{ mu: [size, 0], std: [0.1, 1], latentNorm: [7, 7], activeUnits: [1, 0.5], spread: 0.7 },
  };
}

function plot(key: string) {
  const found = timePlots('covae').find((entry) => entry.key === key);
  if (!found) throw new Error(`no plot ${key}`);
  return found;
}

describe('timePlots', () => {
  it('calls the first what it is for each variant', () => {
    expect(timePlots('covae')[0]?.title).toBe('KL divergence');
    expect(timePlots('beta-vae')[0]?.title).toBe('KL divergence');
    expect(timePlots('s-covae')[0]?.title).toBe('Squared norm of the code');
  });

  it('show both levels of latents where there are two', () => {
    const kl = timePlots('covae')[0]!;
    const names = (diagnostics: Diagnostics) => kl.curves(diagnostics).map(({ name }) => name);
    expect(names(measured(1, 1))).toEqual(['']);
    const klOfLevels = [
      [7, 0],
      [3, 0],
    ];
    const two = { ...measured(1, 1), klOfLevels };
    expect(names(two)).toEqual(['both levels', 'first level', 'second level']);
    expect(
      kl
        .curves(two)
        .slice(1)
        .map(({ values }) => values),
    ).toEqual(klOfLevels);
  });

  it('give a value for every t', () => {
    const diagnostics = measured(1, 1);
    for (const { curves } of timePlots('covae')) {
      for (const { values, deviations = values } of curves(diagnostics)) {
        expect(values).toHaveLength(2);
        expect(deviations).toHaveLength(2);
      }
    }
  });
});

describe('spanOf', () => {
  it('holds every step, bands too, so that the axis stays', () => {
    const all = [measured(1, 1), measured(2, 10)];
    const [low = NaN, high = NaN] = spanOf(plot('kl'), all) ?? [];
    expect(low).toBeLessThan(10);
    expect(low).toBeGreaterThan(0);
    expect(high).toBeGreaterThan(140);
    expect(spanOf(plot('posterior'), all)?.[0]).toBe(0);
    expect(spanOf(plot('posterior'), all)?.[1]).toBeGreaterThan(10);
  });

  it('is null when a logarithm has nothing to show', () => {
    expect(spanOf(plot('kl'), [measured(1, 0)])).toBeNull();
    expect(spanOf(plot('kl'), [])).toBeNull();
  });
});

describe('columnsOf', () => {
  const curve: TimeCurve = { name: '', colour: '', values: [10, 2, 0], deviations: [4, 5, 1] };

  it('are the values and the edges of the band, cut where the axis ends', () => {
    expect(columnsOf(curve, false, [0, 20])).toEqual([
      [10, 2, 0],
      [14, 7, 1],
      [6, 0, 0],
    ]);
  });

  it('leave out what a logarithm cannot show', () => {
    expect(columnsOf(curve, true, [1, 20])).toEqual([
      [10, 2, null],
      [14, 7, null],
      [6, 1, null],
    ]);
    expect(columnsOf({ name: '', colour: '', values: [1, 0] }, true, [1, 2])).toEqual([[1, null]]);
  });
});
