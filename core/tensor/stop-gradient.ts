import { executeOp, type Tensor } from './tf.ts';

/** Passes values on and lets no gradient through: the result is unknown to the tape. */
export function stopGradient<T extends Tensor>(x: T): T {
  return executeOp('StopGradient', { T: { type: 'float32' } }, [x]) as T;
}
