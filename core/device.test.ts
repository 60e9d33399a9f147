import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { describeDevice, deviceText, listGpus, memoryText } from './device.ts';

// As nvidia-smi prints it, asked for index, uuid, name, memory and driver.
const TWO =
  '0, GPU-5c1d4e1c-0d6a-9d5a-7d0f-6e1f0a5a1b11, NVIDIA GeForce RTX 4090, 24564, 550.54.15\n' +
  '1, GPU-9f0aa3de-51b2-3d3f-8a60-2f3f1c7d2e22, NVIDIA H100 80GB HBM3, 81559, 550.54.15\n';
const ask = () => Promise.resolve(TWO);
const failing = () => Promise.reject(new Error('spawn nvidia-smi ENOENT'));

describe('listing GPUs', () => {
  it('reads what nvidia-smi says', async () => {
    expect(await listGpus(ask, undefined)).toEqual([
      {
        index: 0,
        uuid: 'GPU-5c1d4e1c-0d6a-9d5a-7d0f-6e1f0a5a1b11',
        name: 'NVIDIA GeForce RTX 4090',
        memory: 24564 * 2 ** 20,
        driver: '550.54.15',
      },
      expect.objectContaining({ index: 1, name: 'NVIDIA H100 80GB HBM3', memory: 81559 * 2 ** 20 }),
    ]);
  });

  it('follows CUDA_VISIBLE_DEVICES: order, beginnings of uuids, the end at the first that is none', async () => {
    const indices = async (visible: string) => (await listGpus(ask, visible)).map(({ index }) => index);
    expect(await indices('1,0')).toEqual([1, 0]);
    expect(await indices('GPU-9f0a')).toEqual([1]);
    expect(await indices('1,7,0')).toEqual([1]);
    expect(await indices('-1')).toEqual([]);
    expect(await indices('')).toEqual([]);
  });

  it('finds none where there is no nvidia-smi, no GPU, or an answer of another kind', async () => {
    expect(await listGpus(failing)).toEqual([]);
    for (const text of [
      '',
      'No devices were found\n',
      'Failed to initialize NVML: Driver/library version mismatch',
    ]) {
      expect(await listGpus(() => Promise.resolve(text), undefined)).toEqual([]);
    }
  });

  it('does without a memory that the driver does not tell', async () => {
    const text = '0, GPU-1, NVIDIA GB10, [N/A], 580.95.05\n';
    expect(await listGpus(() => Promise.resolve(text), undefined)).toMatchObject([
      { name: 'NVIDIA GB10', memory: null },
    ]);
  });
});

describe('the device that computes', () => {
  it('is the first GPU that programs may use', async () => {
    const device = await describeDevice(true, ask);
    expect(device).toEqual({
      kind: 'GPU',
      name: 'NVIDIA GeForce RTX 4090',
      memory: 24564 * 2 ** 20,
      cores: null,
      driver: '550.54.15',
    });
    expect(deviceText(device)).toBe('NVIDIA GeForce RTX 4090, 24 GB');
  });

  it('is a GPU without a name when nobody tells it', async () => {
    expect(deviceText(await describeDevice(true, failing))).toBe('GPU');
  });

  it('is this machine otherwise, whatever GPU there is', async () => {
    const device = await describeDevice(false, ask);
    expect(device).toMatchObject({ kind: 'CPU', memory: os.totalmem(), cores: os.availableParallelism() });
    expect(deviceText(device)).toMatch(/, \d+ cores?, \d+ GB$/);
  });

  it('has memory as it is sold', () => {
    expect(memoryText(81559 * 2 ** 20)).toBe('80 GB');
    expect(memoryText(3e8)).toBe('1 GB');
  });
});
