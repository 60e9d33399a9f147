import { describe, expect, it } from 'vitest';
import type { RunEntry } from '../library/database.ts';
import { statusOf, type TrainingState } from './training.svelte.ts';

describe('the state of a run in training', () => {
  it.each<[TrainingState['phase'], string]>([
    ['running', 'Training'],
    ['waiting', 'Waiting for room'],
    ['paused', 'Paused'],
  ])('%s is called %s', (phase, text) => {
    const state = { phase, runId: 'r1', detail: null };
    const run = { id: 'r1', problem: null } as RunEntry;
    expect(statusOf(run, { state, trains: (id) => id === 'r1' })).toEqual({ text, tone: 'active' });
  });
});
