import { describe, expect, it } from 'vitest';
import { applySettings } from '../../config/override.ts';
import { loadPreset } from '../../config/presets.ts';
import { fitSteps } from './fit-steps.ts';
import { stepsIn } from '../../schedule/steps-in.ts';

describe('steps that fit into a time', () => {
  it.each([
    // 0.95 × 390 s of 47 ms are 7,882 steps, of 150 ms 2,470.
    [390, 0.047, 7800],
    [390, 0.15, 2400],
    [60, 1, 57],
    [3600, 4, 850],
    [1, 30, 1],
  ])('%f s of steps of %f s', (seconds, stepSeconds, steps) => {
    expect(stepsIn(seconds, stepSeconds)).toBe(steps);
  });

  it('are tried', async () => {
    const { config } = await loadPreset('smoke');
    const small = applySettings(config, { 'training.batchSize': 4 }, 'settings');
    const phases: string[] = [];
    const { steps, stepSeconds } = await fitSteps(small, 60, { onPhase: (phase) => phases.push(phase) });
    expect(phases).toContain('Step 3 of 3');
    expect(stepSeconds).toBeGreaterThan(0);
    expect(steps).toBe(stepsIn(60, stepSeconds));
  });

  it('are not tried on after a stop', async () => {
    const { config } = await loadPreset('smoke');
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(fitSteps(config, 60, { signal })).rejects.toThrow('stopped');
  });
});
