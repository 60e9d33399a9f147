/** What a training writes beside its checkpoints: metrics, alarms, grids of samples, measurements, evaluations. */
import type { Generator } from '../explore/api.ts';
import type { SmallEvaluation } from '../evaluate/small-evaluation.ts';
import type { EvaluationLine } from '../run/evaluation-line.ts';
import type { HistoryLine } from '../run/history-line.ts';
import type { LineLog } from '../run/line-log.ts';
import type { LogMarks } from '../run/log-marks.ts';
import type { Alarm, Diagnostics } from '../run/diagnostics.ts';
import type { MetricsLine } from '../run/manifest.ts';
import { METRICS_FILE, type MetricsLog, openMetricsLog } from '../run/run-folder.ts';
import { openRunLog, type RunLog } from '../run/run-log.ts';
import type { TrainCallbacks } from './api.ts';
import { drawSamples, measure, writeReconstructions, writeSamples } from './look.ts';
import type { Look } from './look-plan.ts';
import { isDiskFull, type RoomOptions, whenRoom } from './room.ts';
import type { TrainingData } from './training-data.ts';
import { Troubles } from './troubles.ts';

/**
 * The records of one stretch of training. None of them can end it: where the disk is full it waits, and whatever else
 * goes wrong is told once and tried again at its next turn.
 */
export class Records {
  readonly troubles: Troubles;
  private readonly metricsLog: MetricsLog;
  private readonly runLog: RunLog;

  /**
   * @param lastStep step the training goes on from
   * @param between awaited between two calls of the network
   * @throws UserError when a log is damaged or cannot be opened
   */
  constructor(
    private readonly folder: string,
    lastStep: number,
    readonly room: RoomOptions,
    private readonly callbacks: TrainCallbacks,
    private readonly between: () => Promise<void>,
  ) {
    this.troubles = new Troubles((sentence, kind) => callbacks.onNotice?.(sentence, kind));
    this.metricsLog = openMetricsLog(folder, lastStep);
    try {
      this.runLog = openRunLog(folder, lastStep);
    } catch (error) {
      this.metricsLog.close();
      throw error;
    }
  }

  /** What the logs are by now. */
  marks(): LogMarks {
    return { [METRICS_FILE]: this.metricsLog.mark(), ...this.runLog.marks() };
  }

  close(): void {
    this.metricsLog.close();
    this.runLog.close();
  }

  async metrics(line: MetricsLine): Promise<void> {
    await this.append('log of the training', this.metricsLog, line);
    this.callbacks.onLogged?.(line);
  }

  async history(line: HistoryLine): Promise<void> {
    await this.append('history of the run', this.runLog.history, line);
    this.callbacks.onHistory?.(line);
  }

  /** Writes something else; null when it failed. */
  beside<T>(what: string, write: () => Promise<T>): Promise<T | null> {
    return this.troubles.attempt(what, () => whenRoom(write, this.room));
  }

  async alarms(alarms: readonly Alarm[]): Promise<void> {
    for (const alarm of alarms) {
      await this.append('list of alarms', this.runLog.alarms, alarm);
      this.callbacks.onAlarm?.(alarm);
    }
  }

  /**
   * Draws samples, and measures the model where that is asked for.
   *
   * @returns null when it did not measure, or something failed
   */
  async look(generator: Generator, data: TrainingData, look: Look): Promise<Diagnostics | null> {
    const { callbacks, troubles, folder, between } = this;
    const { step, manifest } = generator;
    const images = await troubles.attempt('drawing of samples', () => drawSamples(generator, 1, between));
    if (images === null) return null;
    const file = await troubles.attempt('grid of samples', () => writeSamples(generator, folder, images, 1));
    if (file !== null) {
      callbacks.onSamples?.(step, images, file);
      callbacks.onGrid?.({ step, kind: 'passes-1' });
    }
    if (look === 'grid') return null;
    const diagnostics = await troubles.attempt('measuring', () => measure(generator, data, images, between));
    if (diagnostics !== null) {
      await this.append('log of the diagnostics', this.runLog.diagnostics, diagnostics);
      callbacks.onDiagnostics?.(diagnostics);
    }
    if (look === 'close') {
      if (manifest.config.objective.variant !== 'beta-vae') {
        const written = await troubles.attempt('grid of samples in two passes', async () =>
          writeSamples(generator, folder, await drawSamples(generator, 2, between), 2),
        );
        if (written !== null) callbacks.onGrid?.({ step, kind: 'passes-2' });
      }
      const written = await troubles.attempt('picture of reconstructions', () =>
        writeReconstructions(generator, folder, data, between),
      );
      if (written !== null) callbacks.onGrid?.({ step, kind: 'reconstructions' });
    }
    return diagnostics;
  }

  /**
   * Evaluates the model. Ends at once, with nothing logged, when the training is stopped.
   *
   * @returns null when it failed or was stopped
   * @throws what the callback throws that is told how far it is
   */
  async evaluate(evaluation: SmallEvaluation): Promise<EvaluationLine | null> {
    const { callbacks, troubles } = this;
    const { signal } = callbacks;
    const what = 'evaluation';
    const thrown: unknown[] = [];
    try {
      const line = await evaluation.evaluate({
        signal,
        between: this.between,
        onProgress: (done, total) => {
          try {
            callbacks.onEvaluating?.({ done, total });
          } catch (error) {
            thrown.push(error);
            throw error;
          }
        },
      });
      troubles.worked(what);
      await this.append('log of the evaluations', this.runLog.evaluations, line);
      callbacks.onEvaluation?.(line);
      return line;
    } catch (error) {
      if (thrown.length > 0) throw error;
      if (!signal?.aborted) troubles.failed(what, error);
      return null;
    } finally {
      callbacks.onEvaluating?.(null);
    }
  }

  private async append<T>(what: string, log: LineLog<T>, line: T): Promise<void> {
    try {
      try {
        log.append(line);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        await whenRoom(() => log.flush(), this.room);
      }
      this.troubles.worked(what);
    } catch (error) {
      this.troubles.failed(what, error);
    }
  }
}
