import { describe, expect, it } from 'vitest';
import type { Features } from '../../metrics/moments.ts';
import { normals } from '../../tensor/noise.ts';
import { streamSeed } from '../../tensor/random.ts';
import { copiesFound } from './copies.ts';
import { copiesAmong } from '../../evaluate/nearness.ts';

const SIZE = 12;

function drawn(seed: number, count: number): Features {
  return { count, size: SIZE, values: normals(streamSeed(seed, 'images', 0), count * SIZE) };
}

/** What a model draws that knows its images by heart: one of them, with a little noise. */
function copied(images: Features, count: number, noise = 0.05): Features {
  const values = normals(streamSeed(99, 'noise', 0), count * SIZE).map(
    (value, at) =>
      noise * value + images.values[(Math.floor(at / SIZE) % images.count) * SIZE + (at % SIZE)]!,
  );
  return { count, size: SIZE, values };
}

/** What a model draws that is blurred: the middle of many images. */
function blurred(count: number): Features {
  return { count, size: SIZE, values: drawn(7, count).values.map((value) => 0.2 * value) };
}

const training = drawn(1, 8);
const real = { training, trainingImages: 8, heldOut: drawn(2, 30) };

describe('copies of training images', () => {
  it('are found where a model draws its eight images again, with and without held-out ones', async () => {
    const samples = copied(training, 64);
    const copies = await copiesAmong(samples, real);
    expect(copies).toMatchObject({ looked: 8, samples: { close: 1, authentic: 0 }, nearer: 1 });
    expect(copiesFound(copies)).toMatchObject({ name: 'Samples copy training images', value: 1, bound: 0.5 });
    expect(copiesFound(copies)?.advice).toMatch(
      /^Of the samples, 100 % are as good as a training image \(of held-out images 0 %\), and 100 % are nearer .*: train on more images, .*\.$/,
    );
    const alone = await copiesAmong(samples, { ...real, heldOut: null });
    expect(alone).toMatchObject({ heldOut: null, nearer: null });
    expect(copiesFound(alone)?.value).toBe(1);
  });

  it('are none where it draws new images, or blurred ones', async () => {
    for (const samples of [drawn(3, 64), blurred(64)]) {
      for (const heldOut of [real.heldOut, null]) {
        const copies = await copiesAmong(samples, { ...real, heldOut });
        expect(copies).not.toBeNull();
        expect(copiesFound(copies)).toBeNull();
      }
    }
  });

  it('are none where held-out images are as near: the data repeats itself', async () => {
    const heldOut = copied(training, 30);
    expect(copiesFound(await copiesAmong(copied(training, 64), { ...real, heldOut }))).toBeNull();
  });

  it('are not spoken of with too few images, or when most training images were not looked at', async () => {
    const few = { ...real, training: drawn(1, 7), trainingImages: 7 };
    expect(await copiesAmong(copied(few.training, 64), few)).toBeNull();
    expect(await copiesAmong(copied(training, 7), real)).toBeNull();
    expect(copiesFound(null)).toBeNull();
    expect(copiesFound(await copiesAmong(copied(training, 12), real))).toBeNull();
    expect(copiesFound(await copiesAmong(copied(training, 64), { ...real, trainingImages: 17 }))).toBeNull();
    const some = await copiesAmong(copied(training, 64), { ...real, heldOut: drawn(2, 7) });
    expect(some).toMatchObject({ heldOut: null, nearer: null });
  });
});
