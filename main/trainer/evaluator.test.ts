import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeEvaluation } from '../../core/evaluate/store.ts';
import { testRecord } from '../../core/evaluate/test-record.ts';
import type { Generator, SampleOptions } from '../../core/explore/api.ts';
import { runFolder } from '../../core/library.ts';
import { makeRun, RUN } from '../test-studio.ts';
import { DrawnAgain } from './evaluator.ts';

let home: string;
beforeEach(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-evaluator-'));
  await makeRun(home);
});
afterEach(() => fs.rm(home, { recursive: true, force: true }));

/** A model whose sample of number n is a pixel n; it answers to nothing else. */
function model() {
  const asked: SampleOptions[] = [];
  const dispose = vi.fn();
  const sample = (options: SampleOptions) => {
    asked.push(options);
    return { count: 1, height: 1, width: 1, channels: 1 as const, data: Uint8Array.of(options.start ?? 0) };
  };
  return { asked, dispose, generator: { sample, dispose } as unknown as Generator };
}

describe('samples of an evaluation', () => {
  it('are drawn again as they were, with the weights of its step', async () => {
    const { asked, generator } = model();
    const open = vi.fn(async () => generator);
    const again = new DrawnAgain(home, open);
    const record = testRecord({
      passes: 2,
      times: [1.5],
      seed: 7,
      weights: 'raw',
      temperature: 0.9,
      label: 3,
    });
    const file = path.basename(await writeEvaluation(runFolder(home, RUN), record));
    const images = await again.samples(RUN, file, [4, 17]);
    expect(images).toEqual({ count: 2, height: 1, width: 1, channels: 1, data: Uint8Array.of(4, 17) });
    expect(open).toHaveBeenCalledExactlyOnceWith(runFolder(home, RUN), { step: 2400 });
    expect(asked[1]).toEqual({
      ...{ count: 1, start: 17, seed: 7, passes: 2, temperature: 0.9, weights: 'raw', label: 3 },
      reencodeAt: [{ t: 1.5 }],
    });
    await again.samples(RUN, file, [5]);
    expect(open).toHaveBeenCalledOnce();
  });

  it('of another step come from another model, and the one before is let go', async () => {
    const [first, second] = [model(), model()];
    const open = vi.fn().mockResolvedValueOnce(first.generator).mockResolvedValueOnce(second.generator);
    const again = new DrawnAgain(home, open);
    for (const step of [1, 2]) {
      const record = testRecord({ checkpoint: { step, sha256: null } });
      const file = path.basename(await writeEvaluation(runFolder(home, RUN), record));
      await again.samples(RUN, file, [1]);
    }
    expect(first.dispose).toHaveBeenCalledOnce();
    expect(second.dispose).not.toHaveBeenCalled();
  });

  it('are asked for again when their model could not be opened', async () => {
    const { generator } = model();
    const open = vi.fn().mockRejectedValueOnce(new Error('gone')).mockResolvedValue(generator);
    const again = new DrawnAgain(home, open);
    const file = path.basename(await writeEvaluation(runFolder(home, RUN), testRecord()));
    await expect(again.samples(RUN, file, [1])).rejects.toThrow('gone');
    expect((await again.samples(RUN, file, [1])).count).toBe(1);
  });

  it('stop when they are not wanted', async () => {
    const { asked, generator } = model();
    const again = new DrawnAgain(home, async () => generator);
    const file = path.basename(await writeEvaluation(runFolder(home, RUN), testRecord()));
    const stopped = again.samples(RUN, file, [1, 2, 3], AbortSignal.abort(new Error('enough')));
    await expect(stopped).rejects.toThrow('enough');
    expect(asked).toEqual([]);
  });
});
