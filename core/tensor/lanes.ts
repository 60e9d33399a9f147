import { LANES } from './threads.ts';
import { tf, libraryVersion, type Tensor } from './tf.ts';

/**
 * Runs a function of a batch for parts of it side by side, so that a chain of operations, of which only one can run
 * at a time, keeps all lanes of the processor at work. Examples must be independent of each other.
 * @param inputs tensors with the batch as first axis, cut into parts of equal size; a batch that cannot be cut, and
 *   any on a GPU, which has one lane, stays whole
 * @param run called once a part; gives tensors with the part's examples as first axis
 * @returns the same with all examples
 */
export function inLanes<I extends Record<string, Tensor>, O extends Record<string, Tensor>>(
  inputs: I,
  run: (part: I) => O,
  lanes = libraryVersion().gpu ? 1 : LANES,
): O {
  const batch = Object.values(inputs)[0]?.shape[0] ?? 1;
  if (lanes === 1 || batch % lanes !== 0) return run(inputs);
  const cut = Object.entries(inputs).map(([name, tensor]) => [name, tf.split(tensor, lanes)] as const);
  const parts = Array.from({ length: lanes }, (_, part) =>
    run(Object.fromEntries(cut.map(([name, pieces]) => [name, pieces[part]])) as I),
  );
  const names = Object.keys(parts[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [
      name,
      tf.concat(
        parts.map((part) => part[name] as Tensor),
        0,
      ),
    ]),
  ) as O;
}
