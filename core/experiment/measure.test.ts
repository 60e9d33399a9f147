import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageBatch } from '../data/dataset.ts';
import { openDataset, type PackedDataset } from '../data/packed.ts';
import type { RunManifest } from '../run/manifest.ts';
import type { Generator } from '../explore/api.ts';
import { testDraw } from '../explore/test-draw.ts';
import { studyLatents } from './latents.ts';
import {
  chooseImages,
  firstImages,
  reconstructionError,
  someTimes,
  spreadOf,
  spreadRatio,
} from './measure.ts';
import { planRuns } from './plan.ts';
import { fakeModel, fakeTrainer, importImages, smallRecipe, temporaryHome } from './test-fakes.ts';

let home: string;
let dataset: PackedDataset;
let manifest: RunManifest;
let model: Generator;
beforeAll(async () => {
  home = temporaryHome();
  const record = await importImages(home);
  dataset = await openDataset(home, 'mnist');
  const [planned] = await planRuns(smallRecipe(), 'quick', record, 0);
  if (planned === undefined) throw new Error('nothing planned');
  manifest = await fakeTrainer().createRun({ home, dataset: 'mnist', preset: planned.preset });
  model = fakeModel(manifest, 12);
});
afterAll(() => {
  dataset.close();
  fs.rmSync(home, { recursive: true, force: true });
});

const going = new AbortController().signal;
const stopped = AbortSignal.abort();

describe('chosen images', () => {
  it('are a function of data, count and seed, each once, with their classes', async () => {
    const chosen = await chooseImages(dataset, 20, 5);
    expect(await chooseImages(dataset, 20, 5)).toEqual(chosen);
    expect((await chooseImages(dataset, 20, 6)).indices).not.toEqual(chosen.indices);
    expect((await chooseImages(dataset, 10, 5)).indices).toEqual(chosen.indices.slice(0, 10));
    expect(new Set(chosen.indices).size).toBe(20);
    expect(Array.from(chosen.images.data)).toEqual(Array.from(dataset.readAt(chosen.indices)));
    const labels = await dataset.labels();
    expect(chosen.classes).toEqual(chosen.indices.map((i) => ['even', 'odd'][labels?.[i] ?? 9]));
  });

  it('are as many as there are when more are asked for', async () => {
    const { indices, images } = await chooseImages(dataset, 100, 0);
    expect([...indices].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(images.count).toBe(40);
  });

  it('are those held out of training where there are any', async () => {
    await importImages(home, 'split', 0.25);
    const split = await openDataset(home, 'split');
    const flags = await split.split();
    const { indices, heldOut } = await chooseImages(split, 100, 0);
    expect(heldOut).toBe(10);
    expect([...indices].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, i) => i).filter((i) => flags?.[i] === 1),
    );
    expect((await chooseImages(split, 4, 0)).indices).toEqual(indices.slice(0, 4));
    expect((await chooseImages(dataset, 4, 0)).heldOut).toBeNull();
    split.close();
  });

  it('are black and white for a model that learned from such', async () => {
    const chosen = await chooseImages(dataset, 4, 0);
    const { config } = manifest;
    const binary = fakeModel(
      { ...manifest, config: { ...config, training: { ...config.training, binarise: true } } },
      1,
    );
    const grey = firstImages(chosen, 2, model);
    const { data } = firstImages(chosen, 2, binary);
    expect(Array.from(data)).toEqual(Array.from(grey.data, (p) => (p < 128 ? 0 : 255)));
    expect(Array.from(grey.data)).toEqual(Array.from(chosen.images.data.subarray(0, 512)));
  });
});

describe('measured of a model', () => {
  it('is the error of its reconstructions, over all parts', async () => {
    const white: ImageBatch = {
      count: 70,
      height: 16,
      width: 16,
      channels: 1,
      data: new Uint8Array(70 * 256).fill(200),
    };
    // 200 becomes 180.
    const [first, second, ...rest] = await reconstructionError(model, white, [0.5, 4], going);
    expect(first).toEqual({
      t: 0.5,
      mean: expect.closeTo((20 / 255) ** 2, 12) as number,
      std: expect.closeTo(0, 12) as number,
    });
    expect(second?.t).toBe(4);
    expect(rest).toEqual([]);
    await expect(reconstructionError(model, white, [1], stopped)).rejects.toThrow(/abort/);
  });

  it('is the spread of its samples: 1 for samples that are the images', async () => {
    const images = firstImages(await chooseImages(dataset, 12, 0), 12, model);
    const size = 256;
    const copying: Generator = {
      ...model,
      sampleCalls: ({ count, start = 0 }) =>
        testDraw({ ...images, count, data: images.data.subarray(start * size, (start + count) * size) }),
    };
    expect(await spreadRatio(copying, images, { passes: 1, seed: 0 }, going)).toBeCloseTo(1, 12);
    const dull: Generator = {
      ...model,
      sampleCalls: ({ count }) => testDraw({ ...images, count, data: new Uint8Array(count * size) }),
    };
    expect(await spreadRatio(dull, images, { passes: 1, seed: 0 }, going)).toBe(0);
    await expect(spreadRatio(dull, images, { passes: 1, seed: 0 }, stopped)).rejects.toThrow(/abort/);
  });

  it('are its times above 0, the ends among them', () => {
    expect(someTimes(model, 10)).toEqual([0.5, 1, 2, 4]);
    expect(someTimes(model, 2)).toEqual([0.5, 4]);
  });

  it('are its latents over t', async () => {
    const chosen = await chooseImages(dataset, 16, 0);
    const study = await studyLatents(model, firstImages(chosen, 16, model), {
      indices: chosen.indices,
      classes: chosen.classes,
      times: [0.5, 4],
      perplexity: 5,
      seed: 0,
      follow: 3,
      signal: going,
    });
    expect(study.values).toBe(256);
    expect(study.latents).toHaveLength(32);
    expect(study.latents[3]).toMatchObject({ image: chosen.indices[1], label: chosen.classes?.[1], t: 4 });
    // Latents are pixels over 1 + t.
    const pixels = dataset.readAt(chosen.indices);
    const norms = chosen.indices.map((_, i) =>
      Math.hypot(...pixels.subarray(i * 256, (i + 1) * 256).map((p) => p)),
    );
    const mean = spreadOf(norms).mean / 255;
    expect(study.overTime.map((at) => at.mean)).toEqual([
      expect.closeTo(mean / 1.5, 5),
      expect.closeTo(mean / 5, 5),
    ]);
    // The fake's standard deviation is t.
    expect(study.overTime.map(({ posteriorStd }) => posteriorStd)).toEqual([0.5, 4]);
    // The upper half of an image says its class.
    expect(study.overTime.map(({ agreement }) => agreement)).toEqual([1, 1]);
    const even = chosen.classes?.filter((name) => name === 'even').length ?? 0;
    expect(study.chance).toBeCloseTo((even * (even - 1) + (16 - even) * (15 - even)) / (16 * 15), 12);
    expect(study.explained[0]).toBeGreaterThan(study.explained[1]);
    // Classes take turns among those whose way is drawn.
    const names = study.followed.map((image) => chosen.classes?.[chosen.indices.indexOf(image)]);
    expect(names).toHaveLength(3);
    expect(new Set(names.slice(0, 2)).size).toBe(2);
  });

  it('are latents of a model with a single time, too', async () => {
    const chosen = await chooseImages(dataset, 9, 0);
    const study = await studyLatents(model, chosen.images, {
      indices: chosen.indices,
      classes: null,
      times: [1],
      perplexity: 30,
      seed: 0,
      follow: 2,
      signal: going,
    });
    expect(study.perplexity).toBeCloseTo(8 / 3, 12);
    expect(study.chance).toBeNull();
    expect(study.overTime[0]?.agreement).toBeNull();
  });
});
