/** A training at work: the loop, its logs, its checkpoints. */
import { setImmediate as turn } from 'node:timers/promises';
import type { CovaeModel } from '../covae/model.ts';
import type { Generator } from '../explore/api.ts';
import { ProgramGenerator } from '../explore/generator.ts';
import { writeCheckpoint } from '../run/checkpoint.ts';
import type { Alarm } from '../run/diagnostics.ts';
import type { RunManifest } from '../run/manifest.ts';
import { openMetricsLog } from '../run/run-folder.ts';
import { openRunLog } from '../run/run-log.ts';
import { stepPlan, type StepPlan } from '../schedule/step-plan.ts';
import type { Program } from '../tensor/program.ts';
import type { TrainCallbacks, TrainEnd, TrainingSession } from './api.ts';
import { Batches } from './batches.ts';
import { Watch } from './diagnostics/watch.ts';
import { drawGrid, measure } from './look.ts';
import { namingMemory } from './out-of-memory.ts';
import { metricsLineOf, progressAfter } from './progress.ts';
import { stateNames, toCheckpoint, type Progress, type Vectors } from './state.ts';
import { StepRate } from './step-rate.ts';
import type { Stepper, StepReport } from './stepper.ts';
import type { TrainingData } from './training-data.ts';

/** A run that is loaded with its data. `openSession` opens one. */
export class Session implements TrainingSession {
  readonly generator: Generator;
  private readonly batches: Batches;
  private savedAt: number;

  constructor(
    readonly manifest: RunManifest,
    private readonly folder: string,
    private readonly data: TrainingData,
    private readonly model: CovaeModel,
    private readonly program: Program,
    private readonly stepper: Stepper,
    private readonly progress: Progress,
  ) {
    const { dataset, labels, split } = data;
    this.batches = new Batches(manifest.config, manifest.seed, {
      drawn: split.training,
      readAt: (indices) => dataset.readAt(indices),
      labels,
    });
    this.savedAt = progress.step;
    this.generator = new ProgramGenerator(
      manifest,
      program,
      () => this.progress.step,
      () => undefined,
    );
  }

  get step(): number {
    return this.progress.step;
  }

  /** The loop. What a step does follows from (seed, step) and the state alone; a step that is not finite is skipped. */
  async train(callbacks: TrainCallbacks): Promise<TrainEnd> {
    const { manifest, folder, progress } = this;
    const { config } = manifest;
    const { steps, logEvery, sampleEvery, checkpointEvery } = config.training;
    const metricsLog = openMetricsLog(folder, progress.step);
    const runLog = openRunLog(folder, progress.step);
    const watch = new Watch(config, progress);
    const rate = new StepRate();
    const sound = (alarms: readonly Alarm[]) => {
      for (const alarm of alarms) {
        runLog.alarm(alarm);
        callbacks.onAlarm?.(alarm);
      }
    };
    try {
      while (progress.step < steps && !callbacks.signal?.aborted) {
        const { plan, report } = this.take(progress.step);
        if (report.applied) progress.step++;
        progress.seconds += rate.tick();

        const { loss } = report.metrics;
        sound(watch.afterStep(progress.step, { loss, gradNorm: report.gradNorm }, report.examples));
        if (!report.applied) {
          await this.save(callbacks);
          return 'diverged';
        }
        const isLast = progress.step === steps;
        const line = progressAfter(manifest, plan, report, progress, rate.perSecond());
        if (progress.step % logEvery === 0 || isLast) metricsLog.append(metricsLineOf(line));
        callbacks.onProgress?.(line);
        if (progress.step % sampleEvery === 0 || isLast) {
          const { images, file } = await drawGrid(this.generator, folder);
          callbacks.onSamples?.(progress.step, images, file);
          const diagnostics = await measure(this.generator, this.data, images);
          runLog.diagnostics(diagnostics);
          callbacks.onDiagnostics?.(diagnostics);
          sound(watch.afterDiagnostics(diagnostics));
        }
        if (progress.step % checkpointEvery === 0) await this.save(callbacks);
        // A macrotask, so that messages and signals get in between two steps.
        await turn();
      }
      await this.save(callbacks);
      return progress.step < steps ? 'stopped' : 'finished';
    } catch (error) {
      throw await namingMemory(error, config);
    } finally {
      metricsLog.close();
      runLog.close();
    }
  }

  /** The step of that number, with the weights as they are: plan, batch, one call of the compiled step. */
  private take(step: number): { plan: StepPlan; report: StepReport } {
    const plan = stepPlan(this.manifest.config, step, this.progress);
    const batch = this.batches.at(plan);
    return { plan, report: this.stepper.take(plan, batch) };
  }

  dispose(): void {
    this.program.dispose();
    this.data.dataset.close();
  }

  /** Writes a checkpoint, unless that of this step is there. */
  private async save({ onCheckpoint }: TrainCallbacks): Promise<void> {
    if (this.savedAt === this.step) return;
    const names = stateNames(this.model);
    const state = this.program.readState(names);
    const vectors = Object.fromEntries(names.map((name) => [name, state[name]?.data])) as Vectors;
    const contents = toCheckpoint(this.model, vectors, this.progress);
    const written = await writeCheckpoint(this.folder, this.step, contents);
    this.savedAt = this.step;
    onCheckpoint?.(this.step, written);
  }
}
