/** Memory that ran out, as a sentence that says which batch to try. */
import { describeDevice, memoryText, type Device } from '../device.ts';
import { isOutOfMemory, UserError } from '../errors.ts';
import { libraryVersion } from '../tensor/tf.ts';
import type { ModelConfig } from '../config/model.ts';
import { describeModel } from './describe.ts';
import { countOf } from '../words.ts';

/**
 * Share of a device's memory that a step may be estimated to take: the estimate leaves out the library, and what
 * other programs hold.
 */
const USABLE_SHARE = 0.8;

/**
 * The largest number of images to compute at once that should do: the largest power of 2 that is at most half of what
 * did not, and that the estimate of `describeModel` finds room for where the size of the memory is known. null when
 * not even one does: the network itself is too large.
 * @param memory bytes of the device that ran out; null when unknown
 */
export function smallerBatch(config: ModelConfig, memory: number | null): number | null {
  const { batchSize, accumulate } = config.training;
  const half = Math.floor(batchSize / accumulate / 2);
  const most = memory === null ? half : Math.min(half, imagesThatFit(config, memory));
  return most < 1 ? null : 2 ** Math.floor(Math.log2(most));
}

/** How many images may be computed at once by the estimate of `describeModel`; 0 or less where the network alone is too large. */
function imagesThatFit(config: ModelConfig, memory: number): number {
  const { batchSize, accumulate } = config.training;
  const { weights, update, activations } = describeModel(config).memory;
  return Math.floor((USABLE_SHARE * memory - weights - update) / (activations / (batchSize / accumulate)));
}

/** What to change where a step is estimated to take more memory than there is. */
export interface MemoryRemedy {
  /** The largest batch that fits, computed at once; a power of 2. null where not even one image does. */
  batchSize: number | null;
  /** The fewest parts that the batch can be cut into so that they fit; null where no number does. */
  accumulate: number | null;
}

/** What makes a step fit into memory; null where it does as it is. @param memory bytes */
export function memoryRemedy(config: ModelConfig, memory: number): MemoryRemedy | null {
  const { batchSize, accumulate } = config.training;
  const most = imagesThatFit(config, memory);
  if (batchSize / accumulate <= most) return null;
  if (most < 1) return { batchSize: null, accumulate: null };
  let parts: number | null = null;
  for (let candidate = accumulate + 1; candidate <= batchSize && parts === null; candidate++) {
    if (batchSize % candidate === 0 && batchSize / candidate <= most) parts = candidate;
  }
  return { batchSize: 2 ** Math.floor(Math.log2(Math.min(most, batchSize))), accumulate: parts };
}

/**
 * What is thrown while a training is compiled or trains, with a sentence where memory ran out: the batch to try, for a
 * new run, and where the batch can be cut evenly the number of parts that compute the same in less memory. Anything
 * else is given back as it is.
 */
export function withBatchToTry(
  error: unknown,
  config: ModelConfig,
  device: Pick<Device, 'kind' | 'memory'>,
): unknown {
  if (error instanceof UserError || !isOutOfMemory(error)) return error;
  const { batchSize, accumulate } = config.training;
  const images = batchSize / accumulate;
  const of = device.memory === null ? '' : ` of ${memoryText(device.memory)}`;
  const what =
    `The ${device.kind === 'GPU' ? "GPU's" : "machine's"} memory${of} is not enough for ` +
    `${images === 1 ? 'one image' : countOf(images, 'image')} at once`;
  const smaller = smallerBatch(config, device.memory);
  if (smaller === null) {
    return new UserError(`${what}; try a smaller network, or close other programs that use it.`, {
      code: 'out-of-memory',
      cause: error,
    });
  }
  const parts = batchSize % smaller === 0 ? batchSize / smaller : null;
  const orParts =
    parts === null
      ? ''
      : `, or the batch of ${batchSize} in ${countOf(parts, 'part')} (training.accumulate ${parts})`;
  return new UserError(`${what}; start a new run with a batch of ${smaller}${orParts}.`, {
    code: 'out-of-memory',
    cause: error,
  });
}

/** As {@link withBatchToTry}, for the device that TensorFlow computes on. */
export async function namingMemory(error: unknown, config: ModelConfig): Promise<unknown> {
  if (!isOutOfMemory(error)) return error;
  return withBatchToTry(error, config, await describeDevice(libraryVersion().gpu));
}
