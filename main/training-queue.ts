/** The window's side of the queue: what waits is trained whenever nothing else is. */
import { windowSentenceOf, UserError } from '../core/errors.ts';
import { visibleFolders } from '../core/files.ts';
import { runsFolder } from '../core/library.ts';
import { lockQueueRun } from '../core/library-locks.ts';
import type { Lock } from '../core/lock.ts';
import type { Preset } from '../core/config/model.ts';
import { summarizeRun } from '../core/run/catalogue.ts';
import {
  addToQueue,
  moveInQueue,
  nextInQueue,
  pauseQueue,
  type Queue,
  removeFromQueue,
  settleInQueue,
  tidyQueue,
} from '../core/run/queue.ts';
import type { CallParams, EventName, EventPayload } from './ipc/contract.ts';
import type { CallHandlers, Log } from './ipc/gate.ts';
import type { QueueCalls, QueueView } from './ipc/queue-contract.ts';
import type { Supervisor } from './process/supervisor.ts';
import type { TrainerProtocol } from './process/trainer-protocol.ts';
import { isActive, type TrainingState } from './training-state.ts';

type Calls = Pick<CallHandlers, keyof typeof QueueCalls>;

export interface TrainingQueueOptions {
  home: string;
  trainer: Supervisor<TrainerProtocol>;
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void;
  log: Log;
  training: () => TrainingState;
  presetFor: (params: Pick<CallParams<'training.check'>, 'dataset' | 'preset' | 'from'>) => Promise<Preset>;
  /** Asks the trainer to begin with a run; the state says so at once. */
  begin: (runId: string, ask: () => Promise<unknown>) => Promise<unknown>;
}

export class TrainingQueue {
  readonly #options: TrainingQueueOptions;
  /** Held while this window trains what waits, so that no command does so too. */
  #lock: Lock | null = null;
  #beginning = false;
  /** It was called meanwhile. */
  #again = false;
  #closed = false;
  /** What came of those that were trained since the queue was last at its end. */
  #done = { trained: 0, failed: 0 };

  constructor(options: TrainingQueueOptions) {
    this.#options = options;
  }

  readonly calls: Calls = {
    'queue.get': async () => viewOf(await this.#tidied()),
    'queue.add': async ({ runIds }) => this.#changed(addToQueue(this.#options.home, runIds)),
    'queue.remove': async ({ runId }) => {
      const { training } = this.#options;
      if (isActive(training()) && training().runId === runId) {
        throw new UserError('This run is being trained; stop the training first.', { code: 'busy' });
      }
      return this.#changed(removeFromQueue(this.#options.home, runId));
    },
    'queue.move': async ({ runId, to }) => this.#changed(moveInQueue(this.#options.home, runId, to)),
    'queue.pause': async ({ paused }) => this.#changed(pauseQueue(this.#options.home, paused)),
    'queue.again': async ({ runIds }) => {
      const { home, trainer } = this.#options;
      const ids: string[] = [];
      for (const runId of runIds) {
        const { step, steps } = await summarizeRun(home, runId);
        ids.push(step < steps ? runId : (await trainer.request('runs.again', { runId })).runId);
      }
      this.#options.emit('library.changed', { what: 'runs' });
      return this.#changed(addToQueue(home, ids));
    },
    'queue.plan': async ({ preset: name, ...others }) => {
      const { home, trainer, presetFor } = this.#options;
      const preset = await presetFor({ ...others, preset: name });
      const { runId } = await trainer.request('runs.create', { preset, ...others });
      this.#options.emit('library.changed', { what: 'runs' });
      await this.#changed(addToQueue(home, [runId]));
      return { runId };
    },
    'sweep.plan': async ({ preset: name, ...others }, signal) => {
      const preset = await this.#options.presetFor({ dataset: others.dataset, preset: name });
      return this.#options.trainer.request('sweep.plan', { preset, ...others }, signal);
    },
    'sweep.make': async ({ preset: name, ...others }, signal) => {
      const { emit, trainer, presetFor } = this.#options;
      const preset = await presetFor({ dataset: others.dataset, preset: name });
      try {
        return await trainer.request('sweep.make', { preset, ...others }, signal);
      } finally {
        emit('library.changed', { what: 'runs' });
        await this.#tell();
        this.next();
      }
    },
  };

  /** Begins with the next run, when nothing is trained and the queue is not paused. Never throws. */
  next(): void {
    if (this.#beginning) {
      this.#again = true;
      return;
    }
    this.#beginning = true;
    this.#begin()
      .catch((error: unknown) => this.#options.log('The queue could not go on', error))
      .finally(() => {
        this.#beginning = false;
        const again = this.#again;
        this.#again = false;
        if (again) this.next();
      });
  }

  /** To be called whenever the training's state is another. */
  followed(before: TrainingState, { phase, runId, detail }: TrainingState): void {
    if (before.phase === phase || runId === null || this.#closed) return;
    if (phase !== 'finished' && phase !== 'failed' && phase !== 'diverged') return;
    const problem = phase === 'finished' ? null : (detail ?? 'The training has ended before its time.');
    void this.#settle(runId, problem);
  }

  /** A person has stopped the training of a run: what waits behind it is not begun by itself then. */
  async stoppedByPerson(runId: string | null): Promise<void> {
    const { entries, paused } = await this.#tidied();
    if (paused || !entries.some(({ run }) => run === runId)) return;
    await this.#changed(pauseQueue(this.#options.home, true));
  }

  /** Begins with nothing from here on; what waits is kept. */
  close(): void {
    this.#closed = true;
    this.#lock?.release();
    this.#lock = null;
  }

  async #begin(): Promise<void> {
    const { home, trainer, training, begin, emit } = this.#options;
    for (;;) {
      if (this.#closed || isActive(training()) || trainer.status.state !== 'ready') return;
      const queue = await this.#tidied();
      const runId = nextInQueue(queue);
      if (runId === null || queue.paused) {
        this.#lock?.release();
        this.#lock = null;
        if (runId === null) this.#tellEnd();
        return;
      }
      try {
        this.#lock ??= lockQueueRun(home);
      } catch (error) {
        // A command trains what waits.
        if (error instanceof UserError && error.code === 'busy') return;
        throw error;
      }
      if (isActive(training())) return;
      try {
        await begin(runId, () => trainer.request('training.resumeRun', { runId }));
        emit('queue.changed', viewOf(queue));
        return;
      } catch (error) {
        await this.#noteDown(runId, windowSentenceOf(error));
      }
    }
  }

  async #settle(runId: string, problem: string | null): Promise<void> {
    try {
      await this.#noteDown(runId, problem);
      this.next();
    } catch (error) {
      this.#options.log('The queue could not be written', error);
    }
  }

  #tellEnd(): void {
    const { trained, failed } = this.#done;
    this.#done = { trained: 0, failed: 0 };
    if (trained + failed > 1) this.#options.emit('queue.ended', { trained, failed });
  }

  async #noteDown(runId: string, problem: string | null): Promise<void> {
    const { home, emit } = this.#options;
    const { queue, done, waited } = await settleInQueue(home, runId, problem);
    if (waited) this.#done[problem === null ? 'trained' : 'failed']++;
    emit('queue.changed', viewOf(queue));
    for (const { name, runs } of done) emit('sweep.done', { name, runIds: runs });
  }

  async #tidied(): Promise<Queue> {
    const { home } = this.#options;
    return tidyQueue(home, new Set(await visibleFolders(runsFolder(home)).catch(() => [])));
  }

  async #tell(): Promise<void> {
    this.#options.emit('queue.changed', viewOf(await this.#tidied()));
  }

  async #changed(work: Promise<Queue>): Promise<Record<string, never>> {
    this.#options.emit('queue.changed', viewOf(await work));
    this.next();
    return {};
  }
}

function viewOf({ paused, entries }: Queue): QueueView {
  return { paused, entries: entries.map(({ run, problem }) => ({ runId: run, problem })) };
}
