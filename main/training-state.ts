/** What the window is told about the training: one state, changed by few kinds of events. */
import { UserError } from '../core/errors.ts';
import { type EventPayload, isActivePhase } from './ipc/contract.ts';
import type { TrainingEvent } from './process/trainer-protocol.ts';

export type TrainingState = EventPayload<'training.state'>;

export const IDLE: TrainingState = { phase: 'idle', runId: null, detail: null };

/** True while the trainer holds a training, paused or not. */
export function isActive({ phase }: TrainingState): boolean {
  return isActivePhase(phase);
}

/** The state after the trainer said `event`. A stopped training leaves its run's id, so that it can be gone on with. */
export function afterTrainerEvent(state: TrainingState, event: TrainingEvent): TrainingState {
  switch (event.phase) {
    case 'preparing':
      // Asked to stop while it prepared: the request stands.
      return {
        phase: state.phase === 'stopping' ? 'stopping' : 'preparing',
        runId: event.runId,
        detail: event.detail,
      };
    case 'failed':
      return { phase: 'failed', runId: event.runId ?? state.runId, detail: event.detail };
    case 'waiting':
      // As while it prepared.
      return state.phase === 'stopping' ? state : event;
    case 'diverged':
      return event;
    case 'stopped':
      return { phase: 'idle', runId: event.runId, detail: null };
    default:
      return { phase: event.phase, runId: event.runId, detail: null };
  }
}

/** The state after the trainer's process ended: a training that was under way has failed. */
export function afterTrainerDeath(state: TrainingState, reason: string): TrainingState {
  if (!isActive(state)) return state;
  const way = 'Its run can be resumed from the last checkpoint.';
  return { phase: 'failed', runId: state.runId, detail: `${reason} ${way}` };
}

export type TrainingCommand = 'start' | 'try' | 'pause' | 'resume' | 'stop' | 'steer';

const ALLOWED: Record<TrainingCommand, readonly TrainingState['phase'][]> = {
  start: ['idle', 'finished', 'diverged', 'failed'],
  try: ['idle', 'finished', 'diverged', 'failed'],
  pause: ['running'],
  resume: ['paused'],
  stop: ['preparing', 'running', 'waiting', 'paused', 'stopping'],
  steer: ['preparing', 'running', 'waiting', 'paused'],
};

const REFUSALS: Record<TrainingCommand, string> = {
  start: 'A training is under way already; stop it before you start another.',
  try: 'A training is under way; a step can be measured when it has ended.',
  pause: 'There is no running training to pause.',
  resume: 'There is no paused training to go on with.',
  stop: 'There is no training to stop.',
  steer: 'There is no training under way that could be changed.',
};

/** @throws UserError when `command` makes no sense in `state` */
export function checkCommand(state: TrainingState, command: TrainingCommand): void {
  if (!ALLOWED[command].includes(state.phase)) {
    throw new UserError(REFUSALS[command], { code: command === 'start' ? 'busy' : 'invalid' });
  }
}
