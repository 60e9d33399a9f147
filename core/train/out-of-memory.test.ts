import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { loadPreset } from '../config/presets.ts';
import type { ModelConfig } from '../config/model.ts';
import { describeModel } from './describe.ts';
import { smallerBatch, withBatchToTry } from './out-of-memory.ts';

// What the binding throws when a graph runs out of memory on a GPU, shortened.
const GPU_TEXT =
  'Session fail to run with error: 2 root error(s) found.\n  (0) RESOURCE_EXHAUSTED: OOM when allocating tensor with ' +
  'shape[128,128,28,28] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc\n' +
  '\t [[{{node trainStep128/2310_Conv2D}}]]';
const CPU_TEXT =
  'Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[6272,1152] and type float on ' +
  '/job:localhost/replica:0/task:0/device:CPU:0 by allocator cpu';

async function configOf(batchSize: number, accumulate = 1): Promise<ModelConfig> {
  const { config } = await loadPreset('mnist');
  return { ...config, training: { ...config.training, batchSize, accumulate } };
}

describe('the batch to try', () => {
  it('is half of what did not do, as a power of 2', async () => {
    expect(smallerBatch(await configOf(128), null)).toBe(64);
    expect(smallerBatch(await configOf(100), null)).toBe(32);
    expect(smallerBatch(await configOf(128, 4), null)).toBe(16);
    expect(smallerBatch(await configOf(1), null)).toBeNull();
  });

  it('is what there is room for by the estimate, where that is less', async () => {
    const config = await configOf(128);
    const memory = 2e9;
    const tried = smallerBatch(config, memory)!;
    expect(tried).toBeLessThan(64);
    const total = (batch: number) =>
      describeModel({ ...config, training: { ...config.training, batchSize: batch } }).memory.total;
    expect(total(tried)).toBeLessThanOrEqual(0.8 * memory);
    expect(total(2 * tried)).toBeGreaterThan(0.8 * memory);
  });

  it('is none when the weights alone are too much', async () => {
    expect(smallerBatch(await configOf(128), 3e8)).toBeNull();
  });
});

describe('memory that ran out', () => {
  const gpu = { kind: 'GPU', memory: 8 * 2 ** 30 } as const;

  it('is told in one sentence with the batch to try', async () => {
    const error = withBatchToTry(new Error(GPU_TEXT), await configOf(128), gpu);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toBe(
      "The GPU's memory of 8 GB is not enough for 128 images at once; start a new run with a batch of 64, or the batch of 128 in 2 parts (training.accumulate 2).",
    );
  });

  it('says the same of a machine without a GPU, and leaves out what is not known', async () => {
    const error = withBatchToTry(new Error(CPU_TEXT), await configOf(100), { kind: 'CPU', memory: null });
    expect((error as UserError).message).toBe(
      "The machine's memory is not enough for 100 images at once; start a new run with a batch of 32.",
    );
  });

  it('points to the network when one image is too much', async () => {
    const error = withBatchToTry(new Error(GPU_TEXT), await configOf(1), gpu);
    expect((error as UserError).message).toMatch(/one image at once; try a smaller network/);
  });

  it('is not made of anything else', async () => {
    const config = await configOf(8);
    for (const error of [new Error('shapes do not match'), new UserError('out of memory, I said')]) {
      expect(withBatchToTry(error, config, gpu)).toBe(error);
    }
  });
});
