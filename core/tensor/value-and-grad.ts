/** Gradients of functions that also tell something of their computation. */
import { tf, type Scalar, type Tensor } from './tf.ts';

/**
 * The value of a function, its gradient, and auxiliary outputs, which are not differentiated (JAX's `value_and_grad`
 * with `has_aux=True`). TensorFlow.js gives the first two alone and frees everything else that was computed.
 *
 * All results belong to the surrounding `tf.tidy`.
 *
 * @param f called once; `aux` is a tensor, or arrays and records of tensors; what is no tensor in them is passed on
 */
export function valueAndGrad<X extends Tensor, Aux>(
  at: X,
  f: (x: X) => { value: Scalar; aux: Aux },
): { value: Scalar; gradient: X; aux: Aux } {
  const kept: Tensor[] = [];
  const results: Aux[] = [];
  try {
    const { value, grad } = tf.valueAndGrad((x: Tensor) => {
      const result = f(x as X);
      // A copy shares the values, so that what `aux` holds may belong to others too.
      const keep = (tensor: Tensor): Tensor => {
        const copy = tf.keep(tf.clone(tensor));
        kept.push(copy);
        return copy;
      };
      results.push(mapTensors(result.aux, keep));
      return result.value;
    })(at);
    const [aux] = results;
    return {
      value: value as Scalar,
      gradient: grad as X,
      aux: mapTensors(aux as Aux, (tensor) => tf.clone(tensor)),
    };
  } finally {
    tf.dispose(kept);
  }
}

/** The same arrays and records with other tensors in them. */
function mapTensors<T>(tree: T, change: (tensor: Tensor) => Tensor): T {
  if (tree instanceof tf.Tensor) return change(tree) as T;
  if (Array.isArray(tree)) return tree.map((part: unknown) => mapTensors(part, change)) as T;
  if (typeof tree === 'object' && tree !== null) {
    return Object.fromEntries(
      Object.entries(tree).map(([name, part]: [string, unknown]) => [name, mapTensors(part, change)]),
    ) as T;
  }
  return tree;
}
