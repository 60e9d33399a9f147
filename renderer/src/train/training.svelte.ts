import { type Bridge, sentenceOf } from '../bridge.ts';
import {
  type CallParams,
  type EventPayload,
  isActivePhase,
  outcomeText,
} from '../../../main/ipc/contract.ts';
import type { RunEntry } from '../library/database.ts';

export type TrainingState = EventPayload<'training.state'>;
export type TrainProgress = EventPayload<'training.progress'>;
export type TrainerStatus = EventPayload<'trainer.status'>;

/** What the trainer does now, followed from its events. */
export class Training {
  state = $state.raw<TrainingState>({ phase: 'idle', runId: null, detail: null });
  trainer = $state.raw<TrainerStatus>({ state: 'starting', reason: null, device: null });
  /** Newest progress of the training that runs or ran last. */
  progress = $state.raw<TrainProgress | null>(null);
  /** A call is under way, so that its button is not pressed twice. */
  busy = $state(false);
  /** The person closed the message about a failure, or it may hold no longer. */
  failureSeen = $state(false);
  /** The training failed before its first step: what was asked for could not be begun. */
  failedOpening = $state(false);

  active = $derived(isActivePhase(this.state.phase));
  /** Share of the steps done, 0 … 1; null while unknown. */
  share = $derived(this.progress && this.active ? this.progress.step / this.progress.steps : null);

  #heard = false;
  readonly #bridge: Bridge;
  readonly #failed: (sentence: string) => void;

  constructor(bridge: Bridge, failed: (sentence: string) => void) {
    this.#bridge = bridge;
    this.#failed = failed;
  }

  async start(): Promise<void> {
    this.#bridge.on('training.state', (state) => {
      this.#heard = true;
      this.#take(state);
    });
    this.#bridge.on('training.progress', (progress) => (this.progress = progress));
    this.#bridge.on('trainer.status', (status) => (this.trainer = status));
    this.#bridge.on('library.changed', ({ what }) => {
      // What was missing may be there by now.
      if (what === 'datasets' && this.failedOpening) this.failureSeen = true;
    });
    try {
      const info = await this.#bridge.call('app.info', {});
      this.trainer = info.trainer;
      // An event is newer than the answer.
      if (!this.#heard) this.#take(info.training);
    } catch (error) {
      this.#failed(sentenceOf(error));
    }
  }

  #take(state: TrainingState): void {
    if (state.runId !== this.progress?.runId && state.phase !== 'idle') this.progress = null;
    if (state.phase !== this.state.phase) {
      this.failureSeen = false;
      this.failedOpening = state.phase === 'failed' && this.state.phase === 'preparing';
    }
    this.state = state;
  }

  /** Whether this run is being trained now. */
  trains(runId: string | null): boolean {
    return this.active && runId !== null && this.state.runId === runId;
  }

  pause(): Promise<void> {
    return this.#do(() => this.#bridge.call('training.pause', {}));
  }

  resume(): Promise<void> {
    return this.#do(() => this.#bridge.call('training.resume', {}));
  }

  /** Asks for something out of turn, done after the step at hand. */
  ask(what: CallParams<'training.ask'>['what']): Promise<void> {
    return this.#do(() => this.#bridge.call('training.ask', { what }));
  }

  /** Changes settings of the training under way, from its next step on. */
  change(changes: CallParams<'training.change'>): Promise<void> {
    return this.#do(() => this.#bridge.call('training.change', changes));
  }

  stop(): Promise<void> {
    return this.#do(() => this.#bridge.call('training.stop', {}));
  }

  resumeRun(runId: string, changes: Omit<CallParams<'training.resumeRun'>, 'runId'> = {}): Promise<void> {
    return this.#do(() => this.#bridge.call('training.resumeRun', { runId, ...changes }));
  }

  restartTrainer(): Promise<void> {
    return this.#do(() => this.#bridge.call('trainer.restart', {}));
  }

  /** After a failure: a living trainer first, then the run from its newest checkpoint. */
  goOn(runId: string): Promise<void> {
    return this.#do(async () => {
      if (this.trainer.state === 'dead') await this.#bridge.call('trainer.restart', {});
      await this.#bridge.call('training.resumeRun', { runId });
    });
  }

  async #do(work: () => Promise<unknown>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await work();
    } catch (error) {
      this.#failed(sentenceOf(error));
    } finally {
      this.busy = false;
    }
  }
}

/** How a training ended that failed, in a few words: the sentence that says why comes after it. */
export function failureHeadline(training: Pick<Training, 'state' | 'failedOpening'>, began: boolean): string {
  if (training.state.phase === 'diverged') return 'The training has diverged.';
  if (!training.failedOpening) return 'The training has ended before its time.';
  return began ? 'The run could not go on.' : 'The run could not begin.';
}

/** What a run's state is called, and which colour it has. */
export interface RunStatus {
  text: string;
  tone: 'good' | 'active' | 'plain' | 'bad';
}

/** The state of a run in a few words, live when it is being trained. */
export function statusOf(run: RunEntry, training: Pick<Training, 'state' | 'trains'>): RunStatus {
  const { phase, runId } = training.state;
  if (training.trains(run.id)) {
    const words = {
      preparing: 'Preparing',
      running: 'Training',
      waiting: 'Waiting for room',
      paused: 'Paused',
      stopping: 'Stopping',
    };
    return { text: phase in words ? words[phase as keyof typeof words] : 'Training', tone: 'active' };
  }
  if (phase === 'diverged' && runId === run.id) return { text: 'Diverged', tone: 'bad' };
  // The last checkpoint may turn out to be damaged when its hashes are looked at.
  const finished = run.outcome.state === 'finished' && run.step >= run.steps;
  const outcome: RunEntry['outcome'] =
    run.outcome.state === 'finished' && !finished ? { state: 'stopped', collapsed: [] } : run.outcome;
  const bad = ['damaged', 'diverged'].includes(outcome.state) || outcome.collapsed.length > 0;
  return { text: outcomeText(outcome, run.step), tone: bad ? 'bad' : finished ? 'good' : 'plain' };
}
