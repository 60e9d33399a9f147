/** How fast a configuration trains and draws here, measured with the program that a training runs. */
import os from 'node:os';
import { covaeModel } from '../covae/model.ts';
import { ProgramGenerator } from '../explore/generator.ts';
import type { RunManifest } from '../run/manifest.ts';
import type { FunctionSummary } from '../tensor/program.ts';
import { libraryVersion } from '../tensor/tf.ts';
import { Batches, type Batch } from '../train/batches.ts';
import { syntheticImages } from '../train/synthetic-images.ts';
import type { ModelConfig } from '../config/model.ts';
import { stepPlan } from '../schedule/step-plan.ts';
import { openProgram, type OpenProgramOptions } from '../train/open-program.ts';
import { initialVectors } from '../train/state.ts';
import { APP_VERSION } from '../version.ts';
import { peakFlopsPerSecond } from './peak.ts';
import { peakMemory } from './process.ts';

/** Steps whose time does not count: the first one optimises the graph, the second one fills caches. */
const WARM_UP_STEPS = 2;
const SAMPLING_ROUNDS = 5;
const BATCH_ROUNDS = 20;
const SEED = 0;

export interface MedianAndRange {
  median: number;
  min: number;
  max: number;
}

export interface BenchOptions extends OpenProgramOptions {
  /** Training steps to time, after those that warm up. */
  steps: number;
}

export interface BenchResult {
  /** Milliseconds of a training step with its batch made; each example of the batch has a target pass of its own. */
  step: MedianAndRange;
  /** Samples drawn in one pass in a second, pixels included, `batchSize` at a time. */
  samplesPerSecond: number;
  trainSamplesPerSecond: number;
  /** Milliseconds to make a batch, part of a step's time. */
  batchMs: number;
  /** Milliseconds from the process's start to the end of the first training step. */
  startMs: number;
  /** Largest memory of the process until the end of the steps and the drawing, in bytes. */
  peakBytes: number;
  parameters: number;
  /** Native operations of a step by type, and what its convolutions and products compute. */
  ops: Record<string, number>;
  flopsPerStep: number;
  /** What large matrix products reach here, in float32 or in the precision that is measured, FLOP a second. */
  peakFlops: number;
  device: 'CPU' | 'GPU';
  /** Operations side by side × threads of each, at most as many as there are cores. */
  threads: number;
}

/**
 * Measures one configuration on synthetic images. The first step is that of a training that begins; the steps that
 * are timed are like those of its end, where nearly every example needs a target pass: here every one has it.
 */
export function measureTraining(config: ModelConfig, { steps, ...options }: BenchOptions): BenchResult {
  const { network, objective, training } = config;
  const model = covaeModel(network, objective);
  const { program, stepper } = openProgram(
    model,
    config,
    initialVectors(model, SEED, config.training),
    0,
    options,
  );
  try {
    const batches = new Batches(config, SEED, syntheticImages(config));
    const take = (step: number, changes: Partial<Batch> = {}): void => {
      const plan = stepPlan(config, step);
      stepper.take(plan, { ...batches.at(plan), ...changes });
    };
    take(0);
    const startMs = performance.now();
    const last = training.steps - 1;
    const targetExamples = objective.variant === 'beta-vae' ? 0 : training.batchSize;
    const timed = timesOf(() => take(last, { targetExamples }), steps, WARM_UP_STEPS);
    const generator = new ProgramGenerator(
      manifestOf(config),
      program,
      () => 0,
      () => undefined,
    );
    const sampling = timesOf(
      (round) => generator.sample({ count: training.batchSize, seed: round, passes: 1 }),
      SAMPLING_ROUNDS,
      WARM_UP_STEPS,
    );
    const peakBytes = peakMemory();
    const making = timesOf((step) => batches.at(stepPlan(config, step)), BATCH_ROUNDS, WARM_UP_STEPS);
    const step = medianAndRange(timed);
    return {
      step,
      samplesPerSecond: (1000 * training.batchSize) / medianAndRange(sampling).median,
      batchMs: medianAndRange(making).median,
      trainSamplesPerSecond: (1000 * training.batchSize) / step.median,
      startMs,
      peakBytes,
      parameters: model.plan.layout.size,
      ...workOf(stepper.summaries(stepPlan(config, last), { targetExamples })),
      peakFlops: peakFlopsPerSecond(training.precision),
      device: libraryVersion().gpu ? 'GPU' : 'CPU',
      threads: threadsInUse(),
    };
  } finally {
    program.dispose();
  }
}

function threadsInUse(): number {
  const cores = os.availableParallelism();
  const setting = (name: string) => Number(process.env[name] ?? 0) || cores;
  return Math.min(cores, setting('TF_NUM_INTEROP_THREADS') * setting('TF_NUM_INTRAOP_THREADS'));
}

/** Milliseconds of each run of `body`, after some that do not count. */
function timesOf(body: (round: number) => unknown, rounds: number, warmUp: number): number[] {
  const times: number[] = [];
  for (let round = -warmUp; round < rounds; round++) {
    const started = performance.now();
    body(round + warmUp);
    if (round >= 0) times.push(performance.now() - started);
  }
  return times;
}

/** @throws Error when there are no values */
export function medianAndRange(values: readonly number[]): MedianAndRange {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (low === undefined || high === undefined || min === undefined || max === undefined)
    throw new Error('there is nothing to take a median of');
  return { median: (low + high) / 2, min, max };
}

function workOf(summaries: readonly FunctionSummary[]): Pick<BenchResult, 'ops' | 'flopsPerStep'> {
  const ops: Record<string, number> = {};
  for (const summary of summaries) {
    for (const [name, count] of Object.entries(summary.ops)) ops[name] = (ops[name] ?? 0) + count;
  }
  return { ops, flopsPerStep: summaries.reduce((sum, { flops }) => sum + flops, 0) };
}

/** Drawing wants to know of which run it draws. */
function manifestOf(config: ModelConfig): RunManifest {
  return {
    format: 'covae-run',
    version: 1,
    id: 'bench',
    name: 'bench',
    createdAt: new Date(0).toISOString(),
    preset: 'bench',
    seed: SEED,
    dataset: null,
    config,
    parameters: 0,
    versions: { app: APP_VERSION, tensorflow: '', tfjs: '' },
  };
}
