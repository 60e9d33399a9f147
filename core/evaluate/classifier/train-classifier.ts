/** Trains a data set's classifier. */
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { openDataset, type PackedDataset } from '../../data/packed.ts';
import { UserError } from '../../errors.ts';
import { makeFolder, makeWhole } from '../../files.ts';
import { useDataset } from '../../library-locks.ts';
import { writeSafetensors } from '../../run/safetensors.ts';
import { compileProgram } from '../../tensor/compile.ts';
import type { Program } from '../../tensor/program.ts';
import { permutation, streamSeed } from '../../tensor/random.ts';
import { planesOf } from '../real-images.ts';
import { classBalance, likeliest, lookAt } from './classifier.ts';
import { initialParameters, namedParameters, parameterCount, type ClassifierShape } from './network.ts';
import { adamNumbers, CLASSIFIER_BATCH, trainingFunctions } from './program.ts';
import { classifierFile, type ClassifierRecord } from './record.ts';

const LEARNING_RATE = 2e-3;
/** Times that each image is seen, within bounds of steps. */
const EPOCHS = 3;
const [FEWEST_STEPS, MOST_STEPS] = [1_000, 8_000];
/** Of the images, when the data set holds none out itself. */
const HELD_OUT = 0.1;
const MOST_HELD_OUT = 10_000;

export interface ClassifierProgress {
  step: number;
  steps: number;
  loss: number;
  stepsPerSecond: number;
}

export interface ClassifierTraining {
  /** Default: 0. */
  seed?: number;
  /** Default: each image three times, at least 1,000 and at most 8,000 steps. */
  steps?: number;
  signal?: AbortSignal;
  onProgress?: (progress: ClassifierProgress) => void;
}

/**
 * Trains a small network on a data set's own labels, measures it on images that it has not seen (those the data set holds out,
 * else a tenth), and keeps it in the library. What was kept before is replaced when all is done.
 *
 * @throws UserError when the data set has no classes, or too few images; the signal's reason when it is aborted
 */
export async function trainClassifier(
  home: string,
  name: string,
  { seed = 0, steps: asked, signal, onProgress }: ClassifierTraining = {},
): Promise<ClassifierRecord> {
  const lock = useDataset(home, name, 'is in use for the training of its classifier');
  const started = performance.now();
  let data: PackedDataset | null = null;
  let program: Program | null = null;
  try {
    data = await openDataset(home, name);
    const { height, width, channels, classes = [], fingerprint } = data.record;
    const labels = await data.labels();
    if (labels === null || classes.length < 2) {
      throw new UserError(`Data set "${name}" has no classes, so no classifier can be trained on it.`);
    }
    if (data.fitsInMemory) await data.all();
    const { training, heldOut } = splitOf(labels, classes.length, await data.split(), seed);
    if (training.length < CLASSIFIER_BATCH || heldOut.length === 0) {
      throw new UserError(
        `Data set "${name}" has too few images with a class for a classifier; ${CLASSIFIER_BATCH + 8} are needed.`,
      );
    }
    const steps =
      asked ??
      Math.min(MOST_STEPS, Math.max(FEWEST_STEPS, Math.ceil((EPOCHS * training.length) / CLASSIFIER_BATCH)));
    const shape: ClassifierShape = { height, width, channels, classes: classes.length };
    program = openProgram(shape, seed);
    await train(program, data, labels, training, {
      seed,
      steps,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
    const measured = await measure(program, shape, data, labels, heldOut, signal);
    const parameters = program.readState(['parameters'])['parameters']!.data as Float32Array;
    const record: ClassifierRecord = {
      format: 'covae-classifier',
      version: 1,
      dataset: { name, fingerprint },
      ...{ height, width, channels, classes },
      parameters: parameters.length,
      settings: { seed, steps, batch: CLASSIFIER_BATCH, learningRate: LEARNING_RATE },
      trainedOn: training.length,
      heldOut: measured,
      seconds: Math.round((performance.now() - started) / 100) / 10,
      createdAt: new Date().toISOString(),
    };
    const file = classifierFile(home, data.record);
    await makeFolder(path.dirname(file));
    await makeWhole(file, 'classifier', (temporary) =>
      writeSafetensors(temporary, namedParameters(shape, parameters), { classifier: JSON.stringify(record) }),
    );
    return record;
  } finally {
    program?.dispose();
    data?.close();
    lock.release();
  }
}

/** Images with a class, those that are trained on and those that are held out. */
function splitOf(
  labels: Uint8Array | Uint16Array,
  classes: number,
  split: Uint8Array | null,
  seed: number,
): { training: number[]; heldOut: number[] } {
  const known = [...labels.keys()].filter((i) => labels[i]! < classes);
  if (split !== null) {
    const heldOut = known.filter((i) => split[i] === 1);
    if (heldOut.length > 0) return { training: known.filter((i) => split[i] !== 1), heldOut };
  }
  const order = permutation(streamSeed(seed, 'classifier split', 0), known.length);
  const held = Math.min(MOST_HELD_OUT, Math.round(known.length * HELD_OUT));
  const shuffled = Array.from(order, (place) => known[place]!);
  return { training: shuffled.slice(held), heldOut: shuffled.slice(0, held) };
}

function openProgram(shape: ClassifierShape, seed: number): Program {
  const size = parameterCount(shape);
  const zeros = (): { shape: number[]; data: Float32Array } => ({
    shape: [size],
    data: new Float32Array(size),
  });
  return compileProgram(
    { parameters: { shape: [size], data: initialParameters(shape, seed) }, m: zeros(), v: zeros() },
    trainingFunctions(shape),
  );
}

async function train(
  program: Program,
  data: PackedDataset,
  labels: Uint8Array | Uint16Array,
  training: readonly number[],
  { seed, steps, signal, onProgress }: { seed: number; steps: number } & ClassifierTraining,
): Promise<void> {
  const started = performance.now();
  let order = new Uint32Array();
  for (let step = 1, epoch = 0, at = 0; step <= steps; step++) {
    await turn();
    signal?.throwIfAborted();
    if (at + CLASSIFIER_BATCH > order.length) {
      order = permutation(
        streamSeed(seed, 'classifier order', epoch++),
        training.length,
      ) as Uint32Array<ArrayBuffer>;
      at = 0;
    }
    const images = Array.from(order.subarray(at, at + CLASSIFIER_BATCH), (place) => training[place]!);
    at += CLASSIFIER_BATCH;
    // Falls to 0 along a line, so that the last weights are settled.
    const learningRate = LEARNING_RATE * (1 - (step - 1) / steps);
    const { loss } = program.call('step', {
      x: Float32Array.from(data.readAt(images)),
      labels: Int32Array.from(images, (image) => labels[image]!),
      adam: adamNumbers(step, learningRate),
    });
    const value = loss!.data[0]!;
    if (!Number.isFinite(value)) {
      throw new UserError(`The classifier's training diverged at step ${step}; try another --seed.`);
    }
    onProgress?.({ step, steps, loss: value, stepsPerSecond: (1000 * step) / (performance.now() - started) });
  }
}

async function measure(
  program: Program,
  shape: ClassifierShape,
  data: PackedDataset,
  labels: Uint8Array | Uint16Array,
  heldOut: readonly number[],
  signal: AbortSignal | undefined,
): Promise<ClassifierRecord['heldOut']> {
  const { height, width, channels, classes } = shape;
  const probabilities = new Float32Array(heldOut.length * classes);
  for (let from = 0; from < heldOut.length; from += CLASSIFIER_BATCH) {
    await turn();
    signal?.throwIfAborted();
    const images = heldOut.slice(from, from + CLASSIFIER_BATCH);
    const planes = planesOf({ count: images.length, height, width, channels, data: data.readAt(images) });
    probabilities.set(lookAt(program, shape, planes).probabilities, from * classes);
  }
  const best = likeliest(probabilities, classes);
  const right = heldOut.filter((image, i) => labels[image] === best[i]).length;
  const { shares, sure } = classBalance(probabilities, classes);
  return {
    count: heldOut.length,
    accuracy: right / heldOut.length,
    sure,
    balance: shares,
  };
}
