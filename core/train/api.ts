/**
 * What a training offers to the command line and to the trainer process. `create-run.ts` and `session.ts` implement it;
 * the types stand apart so that the window can know them without loading tensors.
 */
import type { ImageBatch } from '../data/dataset.ts';
import type { Settings } from '../config/settings.ts';
import type { Generator } from '../explore/api.ts';
import type { MetricsLine, RunManifest } from '../run/manifest.ts';
import type { Preset } from '../config/model.ts';
import type { Alarm, Diagnostics } from '../run/diagnostics.ts';
import type { HistoryLine, RunChanges } from '../run/history-line.ts';
import type { GridFile } from '../run/grid-files.ts';
import type { EvaluationLine } from '../run/evaluation-line.ts';
import type { StartPoint } from '../run/start-point.ts';
import type { Waiting } from './room.ts';
import type { SetAside } from '../run/set-aside-files.ts';
import type { NoticeKind } from './troubles.ts';

export interface CreateRunOptions {
  /** Library folder. */
  home: string;
  /** Name of a data set in the library. */
  dataset: string;
  preset: Preset;
  /** Weights to start from, those of its layers that fit; default: none. */
  from?: StartPoint;
  /** What is changed of the preset. */
  settings?: Settings;
  /** Name of the run; default: `<dataset>-<preset>`. With a number after it where another run is called so. */
  name?: string;
  /** The name is taken as it is, for those who find their runs by it. */
  exactName?: boolean;
  /** Default: 0. */
  seed?: number;
}

/** `createRun(options): Promise<RunManifest>` in create-run.ts writes the run folder; nothing is trained yet. */
export type CreateRun = (options: CreateRunOptions) => Promise<RunManifest>;

/** How far a training is; sent after every step. */
export interface TrainProgress extends MetricsLine {
  runId: string;
  steps: number;
  secondsLeft: number | null;
}

/**
 * How a call of `train` ended. `diverged`: a step was not finite; the weights before it are kept and saved, and
 * {@link TrainingSession.train} can go on from them, better with a lower learning rate.
 */
export type TrainEnd = 'finished' | 'stopped' | 'diverged';

export interface TrainCallbacks {
  /** After each step. Throwing stops the training. */
  onProgress?: (progress: TrainProgress) => void;
  /** Something happened to the run that its history keeps. */
  onHistory?: (line: HistoryLine) => void;
  /** A line was logged: what its steps had, every one of them. */
  onLogged?: (line: MetricsLine) => void;
  /** A new fixed-noise grid of one-step EMA samples (64 images) was written to `file`. */
  onSamples?: (step: number, images: ImageBatch, file: string) => void;
  /** A picture was written into the run's folder: samples in one or two passes, or reconstructions. */
  onGrid?: (grid: GridFile) => void;
  onCheckpoint?: (step: number, folder: string) => void;
  /** Something looks wrong; also written to the run's alarms.jsonl. */
  onAlarm?: (alarm: Alarm) => void;
  /** Measured every `sampleEvery` steps; also written to the run's diagnostics.jsonl. */
  onDiagnostics?: (diagnostics: Diagnostics) => void;
  /** Evaluated every `evaluateEvery` steps; also written to the run's evaluations.jsonl. */
  onEvaluation?: (evaluation: EvaluationLine) => void;
  /** How far an evaluation is, in images; null when it is over. Throwing stops the training. */
  onEvaluating?: (progress: { done: number; total: number } | null) => void;
  /**
   * A sentence the person should know: something beside the training failed (a grid of samples, a log, a checkpoint
   * on a disk that reports errors) and is tried again later, or works again.
   */
  onNotice?: (sentence: string, kind: NoticeKind) => void;
  /** The disk is full and the training waits for room; told anew when the amount changes, null when it goes on. */
  onWaiting?: (waiting: Waiting | null) => void;
  /**
   * Awaited between two steps, and within the drawing, measuring and evaluating between them: here the training waits
   * for what a person asks of its generator. Default: one turn of the event loop.
   *
   * @returns milliseconds waited, which are no training
   */
  giveWay?: (signal: AbortSignal | undefined) => Promise<number>;
  /**
   * Stops within a step; a checkpoint is written before `train` returns. Where that fails, `train` throws a UserError
   * that says what is lost.
   */
  signal?: AbortSignal;
}

/** What can be asked of a training out of turn. */
export type Asked = 'samples' | 'checkpoint' | 'evaluation';

/** A run that is loaded with its data and can be trained. Its `generator` draws from the same weights, between steps. */
export interface TrainingSession {
  readonly manifest: RunManifest;
  readonly generator: Generator;
  readonly step: number;
  /** What a person should know of how the run was found, one sentence each: a damaged checkpoint was passed over. */
  readonly remarks: readonly string[];
  /** What going back to an earlier step has set aside; null when nothing is. */
  readonly setAside: SetAside | null;
  /**
   * Trains to the end or until the signal; gives the event loop a turn after every step, so that requests
   * to the generator are served meanwhile. May be called again after it returned `stopped`.
   */
  train(callbacks: TrainCallbacks): Promise<TrainEnd>;
  /** Asks for something out of turn, which is done after the step at hand, or after the next one when none is. */
  ask(what: Asked): void;
  /** Changes settings from the next step on. The run's history and its checkpoints keep it. */
  change(changes: RunChanges): void;
  dispose(): void;
}

/** `openSession(home, runId, onPhase?): Promise<TrainingSession>` in open-session.ts. */
export type OpenSession = (
  home: string,
  runId: string,
  /** Told in few words what takes time before the first step. */
  onPhase?: (phase: string) => void,
  options?: { changes?: RunChanges; dumpGraph?: string; replaceDump?: boolean; from?: number },
) => Promise<TrainingSession>;
