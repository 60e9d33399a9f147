import { EXAMPLE_COLUMNS, type ExampleColumn } from '../schedule/example-columns.ts';
import { tf, type Tensor1D, type Tensor2D } from '../tensor/tf.ts';

/** Times and weights of a batch's examples, each [B]; see {@link EXAMPLE_COLUMNS}. */
export type ExampleTensors = Record<ExampleColumn, Tensor1D>;

/** The columns of a matrix [B, EXAMPLE_COLUMNS.length]. */
export function exampleTensors(examples: Tensor2D): ExampleTensors {
  const columns = tf.unstack(examples, 1) as Tensor1D[];
  return Object.fromEntries(EXAMPLE_COLUMNS.map((name, i) => [name, columns[i]])) as ExampleTensors;
}
