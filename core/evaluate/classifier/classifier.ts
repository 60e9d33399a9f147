/** A trained classifier at work. */
import { readDatasetRecord } from '../../data/catalogue.ts';
import { inChannels } from '../../data/import/prepare.ts';
import { type Plane, resampleBilinear } from '../../data/import/resample.ts';
import { UserError } from '../../errors.ts';
import { sha256OfFile } from '../../files.ts';
import type { Features } from '../../metrics/moments.ts';
import { type FloatTensors, readFloatTensors } from '../../run/safetensors.ts';
import { compileProgram } from '../../tensor/compile.ts';
import type { Program } from '../../tensor/program.ts';
import { tf, tidyValues } from '../../tensor/tf.ts';
import { type ClassifierShape, HIDDEN, layersOf, parameterCount } from './network.ts';
import { CLASSIFIER_BATCH, lookFunctions } from './program.ts';
import { classifierFile, readClassifierRecord, type ClassifierRecord } from './record.ts';

/** From this probability of its likeliest class on, an image counts as one that the classifier is sure of. */
export const SURE = 0.9;

export interface Looked {
  /** Of the last hidden layer, count × 128. */
  features: Features;
  /** count × classes; each row adds up to 1. */
  probabilities: Float32Array;
}

export interface Classifier {
  readonly record: ClassifierRecord;
  /** Of its file: says which numbers come out. */
  readonly sha256: string;
  /**
   * What it makes of images, in their order; those of another size are brought to the data set's. Blocks the thread.
   */
  look(images: readonly Plane[]): Looked;
  /** count × classes from features of `look`. */
  readonly probabilities: (features: Features) => Float32Array;
  dispose(): void;
}

/** What a classifier says of many images. */
export interface ClassBalance {
  /** Share of each class, each image counted for its likeliest one. */
  shares: number[];
  /** Share of the images whose likeliest class has a probability of at least {@link SURE}. */
  sure: number;
}

/**
 * Opens the classifier of a data set.
 *
 * @throws UserError when none was trained, or its files are damaged
 */
export async function openClassifier(home: string, name: string): Promise<Classifier> {
  const dataset = await readDatasetRecord(home, name);
  const record = await readClassifierRecord(home, dataset);
  const file = classifierFile(home, dataset);
  const damaged = (): UserError =>
    new UserError(`${file} is damaged; train it anew with covae data classifier ${name} --force.`, {
      code: 'unreadable',
      file,
    });
  const tensors = await readFloatTensors(file);
  const sha256 = await sha256OfFile(file);
  const shape = shapeOf(record);
  const flat = new Float32Array(parameterCount(shape));
  let at = 0;
  for (const { name: layer, shape: lengths } of layersOf(shape)) {
    for (const [part, expected] of [
      ['weight', lengths],
      ['bias', [lengths.at(-1)!]],
    ] as const) {
      const tensor = tensors[`${layer}.${part}`];
      if (tensor?.shape.join() !== expected.join()) throw damaged();
      flat.set(tensor.data, at);
      at += tensor.data.length;
    }
  }
  const program = compileProgram({ parameters: { shape: [flat.length], data: flat } }, lookFunctions(shape));
  return {
    record,
    sha256,
    look: (images) => lookAt(program, shape, images),
    probabilities: (features) => probabilitiesOf(tensors, features, shape),
    dispose: () => program.dispose(),
  };
}

/** The network's last layer, by itself. */
function probabilitiesOf(
  tensors: FloatTensors,
  { count, size, values }: Features,
  { classes }: ClassifierShape,
): Float32Array {
  const { data: weight } = tensors['classes.weight']!;
  const { data: bias } = tensors['classes.bias']!;
  return tidyValues(() =>
    tf.softmax(
      tf.add(tf.matMul(tf.tensor2d(values, [count, size]), tf.tensor2d(weight, [size, classes])), bias),
    ),
  );
}

export function shapeOf({ height, width, channels, classes }: ClassifierRecord): ClassifierShape {
  return { height, width, channels, classes: classes.length };
}

/** Runs `look` of a program over images. */
export function lookAt(program: Program, shape: ClassifierShape, images: readonly Plane[]): Looked {
  const { height, width, channels, classes } = shape;
  const perImage = height * width * channels;
  const features = new Float32Array(images.length * HIDDEN);
  const probabilities = new Float32Array(images.length * classes);
  const x = new Float32Array(CLASSIFIER_BATCH * perImage);
  for (let from = 0; from < images.length; from += CLASSIFIER_BATCH) {
    const part = images.slice(from, from + CLASSIFIER_BATCH);
    part.forEach((image, i) => x.set(fitted(image, shape), i * perImage));
    const found = program.call('look', { x });
    features.set(found['hidden']!.data.subarray(0, part.length * HIDDEN), from * HIDDEN);
    probabilities.set(found['probabilities']!.data.subarray(0, part.length * classes), from * classes);
  }
  return { features: { count: images.length, size: HIDDEN, values: features }, probabilities };
}

function fitted(image: Plane, { height, width, channels }: ClassifierShape): Uint8Array {
  const sized =
    image.height === height && image.width === width ? image : resampleBilinear(image, width, height);
  return inChannels(sized, channels).data;
}

/** The likeliest class of each image. */
export function likeliest(probabilities: Float32Array, classes: number): Uint32Array {
  return Uint32Array.from({ length: probabilities.length / classes }, (_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if (probabilities[i * classes + c]! > probabilities[i * classes + best]!) best = c;
    }
    return best;
  });
}

/** Sums up what a classifier found. @param probabilities of at least one image */
export function classBalance(probabilities: Float32Array, classes: number): ClassBalance {
  const counts = new Array<number>(classes).fill(0);
  const best = likeliest(probabilities, classes);
  let sure = 0;
  best.forEach((c, i) => {
    counts[c]!++;
    if (probabilities[i * classes + c]! >= SURE) sure++;
  });
  return { shares: counts.map((count) => count / best.length), sure: sure / best.length };
}
