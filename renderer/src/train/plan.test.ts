// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import type { CallParams, CallResult, CovaeBridge } from '../../../main/ipc/contract.ts';
import { Bridge } from '../bridge.ts';
import { preset } from '../test-studio/preset.ts';
import { Plan } from './plan.svelte.ts';

describe('Plan', () => {
  function setup(check: CallResult<'training.check'>) {
    const asked: unknown[] = [];
    const fake: Partial<CovaeBridge> = {
      invoke: vi.fn(async (channel: string, params: unknown) => {
        asked.push([channel, params]);
        const size = { parameters: 5, memory: 6, latent: [7] };
        return { ok: true, value: channel === 'training.check' ? check : size };
      }) as CovaeBridge['invoke'],
    };
    const failed = vi.fn();
    return { plan: new Plan(new Bridge(fake as CovaeBridge), failed), asked, failed };
  }
  const params: CallParams<'training.check'> = { dataset: 'digits', preset: 'tiny' };

  it('takes the configuration, then asks for its size', async () => {
    const { plan, asked } = setup({ config: preset.config, problem: null, curves: null });
    plan.check(params);
    await vi.waitFor(() => expect(plan.size).toEqual({ parameters: 5, memory: 6, latent: [7] }));
    expect(plan.config).toEqual(preset.config);
    expect(asked).toEqual([
      ['training.check', params],
      ['training.size', { config: preset.config }],
    ]);
  });

  it('shows a problem at its control, or where all can see it', async () => {
    const problem = {
      code: 'settings' as const,
      key: 'training.accumulate',
      text: 'Must be at least 1, not 0.',
    };
    const { plan } = setup({ config: null, problem, curves: null });
    plan.check(params);
    await vi.waitFor(() => expect(plan.problem).toEqual(problem));
    expect(plan.config).toBeNull();
    expect(plan.problemOf('training.accumulate')).toBe(problem.text);
    expect(plan.problemOf('training.steps')).toBeNull();
    expect(plan.loose(() => true)).toBeNull();
    expect(plan.loose(() => false)).toBe('training.accumulate: Must be at least 1, not 0.');
  });
});
