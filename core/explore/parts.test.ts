import { describe, expect, it, vi } from 'vitest';
import type { Generator, SampleOptions } from './api.ts';
import { PART, sampleInParts } from './parts.ts';
import { testDraw } from './test-draw.ts';

/** Images of one pixel that hold their own number, drawn in so many network calls for each pass. */
function model(stepNow: () => number = () => 7, callsPerPass = 1) {
  const sample = vi.fn(({ count, start = 0 }: SampleOptions) => ({
    count,
    height: 1,
    width: 1,
    channels: 1 as const,
    data: Uint8Array.from({ length: count }, (_, i) => start + i),
  }));
  const call = vi.fn(() => ({}));
  const fake: Partial<Generator> = {
    sampleCalls: (options) => testDraw(sample(options), options.passes * callsPerPass),
    call,
    get step() {
      return stepNow();
    },
  };
  return { generator: fake as Generator, sample, call };
}

describe('sampleInParts', () => {
  it.each([1, PART, PART + 1, 3 * PART - 1])('draws %i images with their numbers', async (count) => {
    const { generator, sample } = model();
    const told: number[] = [];
    const options = { count, start: 5, seed: 1, passes: 2, temperature: 0.5 };
    const { images } = await sampleInParts(
      () => generator,
      options,
      (done) => told.push(done),
    );
    expect(images).toMatchObject({ count, height: 1, width: 1, channels: 1 });
    expect([...images.data]).toEqual(Array.from({ length: count }, (_, i) => 5 + i));
    expect(told).toHaveLength(Math.ceil(count / PART));
    expect(told.at(-1)).toBe(count);
    for (const [asked] of sample.mock.calls) {
      expect(asked).toMatchObject({ seed: 1, passes: 2, temperature: 0.5 });
      expect(asked.count).toBeLessThanOrEqual(PART);
    }
  });

  it('lets other work in between the parts, and says from which steps the images are', async () => {
    let step = 100;
    const learning = setInterval(() => step++, 0);
    let turns = 0;
    const other = (): void => {
      turns++;
      step++;
      if (turns < 3) setImmediate(other);
    };
    setImmediate(other);
    const { generator } = model(() => step);
    const { step: first, lastStep } = await sampleInParts(() => generator, {
      count: 4 * PART,
      seed: 0,
      passes: 1,
    });
    clearInterval(learning);
    expect(turns).toBe(3);
    expect(first).toBe(100);
    expect(lastStep).toBeGreaterThanOrEqual(103);
  });

  it('asks for the model before each network call, and makes all of them', async () => {
    const { generator, call } = model();
    const now = vi.fn(() => generator);
    await sampleInParts(now, { count: PART + 1, seed: 0, passes: 3 });
    expect(call).toHaveBeenCalledTimes(6);
    expect(now).toHaveBeenCalledTimes(6);
  });

  it('stops within one network call when it is cancelled meanwhile', async () => {
    const { generator, call } = model();
    const cancelled = new AbortController();
    call.mockImplementation(() => {
      // As a message that comes in while the network computes.
      if (call.mock.calls.length === 2) setImmediate(() => cancelled.abort());
      return {};
    });
    const draw = sampleInParts(
      () => generator,
      { count: 2 * PART, seed: 0, passes: 8 },
      undefined,
      cancelled.signal,
    );
    await expect(draw).rejects.toMatchObject({ name: 'AbortError' });
    expect(call.mock.calls.length).toBeLessThanOrEqual(3);
    await expect(
      sampleInParts(() => generator, { count: 1, seed: 0, passes: 1 }, undefined, cancelled.signal),
    ).rejects.toMatchObject({ name: 'AbortError' });
    expect(call.mock.calls.length).toBeLessThanOrEqual(3);
  });

  it('ends with the error of the model', async () => {
    await expect(
      sampleInParts(() => Promise.reject(new Error('gone')), { count: 1, seed: 0, passes: 1 }),
    ).rejects.toThrow('gone');
  });
});
