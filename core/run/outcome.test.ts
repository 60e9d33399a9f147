import { describe, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import type { Alarm, Diagnostics } from './diagnostics.ts';
import { collapseSentence, outcomeOf, outcomeText } from './outcome.ts';

const { config } = await loadPreset('tiny');
const { steps } = config.training;

/** A model that has learned something. */
function measured(step: number, changes: Partial<Diagnostics> = {}): Diagnostics {
  const three = (value: number) => [value, value, value];
  const moments = (value: number) => three(value).map((mean) => ({ mean, std: 0 }));
  return {
    step,
    images: 16,
    t: [0.1, 1, 3],
    kl: moments(20),
    imageError: moments(30),
    stepError: moments(3),
    mu: three(1),
    std: three(0.5),
    latentNorm: three(5),
    activeUnits: three(0.5),
    spread: 0.8,
    ...changes,
  };
}

const nothing = { kl: Array.from({ length: 3 }, () => ({ mean: 0.02, std: 0 })) };
const notFinite: Alarm = {
  ...{ kind: 'divergence', name: 'Loss not finite', step: 40, value: null, bound: null },
  ...{ t: null, advice: 'Go on.', goOn: null },
};

describe('outcomeOf', () => {
  it('calls finished what learned something and came to its end', () => {
    const found = outcomeOf(config, { step: steps, lastAlarm: null, lastDiagnostics: measured(steps) });
    expect(found).toEqual({ state: 'finished', collapsed: [] });
    expect(outcomeText(found, steps)).toBe('Finished');
    expect(collapseSentence(found.collapsed)).toBeNull();
  });

  it('does not let a run end well that learned nothing, however short, and says by which numbers', () => {
    const short = { ...config, training: { ...config.training, steps: 20 } };
    const lastDiagnostics = measured(20, { ...nothing, spread: 0.031 });
    const found = outcomeOf(short, { step: 20, lastAlarm: null, lastDiagnostics });
    expect(found.state).toBe('finished');
    expect(outcomeText(found, 20)).toBe('Finished, but collapsed');
    expect(collapseSentence(found.collapsed)).toBe(
      'The latent says nearly nothing about the image (KL divergence 0.02 nats at t = 0.1, at least 1 is expected) and ' +
        'the samples are alike (their spread is 0.031 of the images’, at least 0.25 is expected).',
    );
  });

  it('does not judge a run that was stopped early, but one that was stopped late', () => {
    const lastDiagnostics = measured(100, nothing);
    expect(outcomeOf(config, { step: 100, lastAlarm: null, lastDiagnostics }).collapsed).toEqual([]);
    const late = outcomeOf(config, { step: 900, lastAlarm: null, lastDiagnostics: measured(900, nothing) });
    expect(outcomeText(late, 900)).toBe('Stopped at step 900, but collapsed');
    expect(outcomeText(late, 12345)).toContain('12,345');
  });

  it('calls diverged what ended with a step that was not finite, until it has gone on', () => {
    const evidence = { lastAlarm: notFinite, lastDiagnostics: null };
    expect(outcomeOf(config, { ...evidence, step: 40 }).state).toBe('diverged');
    expect(outcomeOf(config, { ...evidence, step: null }).state).toBe('diverged');
    expect(outcomeOf(config, { ...evidence, step: 60 }).state).toBe('stopped');
    const risen = { ...notFinite, value: 7 };
    expect(outcomeOf(config, { ...evidence, lastAlarm: risen, step: 40 }).state).toBe('stopped');
    expect(outcomeOf(config, { step: null, lastAlarm: null, lastDiagnostics: null }).state).toBe('new');
  });

  it('finds one level of latents, and values that depend on nothing', () => {
    const level = measured(steps, { klOfLevels: [[12], [0.3]] });
    expect(
      collapseSentence(outcomeOf(config, { step: steps, lastAlarm: null, lastDiagnostics: level }).collapsed),
    ).toBe(
      'The second level of latents says nearly nothing about the image (KL divergence 0.3 nats at t = 0.1, at least 1 is expected).',
    );
    const passive = measured(steps, { activeUnits: [0.001, 0, 0] });
    const { collapsed } = outcomeOf(config, { step: steps, lastAlarm: null, lastDiagnostics: passive });
    expect(collapseSentence(collapsed)).toContain('0.001 of its values depend on it at t = 0.1');
  });
});
