/** A training at work: the loop, its logs, its checkpoints. */
import { setImmediate as turn } from 'node:timers/promises';
import type { CovaeModel } from '../covae/model.ts';
import { SmallEvaluation } from '../evaluate/small-evaluation.ts';
import type { Generator } from '../explore/api.ts';
import { ProgramGenerator } from '../explore/generator.ts';
import { type BestCheckpoint, valueOf } from '../run/evaluation-line.ts';
import { findBest } from '../run/evaluations.ts';
import type { RunManifest } from '../run/manifest.ts';
import type { SetAside } from '../run/set-aside-files.ts';
import { stepPlan, type StepPlan } from '../schedule/step-plan.ts';
import type { Program } from '../tensor/program.ts';
import type { TrainCallbacks, TrainEnd, TrainingSession } from './api.ts';
import { nextStrength } from './augment/strength.ts';
import { Batches } from './batches.ts';
import type { Diagnostics } from '../run/diagnostics.ts';
import { Watch } from './diagnostics/watch.ts';
import { namingMemory } from './out-of-memory.ts';
import { metricsLineOf, progressAfter } from './progress.ts';
import { Records } from './records.ts';
import { type RoomOptions, whenRoom } from './room.ts';
import { Saving } from './saving.ts';
import type { Progress } from './state.ts';
import { StepRate } from './step-rate.ts';
import type { Stepper, StepReport } from './stepper.ts';
import type { TrainingData } from './training-data.ts';

/** A run that is loaded with its data. `openSession` opens one. */
export class Session implements TrainingSession {
  readonly generator: Generator;
  readonly remarks: readonly string[];
  readonly setAside: SetAside | null;
  private readonly batches: Batches;
  private readonly saving: Saving;
  private readonly evaluation: SmallEvaluation;

  constructor(
    readonly manifest: RunManifest,
    private readonly folder: string,
    private readonly data: TrainingData,
    model: CovaeModel,
    private readonly program: Program,
    private readonly stepper: Stepper,
    private readonly progress: Progress,
    found: Pick<TrainingSession, 'remarks' | 'setAside'>,
  ) {
    this.remarks = found.remarks;
    this.setAside = found.setAside;
    const { dataset, labels, split } = data;
    this.batches = new Batches(manifest.config, manifest.seed, {
      drawn: split.training,
      readAt: (indices) => dataset.readAt(indices),
      labels,
    });
    this.saving = new Saving(folder, model, program, progress);
    this.generator = new ProgramGenerator(
      manifest,
      program,
      () => this.progress.step,
      () => undefined,
    );
    this.evaluation = new SmallEvaluation(this.generator, dataset);
  }

  get step(): number {
    return this.progress.step;
  }

  /** The loop. What a step does follows from (seed, step) and the state alone; a step that is not finite is skipped. */
  async train(callbacks: TrainCallbacks): Promise<TrainEnd> {
    const { manifest, progress, saving } = this;
    const { config } = manifest;
    const { steps, logEvery, sampleEvery, evaluateEvery } = config.training;
    const rate = new StepRate();
    const records = await this.records(callbacks, () => rate.rest());
    const watch = new Watch(config, progress);
    const save = async (folder: Promise<string | null>) => {
      const written = await folder;
      if (written !== null) callbacks.onCheckpoint?.(progress.step, written);
    };
    try {
      let best = await findBest(this.folder, progress.step);
      saving.begin(() => records.marks(), best?.step ?? null);
      while (progress.step < steps && !callbacks.signal?.aborted) {
        const { plan, report } = this.take(progress.step);
        if (report.applied) progress.step++;
        progress.seconds += rate.tick();

        const { loss } = report.metrics;
        await records.alarms(
          watch.afterStep(progress.step, { loss, gradNorm: report.gradNorm }, report.examples),
        );
        if (!report.applied) {
          await save(saving.last(records.room));
          return 'diverged';
        }
        const isLast = progress.step === steps;
        const line = progressAfter(manifest, plan, report, progress, rate.perSecond());
        if (progress.step % logEvery === 0 || isLast) await records.metrics(metricsLineOf(line));
        callbacks.onProgress?.(line);
        if (progress.step % sampleEvery === 0 || isLast) {
          const diagnostics = await records.look(this.generator, this.data);
          if (diagnostics) {
            await records.alarms(watch.afterDiagnostics(diagnostics));
            this.adapt(diagnostics);
          }
        }
        if (evaluateEvery > 0 && (progress.step % evaluateEvery === 0 || isLast)) {
          const found = await this.evaluate(records, watch);
          rate.rest();
          if (isBetter(found, best)) {
            await save(saving.amid('best', records.room, records.troubles));
            if (saving.isBest(progress.step)) best = found;
          }
        }
        const why = saving.due(config.training);
        if (why) await save(saving.amid(why, records.room, records.troubles));
        // A macrotask, so that messages and signals get in between two steps.
        await turn();
      }
      await save(saving.last(records.room));
      return progress.step < steps ? 'stopped' : 'finished';
    } catch (error) {
      throw await namingMemory(error, config);
    } finally {
      records.close();
    }
  }

  /** The strength of the augmentation from here on, where it follows from overfitting. */
  private adapt({ fit }: Diagnostics): void {
    const { augment } = this.manifest.config;
    if (!augment.adaptive || fit === undefined) return;
    this.progress.augmentStrength = nextStrength(this.progress.augmentStrength ?? augment.strength, fit);
  }

  /** Evaluates the model as it is now; a checkpoint of it is the best one, if it is better than those before. */
  private async evaluate(records: Records, watch: Watch): Promise<BestCheckpoint | null> {
    const line = await records.evaluate(this.evaluation);
    if (line === null) return null;
    await records.alarms(watch.afterEvaluation(line));
    const { step, measure } = line;
    const value = valueOf(line);
    return value === null ? null : { step, measure, value };
  }

  /** Opens the records from this step on, once there is room for them. */
  private records(callbacks: TrainCallbacks, afterWaiting: () => void): Promise<Records> {
    const { folder, progress, saving } = this;
    const room: RoomOptions = {
      folder,
      needed: saving.needed,
      signal: callbacks.signal,
      onWaiting: (waiting) => {
        if (waiting === null) afterWaiting();
        callbacks.onWaiting?.(waiting);
      },
    };
    return whenRoom(() => new Records(folder, progress.step, room, callbacks), room);
  }

  /** The step of that number, with the weights as they are: plan, batch, one call of the compiled step. */
  private take(step: number): { plan: StepPlan; report: StepReport } {
    const plan = stepPlan(this.manifest.config, step, this.progress);
    const batch = this.batches.at(plan, this.progress.augmentStrength);
    return { plan, report: this.stepper.take(plan, batch) };
  }

  dispose(): void {
    this.evaluation.dispose();
    this.program.dispose();
    this.data.close();
  }
}

/** Of equal ones the earlier is the best. */
function isBetter(found: BestCheckpoint | null, best: BestCheckpoint | null): found is BestCheckpoint {
  return found !== null && (best === null || found.value < best.value);
}
