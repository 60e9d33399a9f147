/** What the tortured commands work with: images, a preset and a recipe so small that a case takes a second. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { encodePng } from '../core/export/png.ts';

const SIDE = 8;
/** Steps of a whole training; a checkpoint every second one. */
export const STEPS = 8;
export const CHECKPOINT_EVERY = 2;

export interface Material {
  images: string;
  others: string;
  preset: string;
  recipe: string;
}

export async function makeMaterial(folder: string): Promise<Material> {
  const material = {
    images: path.join(folder, 'images'),
    others: path.join(folder, 'others'),
    preset: path.join(folder, 'tortured.json'),
    recipe: path.join(folder, 'recipe.json'),
  };
  await makeImages(material.images, 24, 1);
  await makeImages(material.others, 10, 4);
  await fs.writeFile(material.preset, JSON.stringify(PRESET));
  await fs.writeFile(material.recipe, JSON.stringify(RECIPE));
  return material;
}

async function makeImages(folder: string, count: number, salt: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const below = path.join(folder, i % 2 === 0 ? 'even' : 'odd');
    await fs.mkdir(below, { recursive: true });
    const data = Uint8Array.from({ length: SIDE * SIDE }, (_, p) => (p * (i + 3) * 7 * salt + i) % 256);
    const image = { height: SIDE, width: SIDE, channels: 1 as const, data };
    await fs.writeFile(path.join(below, `${String(i).padStart(2, '0')}.png`), await encodePng(image));
  }
}

const PRESET = {
  ...{ format: 'covae-preset', version: 1, name: 'tortured', title: 'Tortured' },
  description: 'The smallest network there can be.',
  config: {
    network: {
      ...{ imageSize: SIDE, channels: 1, modelChannels: 8, multipliers: [1], blocks: 1 },
      ...{ attentionResolutions: [], zChannels: 1, finalDim: null, dropout: 0 },
      // So that labels matter.
      classes: 2,
    },
    objective: {
      ...{ variant: 'covae', sigmaMin: 0.05, sigmaMax: 3, rho: 7, timeScale: 'karras', stepSchedule: 'exp' },
      ...{ startScales: 2, endScales: 4, loss: 'huber', denoiserLoss: 'l2', lambdaDenoiser: 0.1 },
      ...{ recWeight: 'linear', klWeight: 'square' },
    },
    training: {
      ...{ steps: STEPS, batchSize: 2, learningRate: 0.001, warmupSteps: 2, learningRateSchedule: 'cosine' },
      ...{ clipNorm: 200, emaRate: 0.9, horizontalFlip: false, logEvery: 1, sampleEvery: 4 },
      checkpointEvery: CHECKPOINT_EVERY,
    },
  },
};

const size = {
  preset: 'smoke',
  set: {
    ...{ 'training.steps': 4, 'training.batchSize': 2, 'training.sampleEvery': 4 },
    ...{ 'training.checkpointEvery': 2, 'network.multipliers': [1], 'training.logEvery': 1 },
  },
  seeds: 1,
};
const RECIPE = {
  ...{ format: 'covae-experiment', version: 1, name: 'tortured', title: 'Tortured' },
  ...{ question: 'Does it come to its end?', dataset: 'set', sizes: { full: size, quick: size } },
  arms: [{ name: 'one', label: 'One' }],
  measurements: [{ kind: 'training' }, { kind: 'samples', count: { full: 4, quick: 4 }, passes: [1] }],
  plots: [{ kind: 'curve', metric: 'loss' }],
};
