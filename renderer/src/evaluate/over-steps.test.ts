import { describe, expect, it } from 'vitest';
import { testRecord } from '../test-studio/evaluation.ts';
import type { EvaluationRecord } from '../../../core/evaluate/record.ts';
import { stepPlots } from './over-steps.ts';

const at = (step: number, fd: number | null, changes: Partial<EvaluationRecord> = {}) => ({
  file: `${step}-${changes.passes ?? 1}-${changes.seed ?? 0}.json`,
  record: testRecord({ checkpoint: { step, sha256: null }, measures: { fd }, ...changes }),
});

describe('measures over steps', () => {
  it('are curves of what was measured alike, with gaps where nothing was', () => {
    const entries = [
      at(200, 30),
      at(100, 40),
      at(200, 25, { passes: 2 }),
      at(300, null),
      at(300, 5, { protocolName: 'training' }),
    ];
    const [plot, ...others] = stepPlots(entries[0]!, entries);
    expect(others).toEqual([]);
    expect(plot).toMatchObject({
      key: 'fd',
      title: 'FD-MobileNetV2',
      better: 'lower',
      steps: [100, 200, 300],
      real: 1.5,
    });
    expect(plot?.curves).toEqual([
      { name: '1 pass', values: [40, 30, null] },
      { name: '2 passes', values: [null, 25, null] },
    ]);
  });

  it('are not drawn of one step', () => {
    const entries = [at(100, 40), at(100, 39, { passes: 2 })];
    expect(stepPlots(entries[0]!, entries)).toEqual([]);
  });

  it('take the later of two at one step', () => {
    const entries = [
      at(100, 1, { seed: 2, createdAt: '2026-01-03T00:00:00.000Z' }),
      at(100, 2, { seed: 1, createdAt: '2026-01-02T00:00:00.000Z' }),
      at(200, 3),
    ];
    expect(stepPlots(entries[0]!, entries)[0]?.curves[0]?.values).toEqual([1, 3]);
  });
});
