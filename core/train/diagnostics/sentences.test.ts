import { describe, expect, it } from 'vitest';
import type { Alarm } from '../../run/diagnostics.ts';
import { alarmSentence, divergedSentence, divergenceClause } from './sentences.ts';

const alarm: Alarm = {
  kind: 'divergence',
  name: 'Gradient rose suddenly',
  step: 1200,
  value: 412345.678,
  bound: 20012.3,
  t: 0.0501,
  advice: 'Go on.',
  goOn: { learningRate: 0.001, back: false },
};
const notFinite: Alarm = { ...alarm, name: 'Gradient not finite', value: null, bound: null };

describe('alarmSentence', () => {
  it('has the number, the bound and the time where they are known', () => {
    expect(alarmSentence(alarm)).toBe(
      'Gradient rose suddenly at step 1200 (412000, bound 20000), t = 0.0501',
    );
    expect(alarmSentence({ ...alarm, value: 1.2345e9, t: null })).toBe(
      'Gradient rose suddenly at step 1200 (1.23e+9, bound 20000)',
    );
    expect(alarmSentence(notFinite)).toBe('Gradient not finite at step 1200, t = 0.0501');
  });
});

describe('divergenceClause', () => {
  it('says what was not finite and where', () => {
    expect(divergenceClause(1200, notFinite)).toBe(
      'The training diverged after step 1200 (the gradient was not finite at t = 0.0501)',
    );
    expect(divergenceClause(0, { ...notFinite, name: 'Loss not finite', t: null })).toBe(
      'The training diverged at its first step (the loss was not finite)',
    );
  });

  it('does not take an earlier alarm for the reason', () => {
    for (const other of [alarm, null]) {
      expect(divergenceClause(9, other)).toBe('The training diverged after step 9 (the loss was not finite)');
    }
  });
});

describe('divergedSentence', () => {
  it('goes on with the advice', () => {
    expect(divergedSentence(9, notFinite)).toBe(
      'The training diverged after step 9 (the gradient was not finite at t = 0.0501); go on.',
    );
    expect(divergedSentence(9, null)).toBe('The training diverged after step 9 (the loss was not finite).');
  });
});
