import { describe, expect, it } from 'vitest';
import { finishedRun } from '../test-studio/run.ts';
import { statusOf, type TrainingState } from './training.svelte.ts';

describe('the state of a run in training', () => {
  it.each<[TrainingState['phase'], string]>([
    ['running', 'Training'],
    ['waiting', 'Waiting for room'],
    ['paused', 'Paused'],
  ])('%s is called %s', (phase, text) => {
    const state = { phase, runId: 'r1', detail: null };
    const run = finishedRun('r1');
    expect(statusOf(run, { state, trains: (id) => id === 'r1' })).toEqual({ text, tone: 'active' });
  });
});

describe('the state of a run that nobody trains', () => {
  const idle = { state: { phase: 'idle' as const, runId: null, detail: null }, trains: () => false };

  it('says what came of it, and is green only for one that learned', () => {
    expect(statusOf(finishedRun('a'), idle)).toEqual({ text: 'Finished', tone: 'good' });
    const alike = { kind: 'mode-collapse' as const, name: 'Modes collapsed', value: 0.1, bound: 0.25, t: 3 };
    const collapsed = finishedRun('a', { outcome: { state: 'finished', collapsed: [alike] } });
    expect(statusOf(collapsed, idle)).toEqual({ text: 'Finished, but collapsed', tone: 'bad' });
    const stopped = finishedRun('a', { step: 1200, outcome: { state: 'stopped', collapsed: [] } });
    expect(statusOf(stopped, idle)).toEqual({ text: 'Stopped at step 1,200', tone: 'plain' });
    const diverged = finishedRun('a', { outcome: { state: 'diverged', collapsed: [] } });
    expect(statusOf(diverged, idle)).toEqual({ text: 'Diverged', tone: 'bad' });
  });

  it('knows of a divergence before the list does', () => {
    const state = { phase: 'diverged' as const, runId: 'a', detail: 'It diverged.' };
    expect(statusOf(finishedRun('a'), { ...idle, state }).text).toBe('Diverged');
  });
});
