import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { RunManifest } from '../../run/manifest.ts';
import { chartsOf } from './charts.ts';
import type { RunResult } from '../results.ts';
import { metricsLine } from '../test-fakes.ts';

const point = v.object({ step: v.number(), value: v.number() });
const curveSpec = v.object({
  layer: v.pipe(
    v.array(v.object({ data: v.object({ values: v.array(point) }) })),
    v.transform((layers) => layers.map(({ data }) => data.values)),
  ),
});

function run(changes: Partial<RunResult>): RunResult {
  return {
    arm: 'a',
    label: 'A',
    seed: 0,
    runName: 'x',
    preset: {} as RunResult['preset'],
    id: 'x',
    end: 'finished',
    manifest: {} as RunManifest,
    step: 10,
    metrics: [],
    alarms: [],
    figures: [],
    reconstruction: [],
    spread: [],
    evaluations: [],
    latents: null,
    ...changes,
  };
}

function curve(metric: 'loss' | 'denoiserLoss' | 'klLower' | 'gradNorm', results: RunResult[]) {
  const [chart] = chartsOf({ kind: 'curve', metric }, results);
  return v.parse(curveSpec, chart?.spec).layer;
}

describe('a curve', () => {
  it('of one level of latents leaves out runs that have one only', () => {
    const one = [1, 2].map((step) => metricsLine(step, 0));
    const two = one.map((line) => ({ ...line, klTop: 4, klLower: 5 }));
    expect(chartsOf({ kind: 'curve', metric: 'klLower' }, [run({ metrics: one })])).toEqual([]);
    const [points] = curve('klLower', [run({ metrics: one }), run({ metrics: two })]);
    expect(points).toMatchObject([{ value: 5 }, { value: 5 }]);
  });

  it('shows each logged step while there is room', () => {
    const metrics = [1, 2, 3].map((step) => metricsLine(step, 0));
    const [points] = curve('loss', [run({ metrics })]);
    expect(points).toMatchObject([
      { step: 1, value: 100 },
      { step: 2, value: 50 },
      { step: 3, value: 100 / 3 },
    ]);
  });

  it('shows means of neighbours, of gradient norms the largest, in parts of one size', () => {
    const metrics = Array.from({ length: 240 }, (_, i) => ({ ...metricsLine(i + 1, 0), loss: i + 1 }));
    const [losses] = curve('loss', [run({ metrics })]);
    expect(losses).toHaveLength(120);
    expect(losses?.[0]).toMatchObject({ step: 2, value: 1.5 });
    expect(losses?.at(-1)).toMatchObject({ step: 240, value: 239.5 });
    const [gradients] = curve('gradNorm', [run({ metrics })]);
    expect(gradients?.at(-1)).toMatchObject({ step: 240, value: 290 });
    const [uneven] = curve('loss', [run({ metrics: metrics.slice(0, 121) })]);
    expect(uneven).toHaveLength(120);
    expect(uneven?.at(-1)).toMatchObject({ step: 121, value: 120.5 });
  });

  it('marks where a run diverged', () => {
    const metrics = [1, 2, 3].map((step) => metricsLine(step, 0));
    const layers = curve('loss', [
      run({ metrics }),
      run({ metrics: metrics.slice(0, 2), seed: 1, end: 'diverged' }),
    ]);
    expect(layers[0]).toHaveLength(5);
    expect(layers[1]).toMatchObject([{ step: 2, value: 50 }]);
  });

  it('of what no run has is not drawn', () => {
    // Seed 1 has no average decoder.
    const metrics = [1, 2, 3].map((step) => metricsLine(step, 1));
    expect(chartsOf({ kind: 'curve', metric: 'denoiserLoss' }, [run({ metrics })])).toEqual([]);
    expect(chartsOf({ kind: 'curve', metric: 'loss' }, [run({})])).toEqual([]);
  });
});
