/** How fast a configuration trains and draws here, measured with the program that a training runs. */
import os from 'node:os';
import { covaeModel } from '../covae/model.ts';
import { pixelRange } from '../explore/pixels.ts';
import { ProgramGenerator } from '../explore/generator.ts';
import type { RunManifest } from '../run/manifest.ts';
import type { FunctionSummary } from '../tensor/program.ts';
import { uniformInts } from '../tensor/random.ts';
import { libraryVersion } from '../tensor/tf.ts';
import { BatchDraws, type BatchDraw } from '../train/batches.ts';
import type { ModelConfig } from '../config/model.ts';
import { learningRateAt } from '../schedule/learning-rate.ts';
import { openProgram, type OpenProgramOptions } from '../train/open-program.ts';
import type { BatchData } from '../train/stepper.ts';
import { initialVectors } from '../train/state.ts';
import { APP_VERSION } from '../version.ts';
import { peakFlopsPerSecond } from './peak.ts';
import { peakMemory } from './process.ts';

/** Images that batches are drawn from. */
const IMAGES = 1024;
/** Steps whose time does not count: the first one optimises the graph, the second one fills caches. */
const WARM_UP_STEPS = 2;
const SAMPLING_ROUNDS = 5;
const BATCH_ROUNDS = 20;
const SEED = 0;

/** The median, and the two ends. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export interface BenchOptions extends OpenProgramOptions {
  /** Training steps to time, after those that warm up. */
  steps: number;
}

export interface BenchResult {
  /** Milliseconds of a training step with its batch drawn; each row of the batch has a target pass of its own. */
  step: Spread;
  /** Images drawn in one pass in a second, pixels included, `batchSize` at a time. */
  samplesPerSecond: number;
  trainSamplesPerSecond: number;
  /** Milliseconds to draw a batch and make it ready, part of a step's time. */
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
 * are timed are like those of its end, where nearly every row of a batch needs a target pass: here every one has it.
 */
export function measureTraining(config: ModelConfig, { steps, ...options }: BenchOptions): BenchResult {
  const { network, objective, training } = config;
  const model = covaeModel(network, objective);
  const { program, stepper } = openProgram(model, config, initialVectors(model, SEED), 0, options);
  try {
    const draws = new BatchDraws(config, SEED, IMAGES);
    const pixels = syntheticPixels(config);
    const take = (step: number, drawn: (draw: BatchDraw) => BatchDraw): void => {
      const draw = drawn(draws.at(step));
      stepper.take(step, learningRateAt(training, step), draw, batchOf(config, pixels, draw));
    };
    take(0, (draw) => draw);
    const startMs = performance.now();
    const last = training.steps - 1;
    const targetRows = objective.variant === 'beta-vae' ? 0 : training.batchSize;
    const timed = timesOf(() => take(last, (draw) => ({ ...draw, targetRows })), steps, WARM_UP_STEPS);
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
    const batches = timesOf((step) => batchOf(config, pixels, draws.at(step)), BATCH_ROUNDS, WARM_UP_STEPS);
    const step = spreadOf(timed);
    return {
      step,
      samplesPerSecond: (1000 * training.batchSize) / spreadOf(sampling).median,
      batchMs: spreadOf(batches).median,
      trainSamplesPerSecond: (1000 * training.batchSize) / step.median,
      startMs,
      peakBytes,
      parameters: model.plan.layout.size,
      ...workOf(stepper.summaries(last, { targetRows })),
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
export function spreadOf(values: readonly number[]): Spread {
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

/** {@link IMAGES} images of evenly distributed noise: what an image shows makes no difference to the time. */
function syntheticPixels({ network }: ModelConfig): Uint8Array {
  const count = IMAGES * network.imageSize ** 2 * network.channels;
  return Uint8Array.from(uniformInts([SEED, 1], count, 256));
}

/** A batch from pixels in memory, as a training makes one. */
function batchOf({ network, objective }: ModelConfig, pixels: Uint8Array, draw: BatchDraw): BatchData {
  const size = network.imageSize ** 2 * network.channels;
  const chosen = new Uint8Array(draw.images.length * size);
  draw.images.forEach((image, row) =>
    chosen.set(pixels.subarray(image * size, (image + 1) * size), row * size),
  );
  return {
    x: pixelRange(objective).toNetwork(chosen),
    labels: network.classes > 0 ? draw.images.map((image) => image % network.classes) : null,
  };
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
