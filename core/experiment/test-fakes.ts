/** Stand-ins for tests: a library with a small data set, a trainer that only counts, a model that blurs. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { importDataset } from '../data/import/import-dataset.ts';
import type { DatasetRecord, ImageBatch } from '../data/dataset.ts';
import { runFolder } from '../library.ts';
import { damageSentence, readNewestCheckpoint, writeCheckpoint } from '../run/checkpoint.ts';
import { createRunFolder, openMetricsLog, readRunManifest } from '../run/run-folder.ts';
import type { RunManifest } from '../run/manifest.ts';
import type { Generator, Latents, OpenGenerator, SampleOptions, TimePoint } from '../explore/api.ts';
import { testDraw } from '../explore/test-draw.ts';
import type { TrainProgress } from '../train/api.ts';
import { type Recipe, RecipeSchema } from './recipe.ts';
import type { Trainer } from './train-runs.ts';
import * as v from 'valibot';

const SIDE = 16;

export function temporaryHome(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'covae-experiment-'));
}

/** Imports 40 images of 16 × 16 pixels in two classes. */
export async function importImages(home: string, name = 'mnist', holdOut = 0): Promise<DatasetRecord> {
  const folder = path.join(home, `images of ${name}`);
  for (let i = 0; i < 40; i++) {
    const below = path.join(folder, i % 2 === 0 ? 'even' : 'odd');
    fs.mkdirSync(below, { recursive: true });
    // Classes differ in their upper half, images in all pixels.
    const pixels = Uint8Array.from({ length: SIDE * SIDE }, (_, p) =>
      p < 128 ? (i % 2) * 200 + (i % 7) : (p * (i + 3) * name.length) % 256,
    );
    await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 1 } })
      .png()
      .toFile(path.join(below, `${String(i).padStart(2, '0')}.png`));
  }
  return importDataset({
    home,
    name,
    request: { kind: 'folder', paths: [folder] },
    settings: { size: SIDE, channels: 1, ...(holdOut > 0 && { holdOut }) },
  });
}

/** A recipe with all measurements and plots on a very small network. */
export function smallRecipe(changes: object = {}): Recipe {
  const both = (n: number) => ({ full: n, quick: n });
  return v.parse(RecipeSchema, {
    format: 'covae-experiment',
    version: 1,
    name: 'small',
    title: 'A small experiment',
    question: 'Does everything work?',
    dataset: 'mnist',
    sizes: {
      full: { preset: 'smoke', seeds: 3 },
      quick: { preset: 'smoke', set: { 'training.steps': 12 }, seeds: 2 },
    },
    arms: [
      { name: 'decoder', label: 'learned decoder' },
      { name: 'identity', label: 'identity', set: { 'objective.denoiserLoss': null } },
    ],
    measurements: [
      { kind: 'training' },
      { kind: 'samples', count: both(10), passes: [1, 2] },
      { kind: 'reconstructions', count: both(12) },
      { kind: 'reconstruction-error', images: both(20), times: both(4) },
      { kind: 'spread', count: both(12), passes: [1, 2] },
      { kind: 'latents', images: both(16), times: both(3), trajectories: both(4), perplexity: 8 },
    ],
    plots: [
      ...['loss', 'recLoss', 'denoiserLoss', 'klLoss', 'gradNorm'].map((metric) => ({
        kind: 'curve',
        metric,
      })),
      { kind: 'reconstruction-error' },
      { kind: 'spread' },
      ...['pca', 'tsne'].flatMap((method) => [
        { kind: 'latent-map', method, colour: 't' },
        { kind: 'latent-map', method, colour: 'class' },
        { kind: 'trajectories', method },
      ]),
      { kind: 'latents-over-t' },
    ],
    ...changes,
  });
}

export interface FakeTrainer extends Trainer {
  openGenerator: OpenGenerator;
  /** Steps that were trained, by name of the run. */
  trained: Record<string, number[]>;
  /** Run name → step after which it diverges. */
  divergeAt: Record<string, number>;
}

/** Writes run folders and checkpoints as the real one does, and learns nothing. */
export function fakeTrainer(): FakeTrainer {
  let created = 0;
  const fake: FakeTrainer = {
    trained: {},
    divergeAt: {},
    async createRun({ home, dataset, preset, name = 'run', seed = 0 }) {
      created++;
      const record = v.parse(
        v.object({ fingerprint: v.string(), count: v.number() }),
        JSON.parse(fs.readFileSync(path.join(home, 'datasets', dataset, 'dataset.json'), 'utf8')),
      );
      const manifest: RunManifest = {
        format: 'covae-run',
        version: 1,
        id: `${name}-fake${created}`,
        name,
        // So that the order of runs is that of their making.
        createdAt: new Date(Date.UTC(2025, 0, 1) + created * 1000).toISOString(),
        preset: preset.name,
        seed,
        dataset: { name: dataset, fingerprint: record.fingerprint, count: record.count },
        config: preset.config,
        parameters: 1234,
        versions: { app: '1', tensorflow: '2', tfjs: '3' },
      };
      await createRunFolder(home, manifest);
      return manifest;
    },
    async openSession(home, id) {
      const folder = runFolder(home, id);
      const manifest = await readRunManifest(folder);
      const { steps } = manifest.config.training;
      const newest = await readNewestCheckpoint(folder);
      let step = newest?.step ?? 0;
      const damage = damageSentence(newest?.passedOver ?? [], step);
      const save = async (): Promise<void> => {
        const tensors = { a: { shape: [1], data: Float32Array.of(step) } };
        await writeCheckpoint(folder, step, {
          model: tensors,
          ema: tensors,
          optimizer: tensors,
          state: { step },
        });
      };
      return {
        manifest,
        generator: fakeModel(manifest, step),
        remarks: damage === null ? [] : [damage],
        setAside: null,
        ask: () => undefined,
        change: () => undefined,
        get step() {
          return step;
        },
        async train({ signal, onProgress }) {
          const log = openMetricsLog(folder, step);
          try {
            while (step < steps) {
              if (signal?.aborted) {
                await save();
                return 'stopped';
              }
              if (step === fake.divergeAt[manifest.name]) {
                if (step > 0) await save();
                return 'diverged';
              }
              step++;
              (fake.trained[manifest.name] ??= []).push(step);
              const line = metricsLine(step, manifest.seed);
              log.append(line);
              onProgress?.({ ...line, runId: id, steps, secondsLeft: null } satisfies TrainProgress);
            }
            await save();
            return 'finished';
          } finally {
            log.close();
          }
        },
        dispose: () => undefined,
      };
    },
    async openGenerator(folder) {
      const manifest = await readRunManifest(folder);
      return fakeModel(manifest, (await readNewestCheckpoint(folder))?.step ?? 0);
    },
  };
  return fake;
}

export function metricsLine(step: number, seed: number) {
  return {
    step,
    loss: 100 / step + seed,
    recLoss: 10 / step,
    denoiserLoss: seed === 1 ? null : 5 / step,
    klLoss: step,
    gradNorm: 50 + step,
    learningRate: 1e-3,
    intervals: 2,
    stepsPerSecond: 4,
    seconds: step / 4,
  };
}

/** Latents are the pixels over 1 + t; images are what latents say, a little darker. */
export function fakeModel(manifest: RunManifest, step: number): Generator {
  const timeSteps = Float32Array.of(0, 0.5, 1, 2, 4);
  const shape = { height: SIDE, width: SIDE, channels: 1 } as const;
  const size = SIDE * SIDE;
  const sample = ({ count, start = 0, seed, passes }: SampleOptions): ImageBatch => ({
    ...shape,
    count,
    data: Uint8Array.from(
      { length: count * size },
      (_, p) => ((start * size + p) * (seed + 3) * (passes + 5)) % 256,
    ),
  });
  const encode = (images: ImageBatch, at: TimePoint): Latents => {
    const t = 't' in at ? at.t : (timeSteps[at.timeIndex] ?? 0);
    const mu = Float32Array.from(images.data, (p) => p / 255 / (1 + t));
    return { count: images.count, shape: [SIDE, SIDE, 1], mu, std: mu.map(() => t) };
  };
  const decode = (z: Float32Array): ImageBatch => ({
    ...shape,
    count: z.length / size,
    data: Uint8Array.from(z, (value) => value * 255),
  });
  const darker = ({ data, ...rest }: ImageBatch): ImageBatch => ({ ...rest, data: data.map((p) => p * 0.9) });
  return {
    manifest,
    step,
    remarks: [],
    timeSteps,
    sample,
    sampleCalls: (options) => testDraw(sample(options)),
    reconstruct: (images) => darker(images),
    interpolate: (a) => a,
    interpolateCalls: (a) => testDraw(a),
    call: () => ({}),
    encode,
    encodeCalls: (images, at) => testDraw(encode(images, at)),
    decode,
    decodeCalls: (z) => testDraw(decode(z)),
    dispose: () => undefined,
  };
}
