// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Alarm } from '../../../core/run/diagnostics.ts';
import AlarmList from './AlarmList.svelte';

afterEach(cleanup);

function alarm(step: number, over: Partial<Alarm> = {}): Alarm {
  return {
    ...{ kind: 'divergence', name: 'Gradient rose suddenly', step, value: 41_230, bound: 2_481, t: 0.05 },
    ...{ advice: 'Go on with less.', goOn: { learningRate: 0.003, back: false } },
    ...over,
  };
}

describe('AlarmList', () => {
  it('has the newest first, with its numbers and what to try, and all when asked', async () => {
    const alarms = [1, 2, 3].map((step) => alarm(step * 1_000));
    render(AlarmList, { alarms });
    expect(screen.getByRole('heading').textContent).toBe('3 alarms');
    const texts = () => screen.getAllByRole('listitem').map(({ textContent }) => textContent);
    expect(texts()).toHaveLength(2);
    expect(texts()[0]).toMatch(
      /Gradient rose suddenly.*step 3,000 · 41,200, bound 2,480 · t = 0.05.*Go on with less/,
    );
    await fireEvent.click(screen.getByRole('button', { name: 'Show all' }));
    expect(texts()).toHaveLength(3);
    expect(texts()[2]).toContain('step 1,000');
    await fireEvent.click(screen.getByRole('button', { name: 'Show fewer' }));
    expect(texts()).toHaveLength(2);
  });

  it('goes on with the newest proposal only, where that can be', async () => {
    const ongoon = vi.fn();
    const alarms = [alarm(1), alarm(2, { goOn: { learningRate: 0.0015, back: false } })];
    const { rerender } = render(AlarmList, { alarms, ongoon });
    await fireEvent.click(screen.getByRole('button', { name: 'Go on with 0.0015' }));
    expect(ongoon).toHaveBeenCalledExactlyOnceWith(0.0015);
    await rerender({ ongoon: undefined });
    expect(screen.queryByRole('button')).toBeNull();
    const collapse = alarm(3, { kind: 'mode-collapse', value: null, bound: null, t: null, goOn: null });
    await rerender({ alarms: [collapse], ongoon });
    expect(screen.queryByRole('button')).toBeNull();
    expect(screen.getByRole('listitem').textContent).toContain('step 3');
  });
});
