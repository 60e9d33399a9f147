import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { importDataset } from '../../data/import/import-dataset.ts';
import { readDatasetRecord } from '../../data/catalogue.ts';
import { openDataset } from '../../data/packed.ts';
import type { Plane } from '../../data/import/resample.ts';
import { openExtractor } from '../extractors/open-extractor.ts';
import { classBalance, openClassifier } from './classifier.ts';
import { classifierFile, type ClassifierRecord } from './record.ts';
import { trainClassifier } from './train-classifier.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let home: string;
let record: ClassifierRecord;
let steps: number[];

beforeAll(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-classifier-'));
  await importDataset({ home, name: 'digits', request: { kind: 'sample', paths: [] } });
  steps = [];
  record = await trainClassifier(home, 'digits', { steps: 350, onProgress: ({ step }) => steps.push(step) });
});

afterAll(() => fs.rm(home, { recursive: true }));

async function planes(count: number): Promise<{ images: Plane[]; labels: number[] }> {
  const data = await openDataset(home, 'digits');
  const { data: pixels, height, width, channels } = await data.readImages(0, count);
  const labels = [...(await data.labels())!.subarray(0, count)];
  data.close();
  const size = height * width * channels;
  const images = Array.from({ length: count }, (_, i) => {
    return { height, width, channels, data: pixels.subarray(i * size, (i + 1) * size) };
  });
  return { images, labels };
}

describe('a classifier', () => {
  it('finds the class of digits that it has not seen, and says so', () => {
    expect(record.heldOut.count).toBe(1_000);
    expect(record.trainedOn).toBe(9_000);
    expect(record.heldOut.accuracy).toBeGreaterThan(0.955);
    expect(record.heldOut.sure).toBeGreaterThan(0.8);
    expect(record.heldOut.balance).toHaveLength(10);
    expect(record.settings).toMatchObject({ seed: 0, steps: 350 });
    expect(steps).toEqual(Array.from({ length: 350 }, (_, i) => i + 1));
  });

  it('gives probabilities and features, the same for an image alone and among others, of any size and colour', async () => {
    const { images, labels } = await planes(200);
    const classifier = await openClassifier(home, 'digits');
    const { probabilities, features } = classifier.look(images);
    classifier
      .probabilities(features)
      .forEach((value, at) => expect(value).toBeCloseTo(probabilities[at]!, 5));
    expect(features).toMatchObject({ count: 200, size: 128 });
    const right = labels.filter((label, i) => {
      const own = probabilities.subarray(10 * i, 10 * i + 10);
      expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      return own.indexOf(Math.max(...own)) === label;
    });
    expect(right.length).toBeGreaterThan(190);
    const third = images[3]!;
    const coloured: Plane = {
      ...{ height: 56, width: 56, channels: 3 },
      data: Uint8Array.from({ length: 56 * 56 * 3 }, (_, i) => {
        const [y, x] = [Math.floor(i / 168), Math.floor((i % 168) / 3)];
        return third.data[(y >> 1) * 28 + (x >> 1)]!;
      }),
    };
    const alone = classifier.look([third, coloured]);
    alone.probabilities
      .subarray(0, 10)
      .forEach((value, c) => expect(value).toBeCloseTo(probabilities[30 + c]!, 5));
    const best = alone.probabilities.subarray(10);
    expect(best.indexOf(Math.max(...best))).toBe(labels[3]);
    classifier.dispose();
  });

  it('is an extractor of its own', async () => {
    const { images } = await planes(3);
    const extractor = await openExtractor('classifier', images[0]!, { dataset: { home, name: 'digits' } });
    expect(extractor.extract(images)).toMatchObject({ count: 3, size: 128 });
    expect(extractor.rule).toMatch(
      /trained on the classes of digits, which finds \d\d\.\d\d % of held-out images/,
    );
    extractor.dispose();
  });

  it('is trained alike from the same seed, and is kept as it was when a training is stopped', async () => {
    const file = classifierFile(home, await readDatasetRecord(home, 'digits'));
    const short = { seed: 3, steps: 4 };
    const first = await trainClassifier(home, 'digits', short);
    const bytes = await fs.readFile(file);
    const again = await trainClassifier(home, 'digits', short);
    expect({ ...again, seconds: 0, createdAt: '' }).toEqual({ ...first, seconds: 0, createdAt: '' });
    const weightsOf = (all: Buffer): Buffer => all.subarray(all.length - 4 * first.parameters);
    expect(weightsOf(await fs.readFile(file)).equals(weightsOf(bytes))).toBe(true);
    const stop = new AbortController();
    const before = await fs.readFile(file);
    const training = trainClassifier(home, 'digits', {
      signal: stop.signal,
      onProgress: ({ step }) => step === 3 && stop.abort(),
    });
    await expect(training).rejects.toThrow('aborted');
    expect((await fs.readFile(file)).equals(before)).toBe(true);
    expect(await fs.readdir(path.dirname(file))).toHaveLength(1);
  });
});

describe('what cannot be done is said', () => {
  it('without classes, without a classifier, with a damaged one', async () => {
    const file = classifierFile(home, await readDatasetRecord(home, 'digits'));
    await fs.writeFile(file, (await fs.readFile(file)).subarray(0, 5000));
    await expect(openClassifier(home, 'digits')).rejects.toThrow(file);
    await fs.rm(file);
    await expect(openClassifier(home, 'digits')).rejects.toThrow(
      'Data set "digits" has no classifier; train one with covae data classifier digits.',
    );
  });
});

it('class balance counts each image for its likeliest class', () => {
  const probabilities = Float32Array.of(0.95, 0.05, 0, 0.5, 0.3, 0.2, 0.1, 0.2, 0.7, 0, 0.09, 0.91);
  expect(classBalance(probabilities, 3)).toEqual({ shares: [0.5, 0, 0.5], sure: 0.5 });
});
