/** Trains the runs of an experiment, going on with those that were stopped. */
import type { DatasetRecord } from '../data/dataset.ts';
import { runFolder } from '../library.ts';
import type { CreateRun, OpenSession, TrainCallbacks, TrainProgress } from '../train/api.ts';
import { findPlannedRun, type FoundRun, type PlannedRun, sameConfig, writeDivergence } from './plan.ts';

/** What trains; `session.ts` has it. */
export interface Trainer {
  createRun: CreateRun;
  openSession: OpenSession;
}

/** How far the trainings of an experiment are. */
export interface ExperimentProgress {
  /** From 1. */
  run: number;
  runs: number;
  planned: PlannedRun;
  training: TrainProgress;
  /** Of all trainings together; null until the rate is known. */
  secondsLeft: number | null;
}

export interface TrainRunsOptions extends Pick<TrainCallbacks, 'onNotice' | 'onWaiting'> {
  home: string;
  record: DatasetRecord;
  signal: AbortSignal;
  /** A run is about to be trained; `from` is the step it goes on from. */
  onRun?: (run: { run: number; runs: number; planned: PlannedRun; id: string; from: number }) => void;
  onPhase?: (phase: string) => void;
  onProgress?: (progress: ExperimentProgress) => void;
  /** Something damaged was found in a run, in one sentence. */
  onRemark?: (id: string, remark: string) => void;
  onDiverged?: (planned: PlannedRun, step: number) => void;
}

/** A planned run that has been trained to its end. */
export interface DoneRun extends PlannedRun {
  id: string;
  end: 'finished' | 'diverged';
}

/**
 * Brings all planned runs to their end, one after the other.
 *
 * @returns null when the signal stopped it; what was learned is kept, and the same call goes on from there
 */
export async function trainRuns(
  plan: readonly PlannedRun[],
  trainer: Trainer,
  options: TrainRunsOptions,
): Promise<DoneRun[] | null> {
  const { home, record, signal } = options;
  const found = await Promise.all(plan.map((planned) => findPlannedRun(home, planned, record)));
  const remaining = plan.map(({ preset }, i) => stepsLeft(preset.config.training.steps, found[i] ?? null));
  const done: DoneRun[] = [];
  for (const [index, planned] of plan.entries()) {
    const known = found[index] ?? null;
    if (known !== null && known.state !== 'unfinished') {
      done.push({ ...planned, id: known.id, end: known.state });
      continue;
    }
    if (signal.aborted) return null;
    const id = known?.id ?? (await create(trainer, planned, options));
    const later = remaining.slice(index + 1).reduce((sum, steps) => sum + steps, 0);
    const end = await trainOne(trainer, planned, id, {
      ...options,
      run: index + 1,
      runs: plan.length,
      later,
    });
    if (end === null) return null;
    done.push({ ...planned, id, end });
  }
  return done;
}

function stepsLeft(steps: number, found: FoundRun | null): number {
  if (found === null) return steps;
  return found.state === 'unfinished' ? steps - found.step : 0;
}

async function create(trainer: Trainer, planned: PlannedRun, options: TrainRunsOptions): Promise<string> {
  const manifest = await trainer.createRun({
    home: options.home,
    dataset: options.record.name,
    preset: planned.preset,
    name: planned.runName,
    exactName: true,
    seed: planned.seed,
  });
  // Otherwise the next start would not find the run again.
  if (!sameConfig(manifest.config, planned)) throw new Error(`run ${manifest.id} is not what was planned`);
  return manifest.id;
}

async function trainOne(
  trainer: Trainer,
  planned: PlannedRun,
  id: string,
  options: TrainRunsOptions & { run: number; runs: number; later: number },
): Promise<DoneRun['end'] | null> {
  const { home, run, runs, later, signal, onPhase, onProgress, onNotice, onWaiting } = options;
  const session = await trainer.openSession(home, id, onPhase);
  try {
    for (const remark of session.remarks) options.onRemark?.(id, remark);
    options.onRun?.({ run, runs, planned, id, from: session.step });
    const end = await session.train({
      signal,
      ...(onNotice && { onNotice }),
      ...(onWaiting && { onWaiting }),
      onProgress: (training) => {
        const { stepsPerSecond: rate, step, steps } = training;
        const secondsLeft = rate > 0 ? (steps - step + later) / rate : null;
        onProgress?.({ run, runs, planned, training, secondsLeft });
      },
    });
    if (end === 'stopped') return null;
    if (end === 'diverged') {
      await writeDivergence(runFolder(home, id), session.step);
      options.onDiverged?.(planned, session.step);
    }
    return end;
  } finally {
    session.dispose();
  }
}
