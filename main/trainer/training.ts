import { UserError } from '../../core/errors.ts';
import { GivingWay } from '../../core/train/giving-way.ts';
import { throttled } from './throttle.ts';
import type { Generator } from '../../core/explore/api.ts';
import type {
  Asked,
  CreateRun,
  CreateRunOptions,
  OpenSession,
  TrainEnd,
  TrainingSession,
  TrainProgress,
} from '../../core/train/api.ts';
import { isDiskFull, type Waiting } from '../../core/train/room.ts';
import type { NoticeKind } from '../../core/train/troubles.ts';
import type { HistoryLine, RunChanges } from '../../core/run/history-line.ts';
import type { GridFile } from '../../core/run/grid-files.ts';
import type { MetricsLine } from '../../core/run/manifest.ts';
import type { Alarm, Diagnostics } from '../../core/run/diagnostics.ts';
import type { EvaluationLine } from '../../core/run/evaluation-line.ts';
import type { TrainingEvent } from '../process/trainer-protocol.ts';
import { divergedSentence } from '../../core/train/diagnostics/sentences.ts';
import { wentBackClause } from '../../core/run/going-back.ts';
import { defined } from '../defined.ts';
import { trainingFailure } from './sentences.ts';

/** Milliseconds between two events of progress. */
const PROGRESS_INTERVAL = 100;

export interface TrainingEvents {
  state(event: TrainingEvent): void;
  alarm(runId: string, alarm: Alarm): void;
  diagnostics(runId: string, diagnostics: Diagnostics): void;
  evaluation(runId: string, evaluation: EvaluationLine): void;
  /** How far an evaluation is, in images; null when it is over. */
  evaluating(runId: string, progress: { done: number; total: number } | null): void;
  /** A sentence for the person that is no failure; by default about a trouble. */
  notice(runId: string, text: string, kind?: NoticeKind): void;
  progress(progress: TrainProgress): void;
  /** Lines that were logged, each once. */
  logged(runId: string, lines: MetricsLine[]): void;
  samples(runId: string, step: number): void;
  /** Something happened that the run's history keeps. */
  history(runId: string, line: HistoryLine): void;
  /** A picture was written into the run's folder. */
  grid(runId: string, grid: GridFile): void;
  checkpoint(runId: string, step: number): void;
}

/** What is different when a run goes on. */
export interface ResumeChanges {
  /** In place of the run's settings, from here on. */
  changes?: RunChanges;
  /** Step of an earlier checkpoint to go back to. */
  from?: number;
}

/** Thrown into a training that is not to be saved. */
class Abandoned extends Error {}

interface Current {
  runId: string;
  wish: 'train' | 'pause' | 'stop' | 'abandon';
  /** The disk is full. */
  waiting: boolean;
  /** Ends the stretch of training under way. */
  abort: AbortController;
  /** Ends a pause. */
  wake: () => void;
  session: Promise<TrainingSession>;
  ended: Promise<void>;
}

/**
 * The one training of this process. A pause ends the stretch of training under way, which writes a checkpoint, and
 * keeps the session; to resume begins another stretch. So nothing is lost when the machine goes down meanwhile.
 */
export class Training {
  readonly #home: string;
  readonly #createRun: CreateRun;
  readonly #openSession: OpenSession;
  readonly #events: TrainingEvents;
  #current: Current | null = null;
  #creating = false;
  readonly #way = new GivingWay();

  /** @param home the library folder */
  constructor(home: string, createRun: CreateRun, openSession: OpenSession, events: TrainingEvents) {
    this.#home = home;
    this.#createRun = createRun;
    this.#openSession = openSession;
    this.#events = events;
  }

  /** Writes the run folder, answers its id and trains on. */
  async start(options: Omit<CreateRunOptions, 'home'>): Promise<string> {
    this.refuseSecond();
    this.#creating = true;
    try {
      const { id } = await this.#createRun({ ...options, home: this.#home });
      this.#begin(id);
      return id;
    } finally {
      this.#creating = false;
    }
  }

  resumeRun(runId: string, changes: ResumeChanges = {}): void {
    this.refuseSecond();
    this.#begin(runId, changes);
  }

  pause(): void {
    const current = this.#need();
    // A pause saves, for which there is no room.
    if (current.wish !== 'train' || current.waiting) return;
    current.wish = 'pause';
    current.abort.abort();
  }

  resume(): void {
    const current = this.#need();
    if (current.wish !== 'pause') return;
    current.wish = 'train';
    current.wake();
  }

  /** Resolves when the training has ended and its checkpoint is written. */
  async stop(): Promise<void> {
    const current = this.#current;
    if (current === null) return;
    if (current.wish !== 'stop') this.#events.state({ phase: 'stopping', runId: current.runId });
    current.wish = 'stop';
    current.abort.abort();
    current.wake();
    await current.ended;
  }

  /** Ends the training of this run, if it is under way, without saving what was learned since its last checkpoint. */
  async abandon(runId: string): Promise<void> {
    const current = this.#current;
    if (current?.runId !== runId) return;
    current.wish = 'abandon';
    // There is no next step to notice it.
    if (current.waiting) current.abort.abort();
    current.wake();
    await current.ended;
  }

  /** Asks for something out of turn, done after the step at hand. @throws UserError when nothing is trained */
  async ask(what: Asked): Promise<void> {
    (await this.#need().session).ask(what);
  }

  /** Changes settings of the training under way, from its next step on. @throws UserError when nothing is trained */
  async change(changes: RunChanges): Promise<void> {
    (await this.#need().session).change(changes);
  }

  /** Does what a person waits for, which may draw from the model in training; its steps wait meanwhile. */
  first<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#way.first(work);
  }

  /** Resolves when there is no training under way. */
  async ended(): Promise<void> {
    await this.#current?.ended;
  }

  /** The generator of the run in training, once it is loaded; null for every other run. */
  async generator(runId: string): Promise<Generator | null> {
    const current = this.#current;
    if (current?.runId !== runId) return null;
    return (await current.session).generator;
  }

  #need(): Current {
    if (this.#current === null) throw new UserError('There is no training under way.');
    return this.#current;
  }

  /** @throws UserError while a training is under way */
  refuseSecond(): void {
    if (this.#current !== null || this.#creating) {
      throw new UserError('A training is under way already; stop it before you start another.', {
        code: 'busy',
      });
    }
  }

  #begin(runId: string, changes: ResumeChanges = {}): void {
    const tellPhase = (detail: string): void => this.#events.state({ phase: 'preparing', runId, detail });
    tellPhase('Opening the run');
    const session = this.#open(runId, tellPhase, changes);
    const current: Current = {
      runId,
      wish: 'train',
      waiting: false,
      abort: new AbortController(),
      wake: () => undefined,
      session,
      ended: Promise.resolve(),
    };
    this.#current = current;
    current.ended = this.#run(current).then((event) => {
      this.#current = null;
      this.#events.state(event);
    });
  }

  async #open(
    runId: string,
    tellPhase: (detail: string) => void,
    changes: ResumeChanges,
  ): Promise<TrainingSession> {
    const session = await this.#openSession(this.#home, runId, tellPhase, defined(changes));
    for (const remark of session.remarks) this.#events.notice(runId, remark);
    if (changes.from !== undefined && session.setAside !== null) {
      this.#events.notice(runId, `${wentBackClause(session.setAside)}; the run's page can bring it back.`);
    }
    return session;
  }

  /** Trains to the end; never throws. Returns how it ended. */
  async #run(current: Current): Promise<TrainingEvent> {
    const { runId } = current;
    let session: TrainingSession | null = null;
    try {
      session = await current.session;
      for (;;) {
        if (current.wish === 'stop' || current.wish === 'abandon') return { phase: 'stopped', runId };
        if (current.wish === 'pause') await this.#pause(current);
        else {
          const { end, alarm } = await this.#stretch(current, session);
          if (end === 'finished') return { phase: 'finished', runId };
          if (end === 'diverged') {
            return { phase: 'diverged', runId, detail: divergedSentence(session.step, alarm) };
          }
        }
      }
    } catch (error) {
      if (current.wish === 'abandon') return { phase: 'stopped', runId };
      console.error('The training failed:', error);
      return { phase: 'failed', runId, detail: trainingFailure(error) };
    } finally {
      session?.dispose();
    }
  }

  async #stretch(
    current: Current,
    session: TrainingSession,
  ): Promise<{ end: TrainEnd; alarm: Alarm | null }> {
    const { runId } = current;
    const last: { alarm: Alarm | null } = { alarm: null };
    current.abort = new AbortController();
    this.#events.state({ phase: 'running', runId });
    const logged: MetricsLine[] = [];
    const lines = throttled(PROGRESS_INTERVAL, () => this.#events.logged(runId, logged.splice(0)));
    const progress = throttled(PROGRESS_INTERVAL, (latest: TrainProgress) => this.#events.progress(latest));
    try {
      const end = await session.train({
        signal: current.abort.signal,
        giveWay: (signal) => this.#way.between(signal),
        onProgress: (latest) => {
          progress.push(latest);
          // A signal would end the stretch with a checkpoint.
          if (current.wish === 'abandon') throw new Abandoned();
        },
        onLogged: (line) => {
          logged.push(line);
          lines.push(undefined);
        },
        onHistory: (line) => this.#events.history(runId, line),
        onSamples: (step) => this.#events.samples(runId, step),
        onGrid: (grid) => this.#events.grid(runId, grid),
        onCheckpoint: (step) => this.#events.checkpoint(runId, step),
        onAlarm: (alarm) => {
          last.alarm = alarm;
          this.#events.alarm(runId, alarm);
        },
        onDiagnostics: (diagnostics) => this.#events.diagnostics(runId, diagnostics),
        onEvaluation: (evaluation) => this.#events.evaluation(runId, evaluation),
        onEvaluating: (evaluated) => {
          this.#events.evaluating(runId, evaluated);
          if (evaluated !== null && current.wish === 'abandon') throw new Abandoned();
        },
        onNotice: (text, kind) => {
          console.error(text);
          this.#events.notice(runId, text, kind);
        },
        onWaiting: (waiting) => this.#tellWaiting(current, waiting),
      });
      return { end, ...last };
    } catch (error) {
      // The weights are still here; without a pause the training waits for room with them.
      if (current.wish !== 'pause' || !isDiskFull(error)) throw error;
      current.wish = 'train';
      this.#events.notice(runId, 'A pause saves, and the disk is full; the training goes on instead.');
      return { end: 'stopped', ...last };
    } finally {
      progress.flush();
      lines.flush();
    }
  }

  #tellWaiting(current: Current, waiting: Waiting | null): void {
    const { runId, wish } = current;
    current.waiting = waiting !== null;
    if (waiting !== null) {
      console.error(waiting.sentence);
      this.#events.state({ phase: 'waiting', runId, detail: waiting.sentence });
    } else if (wish === 'train') this.#events.state({ phase: 'running', runId });
  }

  async #pause(current: Current): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      current.wake = resolve;
    });
    this.#events.state({ phase: 'paused', runId: current.runId });
    await woken;
  }
}
