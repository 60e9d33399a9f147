// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import type { CallParams, CallResult, CovaeBridge } from '../../../main/ipc/contract.ts';
import { Bridge } from '../bridge.ts';
import { fakeOutlook } from '../../dev/fake-plan.ts';
import { preset } from '../test-studio/preset.ts';
import { Plan } from './plan.svelte.ts';

describe('Plan', () => {
  function setup(check: CallResult<'training.check'>) {
    const asked: unknown[] = [];
    const fake: Partial<CovaeBridge> = {
      invoke: vi.fn(async (channel: string, params: unknown) => {
        asked.push([channel, params]);
        const value =
          channel === 'training.check'
            ? check
            : channel === 'training.plan'
              ? outlook
              : { seconds: 1, startSeconds: 2 };
        return { ok: true, value };
      }) as CovaeBridge['invoke'],
    };
    const failed = vi.fn();
    return { plan: new Plan(new Bridge(fake as CovaeBridge), failed), asked, failed };
  }
  const outlook = fakeOutlook(preset.config);
  const sound = { config: preset.config, problem: null, curves: null, differs: [], paper: null };
  const params: CallParams<'training.check'> = { dataset: 'digits', preset: 'tiny' };

  it('takes the configuration, then asks what it will take', async () => {
    const { plan, asked } = setup(sound);
    plan.check(params);
    await vi.waitFor(() => expect(plan.outlook).toEqual(outlook));
    expect(plan.config).toEqual(preset.config);
    expect(asked).toEqual([
      ['training.check', params],
      ['training.plan', { dataset: 'digits', config: preset.config }],
    ]);
  });

  it('asks once more what it will take where nobody could say it before', async () => {
    const { plan, asked } = setup(sound);
    plan.lookAhead();
    expect(asked).toEqual([]);
    plan.check(params);
    await vi.waitFor(() => expect(plan.outlook).toEqual(outlook));
    plan.lookAhead();
    expect(asked).toHaveLength(2);
    plan.outlook = null;
    plan.lookAhead();
    await vi.waitFor(() => expect(plan.outlook).toEqual(outlook));
    expect(asked.slice(2)).toEqual([['training.plan', { dataset: 'digits', config: preset.config }]]);
  });

  it('has a step tried out, and what it took is part of what is known then', async () => {
    const { plan, asked } = setup(sound);
    await plan.tryOut();
    expect(asked).toEqual([]);
    plan.check(params);
    await vi.waitFor(() => expect(plan.outlook).toEqual(outlook));
    const trial = plan.tryOut();
    expect(plan.trying).toBe(true);
    await trial;
    expect(plan.trying).toBe(false);
    await vi.waitFor(() => expect(asked).toHaveLength(4));
    expect(asked.slice(2)).toEqual([
      ['training.trial', { config: preset.config }],
      ['training.plan', { dataset: 'digits', config: preset.config }],
    ]);
  });

  it('shows a problem at its control, or where all can see it', async () => {
    const problem = {
      code: 'settings' as const,
      key: 'training.accumulate',
      text: 'Must be at least 1, not 0.',
    };
    const { plan } = setup({ ...sound, config: null, problem });
    plan.check(params);
    await vi.waitFor(() => expect(plan.problem).toEqual(problem));
    expect(plan.config).toBeNull();
    expect(plan.problemOf('training.accumulate')).toBe(problem.text);
    expect(plan.problemOf('training.steps')).toBeNull();
    expect(plan.loose(() => true)).toBeNull();
    expect(plan.loose(() => false)).toBe('training.accumulate: Must be at least 1, not 0.');
  });
});
