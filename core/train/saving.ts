/** When a training writes checkpoints, and what happens when one cannot be written. */
import type { CovaeModel } from '../covae/model.ts';
import { UserError } from '../errors.ts';
import { writeCheckpoint } from '../run/checkpoint.ts';
import type { LogMarks } from '../run/log-marks.ts';
import type { Program } from '../tensor/program.ts';
import type { TrainingConfig } from '../config/model.ts';
import { fileSystemCode, isDiskFull, missingRoom, whenRoom, type RoomOptions } from './room.ts';
import { checkpointBytes, stateNames, toCheckpoint, type Progress, type Vectors } from './state.ts';
import type { Troubles } from './troubles.ts';

/** A checkpoint that failed is tried again after so long. */
const AGAIN_MS = 60_000;
/** For headers, manifest and the file system's own, beside the numbers of a checkpoint. */
const BESIDE_BYTES = 256 * 1024;

/** Writes the checkpoints of one session. */
export class Saving {
  /** Bytes of a checkpoint, about. */
  readonly needed: number;
  private savedStep: number;
  /** Steps saved because of the time: of these only the newest is kept. */
  private readonly passing = new Set<number>();
  /** Moment of the last checkpoint, of the start, or of a failed try. */
  private since = performance.now();
  private failing = false;
  private logs: () => LogMarks = () => ({});
  /** Step of the best checkpoint there is, which is kept. */
  private best: number | null = null;

  constructor(
    private readonly folder: string,
    private readonly model: CovaeModel,
    private readonly training: TrainingConfig,
    private readonly program: Program,
    private readonly progress: Progress,
  ) {
    this.savedStep = progress.step;
    this.needed = checkpointBytes(model, training) + BESIDE_BYTES;
  }

  /**
   * A stretch of training begins: the time until its first checkpoint counts from now.
   * @param logs what the run's logs are at a moment
   * @param best step of the best checkpoint so far
   */
  begin(logs: () => LogMarks, best: number | null): void {
    this.since = performance.now();
    this.logs = logs;
    this.best = best;
  }

  /** Whether the checkpoint of this step is kept as the best one. */
  isBest(step: number): boolean {
    return this.best === step;
  }

  /** Why a checkpoint is to be written now; null when none is. */
  due({ checkpointEvery, checkpointMinutes }: TrainingConfig): 'step' | 'time' | null {
    if (this.progress.step % checkpointEvery === 0) return 'step';
    const elapsed = performance.now() - this.since;
    if (this.failing) return elapsed >= AGAIN_MS ? 'time' : null;
    return checkpointMinutes > 0 && elapsed >= checkpointMinutes * 60_000 ? 'time' : null;
  }

  /**
   * Writes a checkpoint amid the training, unless that of this step is there; waits for room. One that fails is told
   * and tried again soon. The `best` one is kept until there is a better one, that by `time` until there is a newer one.
   *
   * @returns its folder; null when none was written
   */
  async amid(why: 'step' | 'time' | 'best', room: RoomOptions, troubles: Troubles): Promise<string | null> {
    const { step } = this.progress;
    try {
      if (why !== 'step') this.passing.add(step);
      else this.passing.delete(step);
      const written = await this.write(room, why === 'best' ? step : this.best);
      if (why === 'best') this.best = step;
      this.failing = false;
      troubles.worked('checkpoint');
      return written;
    } catch (error) {
      if (fileSystemCode(error) === null) throw error;
      // Was waited for until the training was stopped; what is lost is told at its end.
      if (isDiskFull(error)) return null;
      this.failing = true;
      troubles.failed('checkpoint', error);
      return null;
    } finally {
      this.since = performance.now();
    }
  }

  /**
   * Writes the last checkpoint of a stretch.
   *
   * @throws UserError that says what is lost
   */
  async last(room: RoomOptions): Promise<string | null> {
    try {
      return await this.write(room, this.best);
    } catch (error) {
      if (!(error instanceof UserError) || fileSystemCode(error) === null) throw error;
      const { missing } = await missingRoom(this.folder, this.needed);
      const lacking =
        isDiskFull(error) && missing !== null ? ` (${Math.ceil(missing / 1e6)} MB are missing)` : '';
      const kept =
        this.savedStep === 0
          ? 'nothing of this training is kept'
          : `what was learned after step ${this.savedStep} is lost, and the run goes on from there`;
      throw new UserError(`${error.message.replace(/\.$/, '')}${lacking}; ${kept}.`, {
        code: error.code,
        cause: error,
        ...(error.file !== undefined && { file: error.file }),
      });
    }
  }

  private async write(room: RoomOptions, best: number | null): Promise<string | null> {
    const { step } = this.progress;
    if (this.savedStep === step) return null;
    const names = stateNames(this.model, this.training);
    const state = this.program.readState(names);
    const vectors = Object.fromEntries(names.map((name) => [name, state[name]?.data])) as Vectors;
    const contents = toCheckpoint(this.model, vectors, this.progress);
    const { passing } = this;
    const options = { passing, best, logs: this.logs() };
    const written = await whenRoom(() => writeCheckpoint(this.folder, step, contents, options), room);
    this.savedStep = step;
    return written;
  }
}
