import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFilesAmong } from './benchmark-split.ts';
import { openSource } from './open.ts';

const FOLDER = path.join(import.meta.dirname, 'testdata');

describe('test images of the usual benchmarks', () => {
  it.each([
    [['train-images-idx3-ubyte', 't10k-images-idx3-ubyte'], ['t10k-images-idx3-ubyte']],
    [
      ['emnist-letters-train-images-idx3-ubyte.gz', 'emnist-letters-test-images-idx3-ubyte.gz'],
      ['emnist-letters-test-images-idx3-ubyte.gz'],
    ],
    [['data_batch_1.bin', 'data_batch_2.bin', 'test_batch.bin'], ['test_batch.bin']],
    [['train.bin', 'test.bin'], ['test.bin']],
    [['x_train', 'x_test'], ['x_test']],
    [['train-a', 'testing'], []],
    // Whoever brings only these wants to train on them.
    [['t10k-images-idx3-ubyte'], []],
    [['test_batch.bin'], []],
    [['train-images-idx3-ubyte'], []],
    [['a-images-idx3-ubyte', 'b-images-idx3-ubyte'], []],
  ])('of %j are %j', (files, test) => {
    expect([...testFilesAmong(files)]).toEqual(test);
  });

  it.each([
    ['idx', 't10k-images', 6],
    ['cifar-10-binary.tar.gz', 'test_batch', 5],
    ['compressed.npz', 'x_test', 6],
  ])('are held out as %s is read, and that is said', async (name, part, total) => {
    const source = await openSource({ kind: null, paths: [path.join(FOLDER, name)] });
    try {
      const flags: [string, boolean][] = [];
      for await (const item of source.items()) {
        if ('file' in item) flags.push([item.file, item.heldOut === true]);
      }
      expect(flags).toHaveLength(total);
      expect(flags.map(([, held]) => held)).toContain(true);
      for (const [file, held] of flags) expect(held, file).toBe(file.startsWith(part));
      const count = flags.filter(([, held]) => held).length;
      expect(source.remarks?.().join(' ')).toMatch(
        new RegExp(`^${count} images? of ${part}\\S* (is|are) held out`),
      );
    } finally {
      await source.close();
    }
  });
});
