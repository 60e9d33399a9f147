/** Which files of the usual benchmarks hold their test images: these are held out of training. */
import path from 'node:path';
import { countOf, listOf } from './words.ts';

const TEST = /^(?:t10k|test)(?:[^a-z]|$)|^[ek]mnist-.*-test|^x_test$/i;
const TRAINING = /train|data_batch/i;

/**
 * The files of test images (`t10k-images-idx3-ubyte`, `test_batch.bin`, Keras's array `x_test`) among files of one benchmark; none where its training
 * images are not among them: whoever brings only the test images wants to train on them.
 *
 * @param files paths or names
 */
export function testFilesAmong(files: readonly string[]): ReadonlySet<string> {
  const named = files.map((file) => ({ file, name: path.posix.basename(file.replaceAll('\\', '/')) }));
  if (!named.some(({ name }) => TRAINING.test(name))) return new Set();
  return new Set(named.filter(({ name }) => TEST.test(name) && !TRAINING.test(name)).map(({ file }) => file));
}

/** What a preview and an import say of it; none where nothing is held out. */
export function heldOutRemarks(files: readonly string[], count: number): string[] {
  if (files.length === 0) return [];
  return [
    `${countOf(count, 'image')} of ${listOf(files)} ${count === 1 ? 'is' : 'are'} held out of training, as is usual for this benchmark; a share of your own takes their place.`,
  ];
}
