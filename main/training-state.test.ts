import { describe, expect, it } from 'vitest';
import {
  afterTrainerDeath,
  afterTrainerEvent,
  checkCommand,
  IDLE,
  isActive,
  type TrainingState,
} from './training-state.ts';

const runId = 'digits-abc123';
const running: TrainingState = { phase: 'running', runId, detail: null };

describe('afterTrainerEvent', () => {
  it('follows a training through its phases', () => {
    let state = afterTrainerEvent(IDLE, { phase: 'preparing', runId, detail: 'Compiling' });
    expect(state).toEqual({ phase: 'preparing', runId, detail: 'Compiling' });
    for (const phase of ['running', 'paused', 'running', 'stopping', 'finished'] as const) {
      state = afterTrainerEvent(state, { phase, runId });
      expect(state).toEqual({ phase, runId, detail: null });
    }
  });

  it('is idle after a stop and still knows the run', () => {
    expect(afterTrainerEvent(running, { phase: 'stopped', runId })).toEqual({
      phase: 'idle',
      runId,
      detail: null,
    });
  });

  it('stays stopping while a training that is to stop still prepares', () => {
    const stopping: TrainingState = { phase: 'stopping', runId, detail: null };
    const state = afterTrainerEvent(stopping, { phase: 'preparing', runId, detail: 'Compiling' });
    expect(state.phase).toBe('stopping');
  });

  it('says what a training waits for, which can be stopped but not paused', () => {
    const detail = 'Waiting for room on the disk: 120 MB are missing.';
    const waiting = afterTrainerEvent(running, { phase: 'waiting', runId, detail });
    expect(waiting).toEqual({ phase: 'waiting', runId, detail });
    expect(isActive(waiting)).toBe(true);
    expect(() => checkCommand(waiting, 'stop')).not.toThrow();
    expect(() => checkCommand(waiting, 'pause')).toThrow(/no running training/);
    expect(afterTrainerEvent(waiting, { phase: 'running', runId })).toEqual(running);
    const stopping: TrainingState = { phase: 'stopping', runId, detail: null };
    expect(afterTrainerEvent(stopping, { phase: 'waiting', runId, detail })).toEqual(stopping);
  });

  it('keeps the sentence of a failure and the run it happened to', () => {
    const state = afterTrainerEvent(running, { phase: 'failed', runId: null, detail: 'It diverged.' });
    expect(state).toEqual({ phase: 'failed', runId, detail: 'It diverged.' });
  });
});

describe('a divergence', () => {
  it('has its sentence and lets the run be gone on with', () => {
    const detail = 'It diverged.';
    const state = afterTrainerEvent(running, { phase: 'diverged', runId, detail });
    expect(state).toEqual({ phase: 'diverged', runId, detail });
    expect(isActive(state)).toBe(false);
    expect(() => {
      checkCommand(state, 'start');
    }).not.toThrow();
  });
});

describe('afterTrainerDeath', () => {
  it('fails an active training, with a way on', () => {
    for (const phase of ['preparing', 'running', 'paused', 'stopping'] as const) {
      const state = afterTrainerDeath({ ...running, phase }, 'It crashed.');
      expect(state).toMatchObject({ phase: 'failed', runId });
      expect(state.detail).toMatch(/^It crashed\. .*resumed/);
    }
  });

  it('leaves the rest alone', () => {
    for (const phase of ['idle', 'finished', 'failed'] as const) {
      const state: TrainingState = { ...running, phase };
      expect(afterTrainerDeath(state, 'It crashed.')).toBe(state);
    }
  });
});

describe('checkCommand', () => {
  const phases = [
    'idle',
    'preparing',
    'running',
    'paused',
    'stopping',
    'finished',
    'diverged',
    'failed',
  ] as const;
  const allowed = {
    start: ['idle', 'finished', 'diverged', 'failed'],
    pause: ['running'],
    resume: ['paused'],
    stop: ['preparing', 'running', 'paused', 'stopping'],
  };

  it.each(['start', 'pause', 'resume', 'stop'] as const)('%s only when it makes sense', (command) => {
    const accepted = phases.filter((phase) => {
      try {
        checkCommand({ phase, runId, detail: null }, command);
        return true;
      } catch {
        return false;
      }
    });
    expect(accepted).toEqual(allowed[command]);
  });

  it('allows a start exactly when no training is active', () => {
    for (const phase of phases) {
      expect(allowed.start.includes(phase)).toBe(!isActive({ phase, runId, detail: null }));
    }
  });
});
