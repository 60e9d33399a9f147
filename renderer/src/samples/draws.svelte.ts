/** The draws of a run: those that are kept, and those that are being made, whatever view is open. */
import {
  changedMarks,
  type DrawFitting,
  type DrawProgress,
  type KeptDraw,
  type MarkChange,
} from '../../../main/ipc/contract.ts';
import type { Bridge } from '../bridge.ts';
import { formatPlural } from '../format.ts';
import type { Notices } from '../shell/notices.svelte.ts';
import type { DrawParams } from './draw.ts';

/** A draw that is being made. */
export interface DrawJob extends Omit<DrawProgress, 'id'> {
  /** Null before its first samples are there. */
  id: string | null;
  stopping: boolean;
  /** Images encoded for a fitted prior; null unless that is done now. */
  fitting: Pick<DrawFitting, 'done' | 'total'> | null;
}

export class Draws {
  /** Newest first. */
  all = $state.raw<readonly KeptDraw[]>([]);
  jobs = $state.raw<readonly DrawJob[]>([]);
  /** Whether the disk was asked what there is. */
  known = $state(false);
  #runId: string | null = null;
  #order = 0;
  readonly #bridge: Bridge;
  readonly #notices: Notices;
  readonly #fail: (error: unknown) => void;

  constructor(bridge: Bridge, notices: Notices, fail: (error: unknown) => void) {
    this.#bridge = bridge;
    this.#notices = notices;
    this.#fail = fail;
  }

  /** From then on hears how far draws are. */
  start(): void {
    this.#bridge.on('draws.progress', (progress) => this.#hear(progress));
    this.#bridge.on('draws.fitting', ({ orderId, ...fitting }) => this.#change(orderId, { fitting }));
    this.#bridge.on('draws.changed', ({ runId }) => {
      if (runId === this.#runId) void this.refresh();
    });
  }

  /** Shows the draws of a run. */
  follow(runId: string | null): void {
    if (runId === this.#runId) return;
    this.#runId = runId;
    this.all = [];
    this.known = false;
    if (runId !== null) void this.refresh();
  }

  async refresh(): Promise<void> {
    const runId = this.#runId;
    if (runId === null) return;
    try {
      const { draws, problems } = await this.#bridge.call('draws.list', { runId });
      if (runId !== this.#runId) return;
      this.all = draws;
      this.known = true;
      problems.forEach((problem) => this.#notices.error(problem));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What is being drawn of a run; undefined while nothing is. */
  jobOf(runId: string | undefined): DrawJob | undefined {
    return this.jobs.find((job) => job.runId === runId);
  }

  /** Draws and keeps. @returns null where nothing came of it */
  async make(params: DrawParams): Promise<KeptDraw | null> {
    const orderId = `draw-${Date.now()}-${++this.#order}`;
    const { runId, count: total } = params;
    const job = { ...{ runId, orderId, id: null, done: 0, total }, perSecond: null, secondsLeft: null };
    this.jobs = [...this.jobs, { ...job, stopping: false, fitting: null }];
    try {
      return await this.#bridge.call('draws.make', { ...params, orderId });
    } catch (error) {
      this.#fail(error);
      return null;
    } finally {
      this.jobs = this.jobs.filter((other) => other.orderId !== orderId);
    }
  }

  /** Stops a draw; what was drawn of it stays. */
  stop(orderId: string): void {
    this.#change(orderId, { stopping: true });
    this.#bridge.call('draws.stop', { orderId }).catch(this.#fail);
  }

  /** Marks samples: shown at once, and taken back when it fails. */
  async mark(draw: KeptDraw, change: MarkChange): Promise<boolean> {
    const { run: runId, id } = draw;
    const before = this.#find(draw)?.marks ?? draw.marks;
    this.#put(draw, { marks: changedMarks(before, change, draw.count) });
    try {
      await this.#bridge.call('draws.mark', { runId, id, change });
      return true;
    } catch (error) {
      this.#put(draw, { marks: before });
      this.#fail(error);
      return false;
    }
  }

  /** Deletes a draw, and offers to take that back. */
  async remove(draw: KeptDraw): Promise<void> {
    const { run: runId, id } = draw;
    try {
      await this.#bridge.call('draws.remove', { runId, id });
      this.all = this.all.filter((other) => other.id !== id);
      this.#notices.undoable(`A draw of ${formatPlural(draw.count, 'sample')} is deleted.`, {
        label: 'Undo',
        run: () => void this.#bridge.call('draws.bringBack', { runId, id }).catch(this.#fail),
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  #hear({ id, ...progress }: DrawProgress): void {
    this.#change(progress.orderId, { id, ...progress, fitting: null });
    if (progress.runId !== this.#runId) return;
    const known = this.all.find((draw) => draw.id === id);
    if (known) this.#put(known, { count: Math.max(known.count, progress.done) });
    else void this.refresh();
  }

  #find({ id }: KeptDraw): KeptDraw | undefined {
    return this.all.find((draw) => draw.id === id);
  }

  #put({ id }: KeptDraw, change: Partial<KeptDraw>): void {
    this.all = this.all.map((draw) => (draw.id === id ? { ...draw, ...change } : draw));
  }

  #change(orderId: string, change: Partial<DrawJob>): void {
    this.jobs = this.jobs.map((job) => (job.orderId === orderId ? { ...job, ...change } : job));
  }
}
