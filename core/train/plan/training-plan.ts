/** What a training will need and take, told before it begins. */
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import type { ModelConfig } from '../../config/model.ts';
import { covaeModel } from '../../covae/model.ts';
import type { Device } from '../../device.ts';
import { KEPT_CHECKPOINTS } from '../../run/checkpoint.ts';
import { describeModel } from '../describe.ts';
import { memoryRemedy, type MemoryRemedy } from '../out-of-memory.ts';
import { snapshotBytes } from '../averages/snapshots.ts';
import { checkpointBytes } from '../state.ts';
import { StepTimes } from './step-times.ts';

/** Pictures of a close look: 64 samples in one and in two passes, 8 images with what becomes of them at several t. */
const PICTURES = 2 * 64 + 8 * 7;
/** A step of so many times more or less work says nothing: small ones are all overhead. */
const COMPARABLE = 8;
/** Bytes of a logged line, about. */
const LINE_BYTES = 700;

export interface TrainingPlan {
  /** Trained values. */
  parameters: number;
  latent: number[];
  memory: {
    /** Estimated bytes of a step. */
    needed: number;
    /** Bytes that the device has; null when unknown. */
    available: number | null;
    /** What to change where it is not enough; null where it is, or nobody knows. */
    remedy: MemoryRemedy | null;
  };
  /** How long a step takes; null where nothing was measured on this machine. */
  step: {
    seconds: number;
    /** Where this is known from: a run or a trial of this very kind, or another size by its work. */
    from: 'run' | 'trial' | 'other';
    runId: string | null;
  } | null;
  /** Seconds of the whole training; null where no step was measured. */
  seconds: number | null;
  disk: {
    /** Bytes of one checkpoint, and of all that are kept at once. */
    checkpoint: number;
    checkpoints: number;
    /** Bytes of pictures and logs, at most. */
    records: number;
    /** Bytes of all snapshots of averages. */
    snapshots: number;
    total: number;
    /** Bytes that are free where the library lies; null when unknown. */
    free: number | null;
  };
  /** Images that the training sees, each as often as it comes. */
  images: number;
  /** How often each image of the data set is seen. */
  epochs: number;
}

export interface PlanContext {
  /** Library folder. */
  home: string;
  device: Device;
  /** Images that are trained on. */
  trained: number;
  times?: StepTimes;
}

/** Plans a training of this configuration; no tensor is made and nothing is written. */
export async function planTraining(
  config: ModelConfig,
  { home, device, trained, times = new StepTimes() }: PlanContext,
): Promise<TrainingPlan> {
  const { training, network } = config;
  const { parameters, latent, memory, work } = describeModel(config);
  const computer = { kind: device.kind, name: device.name, cores: device.cores };
  const own = times.of(config, computer);
  const latest = own === null ? times.latest(config, computer) : null;
  const ratio = latest === null ? 0 : work.total / latest.work;
  const other = ratio >= 1 / COMPARABLE && ratio <= COMPARABLE ? latest : null;
  const step =
    own !== null
      ? { seconds: own.seconds, from: own.from, runId: own.runId }
      : other !== null
        ? { seconds: (other.seconds * work.total) / other.work, from: 'other' as const, runId: other.runId }
        : null;
  const { steps, batchSize, checkpointEvery, checkpointMinutes, snapshotEvery } = training;
  const { evaluateEvery, sampleEvery, logEvery } = training;
  const model = covaeModel(network, config.objective);
  const checkpoint = checkpointBytes(model, training);
  // One more while a new one is written.
  const kept =
    Math.min(KEPT_CHECKPOINTS, Math.ceil(steps / checkpointEvery)) +
    Number(evaluateEvery > 0) +
    Number(checkpointMinutes > 0) +
    1;
  const looks = Math.ceil(steps / sampleEvery) + Math.ceil(Math.log2(Math.min(sampleEvery, steps) + 1));
  const records =
    looks * PICTURES * network.imageSize ** 2 * network.channels + Math.ceil(steps / logEvery) * LINE_BYTES;
  const snapshots = snapshotEvery === 0 ? 0 : Math.ceil(steps / snapshotEvery) * snapshotBytes(model);
  const images = steps * batchSize;
  return {
    parameters: parameters.total,
    latent,
    memory: {
      needed: memory.total,
      available: device.memory,
      remedy: device.memory === null ? null : memoryRemedy(config, device.memory),
    },
    step,
    seconds: step === null ? null : step.seconds * steps,
    disk: {
      checkpoint,
      checkpoints: checkpoint * kept,
      records,
      snapshots,
      total: checkpoint * kept + records + snapshots,
      free: await freeBytes(home),
    },
    images,
    epochs: images / trained,
  };
}

/** Bytes free where a folder lies, or will. */
async function freeBytes(folder: string): Promise<number | null> {
  for (let place = path.resolve(folder); ; place = path.dirname(place)) {
    try {
      const { bavail, bsize } = await statfs(place);
      return bavail * bsize;
    } catch {
      if (place === path.dirname(place)) return null;
    }
  }
}
