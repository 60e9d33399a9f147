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
import type { TrainingConfig } from '../config/model.ts';
import type { HistoryLine, RunChanges } from '../run/history-line.ts';
import type { Asked, TrainCallbacks, TrainEnd, TrainingSession, TrainProgress } from './api.ts';
import { nextStrength } from './augment/strength.ts';
import { dropSnapshotsAfter, writeSnapshot } from './averages/snapshots.ts';
import { Batches } from './batches.ts';
import type { Diagnostics } from '../run/diagnostics.ts';
import { Watch } from './diagnostics/watch.ts';
import { Interval } from './interval.ts';
import { lookAfter } from './look-plan.ts';
import { namingMemory } from './out-of-memory.ts';
import { metricsLineOf, progressAfter } from './progress.ts';
import { keepStepTime } from './plan/keep-step-time.ts';
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
  private readonly asked = new Set<Asked>();
  private changes: RunChanges = {};

  constructor(
    readonly manifest: RunManifest,
    private readonly folder: string,
    private readonly data: TrainingData,
    private readonly model: CovaeModel,
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
    this.saving = new Saving(folder, model, manifest.config.training, program, progress);
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

  ask(what: Asked): void {
    this.asked.add(what);
  }

  change(changes: RunChanges): void {
    this.changes = { ...this.changes, ...changes };
  }

  /** The configuration of the training with what was changed since. */
  private get training(): TrainingConfig {
    return { ...this.manifest.config.training, ...this.progress.changed };
  }

  /** Takes what is to be changed into the state. @returns null when nothing is */
  private takeChanges(): RunChanges | null {
    const { changes, progress, manifest } = this;
    if (Object.keys(changes).length === 0) return null;
    this.changes = {};
    const { learningRate, ...others } = changes;
    if (learningRate !== undefined) {
      progress.learningRateFactor = learningRate / manifest.config.training.learningRate;
    }
    if (Object.keys(others).length > 0) progress.changed = { ...progress.changed, ...others };
    return changes;
  }

  /** The loop. What a step does follows from (seed, step) and the state alone; a step that is not finite is skipped. */
  async train(callbacks: TrainCallbacks): Promise<TrainEnd> {
    const { manifest, progress, saving } = this;
    const { config } = manifest;
    const { steps, logEvery, evaluateEvery, snapshotEvery } = config.training;
    const rate = new StepRate();
    const { signal, giveWay = oneTurn } = callbacks;
    const between = async (): Promise<void> => rate.leaveOut(await giveWay(signal));
    const records = await this.records(callbacks, between, () => rate.rest());
    const watch = new Watch(config, progress);
    const note = (what: HistoryLine['what'], changes?: RunChanges): Promise<void> =>
      records.history({
        ...{ step: progress.step, at: new Date().toISOString(), seconds: progress.seconds, what },
        ...(changes && { changes }),
      });
    const end = async (how: TrainEnd): Promise<TrainEnd> => {
      await save(() => saving.last(records.room));
      void keepStepTime(manifest, rate.measured()).catch(() => undefined);
      await note(how);
      return how;
    };
    const interval = new Interval();
    let line: TrainProgress | null = null;
    const log = async (): Promise<void> => {
      if (line !== null && interval.steps > 0) await records.metrics(metricsLineOf(line, interval.take()));
    };
    /** What was logged up to a checkpoint lacks no step: a training that goes on from it begins a new interval. */
    const save = async (write: () => Promise<string | null>) => {
      await log();
      const written = await write();
      if (written !== null) callbacks.onCheckpoint?.(progress.step, written);
    };
    const look = async (): Promise<void> => {
      const planned = lookAfter(progress.step, this.training);
      const how = this.asked.delete('samples') ? 'close' : planned;
      if (how === null) return;
      const diagnostics = await records.look(this.generator, this.data, how);
      if (diagnostics === null) return;
      await records.alarms(watch.afterDiagnostics(diagnostics));
      // What is drawn out of turn changes nothing of what is learned.
      if (planned !== null) this.adapt(diagnostics);
    };
    try {
      let best = await findBest(this.folder, progress.step);
      saving.begin(() => records.marks(), best?.step ?? null);
      await dropSnapshotsAfter(this.folder, progress.step);
      await note('began');
      if (progress.step === 0) await look();
      rate.rest();
      while (progress.step < steps && !signal?.aborted) {
        const changes = this.takeChanges();
        if (changes !== null) {
          await note('changed', changes);
          watch.learnsAt(progress.learningRateFactor);
        }
        const { plan, report } = this.take(progress.step);
        if (report.applied) progress.step++;
        progress.seconds += rate.tick();

        const { loss } = report.metrics;
        await records.alarms(
          watch.afterStep(progress.step, { loss, gradNorm: report.gradNorm }, report.examples),
        );
        if (!report.applied) {
          return await end('diverged');
        }
        const isLast = progress.step === steps;
        line = progressAfter(manifest, plan, report, progress, rate.perSecond());
        interval.add(line);
        if (progress.step % logEvery === 0 || isLast) await log();
        callbacks.onProgress?.(line);
        await look();
        const evaluates = evaluateEvery > 0 && (progress.step % evaluateEvery === 0 || isLast);
        if (this.asked.delete('evaluation') || evaluates) {
          const found = await this.evaluate(records, watch);
          rate.rest();
          if (isBetter(found, best)) {
            await save(() => saving.amid('best', records.room, records.troubles));
            if (saving.isBest(progress.step)) best = found;
          }
        }
        if (snapshotEvery > 0 && (progress.step % snapshotEvery === 0 || isLast))
          await this.snapshot(records);
        const wished = this.asked.delete('checkpoint') ? 'step' : null;
        // What was changed is kept at once, so that a run that goes on after a crash has it.
        const why = wished ?? saving.due(this.training) ?? (changes === null ? null : 'time');
        if (why) await save(() => saving.amid(why, records.room, records.troubles));
        // Messages and signals get in between two steps, and whoever asks for something is answered first.
        await between();
      }
      return await end(progress.step < steps ? 'stopped' : 'finished');
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

  /** Keeps the two averages as they are now. */
  private async snapshot(records: Records): Promise<void> {
    const { step, optimizerFrom } = this.progress;
    const at = { step, t: step - optimizerFrom };
    await records.beside('snapshot of averages', () =>
      writeSnapshot(this.folder, this.model, this.program, at),
    );
  }

  /** Opens the records from this step on, once there is room for them. */
  private records(
    callbacks: TrainCallbacks,
    between: () => Promise<void>,
    afterWaiting: () => void,
  ): Promise<Records> {
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
    return whenRoom(() => new Records(folder, progress.step, room, callbacks, between), room);
  }

  /** The step of that number, with the weights as they are: plan, batch, one call of the compiled step. */
  private take(step: number): { plan: StepPlan; report: StepReport } {
    const { config, continued = [] } = this.manifest;
    const plan = stepPlan(config, step, { ...this.progress, continued });
    const batch = this.batches.at(plan, this.progress.augmentStrength);
    return { plan, report: this.stepper.take(plan, batch, this.training.emaRate) };
  }

  dispose(): void {
    this.evaluation.dispose();
    this.program.dispose();
    this.data.close();
  }
}

async function oneTurn(): Promise<number> {
  await turn();
  return 0;
}

/** Of equal ones the earlier is the best. */
function isBetter(found: BestCheckpoint | null, best: BestCheckpoint | null): found is BestCheckpoint {
  return found !== null && (best === null || found.value < best.value);
}
