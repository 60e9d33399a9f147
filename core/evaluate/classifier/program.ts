import { tensorNamed, type ProgramFunctions } from '../../tensor/program.ts';
import { tf, type Scalar, type Tensor1D, type Tensor4D } from '../../tensor/tf.ts';
import { valueAndGrad } from '../../tensor/value-and-grad.ts';
import { classifierLoss, classifierOutputs, type ClassifierShape } from './network.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Images a step, and a call when looking. */
export const CLASSIFIER_BATCH = 64;

/** `look`: what the network makes of a batch. */
export function lookFunctions(shape: ClassifierShape): ProgramFunctions {
  const { height, width, channels } = shape;
  return {
    look: {
      inputs: { x: { shape: [CLASSIFIER_BATCH, height, width, channels], dtype: 'float32' } },
      run: (state, inputs) => {
        const { hidden, logits } = classifierOutputs(
          shape,
          tensorNamed<Tensor1D>(state, 'parameters'),
          tensorNamed<Tensor4D>(inputs, 'x'),
        );
        return { outputs: { hidden, probabilities: tf.softmax(logits) } };
      },
    },
  };
}

/** `step`: one step of Adam (Kingma & Ba 2015, algorithm 1, its bias corrections in `size` and `root`). */
export function trainingFunctions(shape: ClassifierShape): ProgramFunctions {
  const { height, width, channels } = shape;
  return {
    ...lookFunctions(shape),
    step: {
      inputs: {
        x: { shape: [CLASSIFIER_BATCH, height, width, channels], dtype: 'float32' },
        labels: { shape: [CLASSIFIER_BATCH], dtype: 'int32' },
        adam: { shape: [2], dtype: 'float32' },
      },
      run: (state, inputs) => {
        const x = tensorNamed<Tensor4D>(inputs, 'x');
        const labels = tensorNamed<Tensor1D>(inputs, 'labels');
        const parameters = tensorNamed<Tensor1D>(state, 'parameters');
        const { value, gradient } = valueAndGrad(parameters, (flat) => ({
          value: classifierLoss(classifierOutputs(shape, flat, x).logits, labels),
          aux: {},
        }));
        const [size, root] = tf.unstack(tensorNamed<Tensor1D>(inputs, 'adam')) as [Scalar, Scalar];
        const before = { m: tensorNamed(state, 'm'), v: tensorNamed(state, 'v') };
        const m = tf.add(tf.mul(before.m, BETA1), tf.mul(gradient, 1 - BETA1));
        const v = tf.add(tf.mul(before.v, BETA2), tf.mul(tf.square(gradient), 1 - BETA2));
        const change = tf.div(tf.mul(m, size), tf.add(tf.mul(tf.sqrt(v), root), EPSILON));
        return { outputs: { loss: value }, state: { parameters: tf.sub(parameters, change), m, v } };
      },
    },
  };
}

/** The step's `adam`: learning rate and 1/√ of the second moment's bias, both with their corrections. @param step from 1 */
export function adamNumbers(step: number, learningRate: number): Float32Array<ArrayBuffer> {
  return Float32Array.of(learningRate / (1 - BETA1 ** step), 1 / Math.sqrt(1 - BETA2 ** step));
}
