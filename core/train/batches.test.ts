import { describe, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import { withVariant } from '../config/defaults.ts';
import type { ModelConfig } from '../config/model.ts';
import type { CovaeConfig, SimpleCovaeConfig } from '../config/objective.ts';
import { columnOf, type ExampleColumn } from '../schedule/example-columns.ts';
import { stepPlan } from '../schedule/step-plan.ts';
import { timeSteps } from '../schedule/time-steps.ts';
import { Batches } from './batches.ts';

const IMAGES = 50;

/** Batches by step, of images whose pixels all have the image's number, of as many classes as the model has. */
function batchesOf(config: ModelConfig, seed = 3) {
  const { imageSize, channels, classes } = config.network;
  const size = imageSize ** 2 * channels;
  const batches = new Batches(config, seed, {
    drawn: IMAGES,
    readAt: (indices) =>
      Uint8Array.from({ length: indices.length * size }, (_, i) => indices[Math.floor(i / size)] ?? 0),
    labels: classes > 0 ? Array.from({ length: IMAGES }, (_, image) => image % classes) : null,
  });
  return { at: (step: number) => batches.at(stepPlan(config, step)) };
}

function times(batches: ReturnType<typeof batchesOf>, step: number): Float32Array {
  return columnOf(batches.at(step).examples, 't');
}

async function smoke(): Promise<ModelConfig> {
  return (await loadPreset('smoke')).config;
}

describe('uniform time sampling of s-CoVAE', () => {
  // The reference leaves out the last interval, and with it σ_max, where drawing begins.
  it('draws every interval, the last one too', async () => {
    const { objective, ...config } = await smoke();
    const uniform: ModelConfig = {
      ...config,
      objective: {
        ...(withVariant(objective, 's-covae') as SimpleCovaeConfig),
        ...{ timeSampling: 'uniform', startScales: 4, endScales: 4 },
      },
    };
    const batches = batchesOf(uniform);
    const drawn = new Set(Array.from({ length: 30 }, (_, step) => [...times(batches, step)]).flat());
    expect(drawn).toEqual(new Set(timeSteps(uniform.objective, 5).slice(1)));
  });
});

describe('batches', () => {
  it('is a function of seed and step, in whatever order steps are asked for', async () => {
    const config = await smoke();
    const forward = batchesOf(config);
    const backward = batchesOf(config);
    const other = batchesOf(config, 4);
    const steps = [0, 1, 5, 12, 13, 29];
    const first = steps.map((step) => forward.at(step));
    const second = [...steps]
      .reverse()
      .map((step) => backward.at(step))
      .reverse();
    expect(second).toEqual(first);
    expect(other.at(0).noiseSeed).not.toEqual(first[0]?.noiseSeed);
  });

  it('shows every image once an epoch', async () => {
    const config = await smoke();
    const batches = batchesOf(config);
    const seen = [];
    for (let step = 0; seen.length < 2 * IMAGES; step++) {
      const { images, x } = batches.at(step);
      seen.push(...images);
      // The pixels are those of the images.
      const size = x.length / images.length;
      images.forEach((image, i) => expect(x[i * size + 5]).toBe(Math.fround(image / 127.5 - 1)));
    }
    expect(config.training.batchSize).toBeLessThan(IMAGES);
    for (const epoch of [0, 1]) {
      expect(new Set(seen.slice(epoch * IMAGES, (epoch + 1) * IMAGES)).size).toBe(IMAGES);
    }
  });

  it('have r and t as neighbours among the time steps', async () => {
    const config = await smoke();
    const plan = stepPlan(config, config.training.steps - 1);
    const steps = Array.from(timeSteps(config.objective, plan.intervals));
    expect(config.objective).toMatchObject({ endScales: plan.intervals - 1 });
    const { examples, targetExamples } = batchesOf(config).at(plan.step);
    const column = (name: ExampleColumn) => columnOf(examples, name);
    column('t').forEach((t, i) => {
      const upper = steps.indexOf(t);
      expect(upper).toBeGreaterThan(0);
      if (column('first')[i]) expect(upper).toBe(1);
      else expect(column('r')[i]).toBe(steps[upper - 1]);
      expect(column('first')[i]).toBe(i < targetExamples ? 0 : 1);
    });
  });

  it('leave out about as many labels as they were told to, and keep the others', async () => {
    const config = await smoke();
    const batches = batchesOf({
      ...config,
      network: { ...config.network, classes: 3 },
      training: { ...config.training, labelDropout: 0.25, steps: 400 },
    });
    let left = 0;
    for (let step = 0; step < 400; step++) {
      const { images, labels } = batches.at(step);
      labels?.forEach((label, i) => {
        if (label === -1) left++;
        else expect(label).toBe((images[i] ?? -1) % 3);
      });
    }
    const examples = 400 * config.training.batchSize;
    expect(Math.abs(left / examples - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / examples));
    expect(batchesOf(config).at(0).labels).toBeNull();
  });

  it('transform no image at the time where samples begin, and are told of none there', async () => {
    const { network, training, ...config } = await smoke();
    const batches = batchesOf({
      ...config,
      ...{ network: { ...network, augment: true }, training: { ...training, batchSize: 32 } },
      augment: { ...config.augment, strength: 1, shift: 0, scale: 0, rotation: 0, turn: true },
    });
    const sigmaMax = (config.objective as CovaeConfig).sigmaMax;
    const told = { least: 0, most: 0, changed: 0 };
    for (let step = 0; step < 20; step++) {
      const { x, augment, examples, images } = batches.at(step);
      const [size, width] = [x.length / images.length, (augment?.length ?? 0) / images.length];
      columnOf(examples, 't').forEach((t, i) => {
        const isTold = augment?.subarray(i * width, (i + 1) * width).some((value) => value !== 0) ?? false;
        const isChanged = x[i * size] !== Math.fround((images[i] ?? 0) / 127.5 - 1);
        if (Math.abs(t - sigmaMax) < 1e-5) told.most += Number(isTold) + Number(isChanged);
        else if (t < sigmaMax / 10) told.least += Number(isTold);
        told.changed += Number(isChanged);
      });
    }
    expect(told.most).toBe(0);
    expect(told.least).toBeGreaterThan(50);
    expect(told.changed).toBeGreaterThan(50);
  });

  it('have no label for an image that has no class', async () => {
    const config = await smoke();
    const { labels, images } = new Batches(
      {
        ...config,
        network: { ...config.network, classes: 2 },
        training: { ...config.training, labelDropout: 0 },
      },
      3,
      {
        drawn: 3,
        readAt: ({ length }) => new Uint8Array(length * config.network.imageSize ** 2),
        labels: [0, 1, 2],
      },
    ).at(stepPlan(config, 0));
    expect(Array.from(labels ?? [])).toEqual(Array.from(images, (image) => [0, 1, -1][image]));
    expect(labels).toContain(-1);
  });

  it('mirror about half of the images, line by line, where they are told to', async () => {
    const config = await smoke();
    const { imageSize } = config.network;
    // Each image is a ramp from left to right; mirrored, it falls.
    const mirrored = new Batches({ ...config, training: { ...config.training, horizontalFlip: true } }, 3, {
      drawn: IMAGES,
      readAt: ({ length }) => Uint8Array.from({ length: length * imageSize ** 2 }, (_, i) => i % imageSize),
      labels: null,
    });
    let flipped = 0;
    let images = 0;
    for (let step = 0; step < 30; step++) {
      const { x } = mirrored.at(stepPlan(config, step));
      for (let line = 0; line < x.length; line += imageSize) {
        const values = Array.from(x.subarray(line, line + imageSize), (value) =>
          Math.round((value + 1) * 127.5),
        );
        const falls = values[0] !== 0;
        const ramp = Array.from({ length: imageSize }, (_, i) => i);
        expect(values).toEqual(falls ? ramp.reverse() : ramp);
        if (line % imageSize ** 2 === 0) {
          images++;
          if (falls) flipped++;
        }
      }
    }
    expect(Math.abs(flipped / images - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / images));
  });
});
