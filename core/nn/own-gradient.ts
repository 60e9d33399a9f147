/** Gradients written by hand in place of those that tfjs derives operation by operation. */
import { tf } from '../tensor/tf.ts';

let derives = false;

/** Whether gradients are to be derived by tfjs at the moment; see {@link withDerivedGradients}. */
export function derivesGradients(): boolean {
  return derives;
}

/**
 * Runs `body` with the gradients that tfjs derives, to see what the ones written by hand are worth. What `body` gives
 * must be done when it returns.
 */
export function withDerivedGradients<T>(body: () => T): T {
  derives = true;
  try {
    return body();
  } finally {
    derives = false;
  }
}

/** As `tf.customGrad`, for functions whose value is made of tfjs's own operations. */
export const ownGradient: typeof tf.customGrad = (f) => {
  const own = tf.customGrad(f);
  return (...args) => (derives ? f(...args, () => undefined).value : own(...args));
};
