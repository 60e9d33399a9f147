import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { elementCount } from '../../shape.ts';
import { covaeModel } from '../../covae/model.ts';
import type { ImageBatch } from '../../data/dataset.ts';
import { inferenceFunctions } from '../../explore/inference-functions.ts';
import { ProgramGenerator } from '../../explore/generator.ts';
import { latentShape } from '../../config/network.ts';
import { initialValues } from '../../nn/parameters.ts';
import type { RunManifest } from '../../run/manifest.ts';
import { loadPreset } from '../../config/presets.ts';
import { eagerProgram } from '../../tensor/eager.ts';
import type { Generator, Latents, TimePoint } from '../../explore/api.ts';
import { type ModelConfig, ModelConfigSchema } from '../../config/model.ts';
import { DiagnosticsSchema } from '../../run/diagnostics.ts';
import { diagnose, measuredSize } from './diagnose.ts';

const SIZE = 4;

async function smallConfig(): Promise<ModelConfig> {
  const { network, objective, training, augment } = (await loadPreset('smoke')).config;
  return {
    network: { ...network, imageSize: SIZE, multipliers: [1, 1], zChannels: 2 },
    objective,
    training: { ...training, batchSize: 64, sampleEvery: 1000 },
    augment,
  };
}

/** Images of one brightness each. */
function plain(levels: readonly number[]): ImageBatch {
  const data = Uint8Array.from(levels.flatMap((level) => new Array<number>(SIZE * SIZE).fill(level)));
  return { count: levels.length, height: SIZE, width: SIZE, channels: 1, data };
}

function notNeeded(): never {
  throw new Error('not needed');
}

/**
 * Encodes an image as its brightness in [−1, 1] in all values, with the width 1 + t, and decodes it `fault` levels of
 * grey too bright, more so with each time index.
 */
class FakeGenerator implements Generator {
  readonly remarks = [];
  readonly step = 7;
  readonly timeSteps = Float32Array.of(0, 0.5, 1, 2);
  readonly manifest: RunManifest;
  fault = 0;
  encoded: ImageBatch | null = null;
  calls = 0;

  constructor(config: ModelConfig) {
    this.manifest = { id: 'run-1', seed: 5, config } as RunManifest;
  }

  encode(images: ImageBatch, at: TimePoint): Latents {
    this.calls++;
    this.encoded = images;
    const t = 'timeIndex' in at ? (this.timeSteps[at.timeIndex] ?? NaN) : at.t;
    const shape = latentShape(this.manifest.config.network);
    const values = elementCount(shape);
    const mu = Float32Array.from(
      { length: images.count * values },
      (_, i) => (images.data[Math.floor(i / values) * SIZE * SIZE] ?? 0) / 127.5 - 1,
    );
    return { count: images.count, shape, mu, std: mu.map(() => 1 + t) };
  }

  decode(z: Float32Array, at: TimePoint): ImageBatch {
    const index = 'timeIndex' in at ? at.timeIndex : NaN;
    const images = this.encoded;
    if (images === null || z.length !== images.count * 8) throw new Error('decoded something else');
    return { ...images, data: images.data.map((pixel) => pixel + this.fault * index) };
  }

  sample(): ImageBatch {
    return plain([0, 60, 0, 60]);
  }

  readonly sampleCalls = notNeeded;
  readonly reconstruct = notNeeded;
  readonly interpolate = notNeeded;
  readonly interpolateCalls = notNeeded;
  readonly encodeCalls = notNeeded;
  readonly decodeCalls = notNeeded;
  readonly call = notNeeded;

  dispose(): void {
    // Holds nothing.
  }
}

describe('diagnose', () => {
  it('measures what is known of a made-up model', async () => {
    const generator = new FakeGenerator(await smallConfig());
    generator.fault = 3;
    const images = plain([0, 120, 0, 120]);
    const found = await diagnose(generator, images, 700);
    expect(found).toMatchObject({ step: 700, images: 4, t: [0.5, 1, 2] });
    expect(found.spread).toBeCloseTo(0.5, 10);

    const pixel = 3 / 127.5;
    found.imageError.forEach(({ mean, std }, i) => {
      expect(mean).toBeCloseTo(SIZE * SIZE * (pixel * (i + 1)) ** 2, 10);
      expect(std).toBeCloseTo(0, 10);
    });
    // Each time against the one before, the first against the image.
    for (const { mean } of found.stepError) expect(mean).toBeCloseTo(SIZE * SIZE * pixel ** 2, 10);

    const bright = 120 / 127.5 - 1;
    const kl = (m: number, s: number) => 8 * (0.5 * (s * s + m * m - 1) - Math.log(s));
    found.t.forEach((t, i) => {
      const values = [kl(-1, 1 + t), kl(bright, 1 + t)] as const;
      expect(found.kl[i]?.mean).toBeCloseTo((values[0] + values[1]) / 2, 4);
      expect(found.kl[i]?.std).toBeCloseTo(Math.abs(values[0] - values[1]) / 2, 4);
      expect(found.mu[i]).toBeCloseTo((1 + Math.abs(bright)) / 2, 5);
      expect(found.std[i]).toBeCloseTo(1 + t, 5);
      expect(found.activeUnits[i]).toBe(1);
    });
    // Eight values of variance (1 + t)² beside their means.
    expect(found.latentNorm[2]).toBeGreaterThan(found.latentNorm[0] ?? Infinity);
    expect(found.latentNorm[2]).toBeLessThan(3 * 3 * 8);
    const again = await diagnose(generator, images, 700);
    expect(again).toEqual(found);
  });

  it('measures samples that were drawn already', async () => {
    const generator = new FakeGenerator(await smallConfig());
    const found = await diagnose(generator, plain([0, 120]), 1, plain([0, 0, 0]));
    expect(found.spread).toBe(0);
  });

  it('has numbers for JSON even when the model has none', async () => {
    const generator = new FakeGenerator(await smallConfig());
    const encode = generator.encode.bind(generator);
    generator.encode = (images, at) => {
      const latents = encode(images, at);
      return { ...latents, mu: latents.mu.fill(Infinity), std: latents.std.fill(NaN) };
    };
    const found = await diagnose(generator, plain([0, 120]), 1);
    expect(v.is(DiagnosticsSchema, JSON.parse(JSON.stringify(found)))).toBe(true);
    expect(found.kl[0]?.mean).toBe(Number.MAX_VALUE);
  });

  it('lets other work have its turn', async () => {
    const generator = new FakeGenerator(await smallConfig());
    const seen: number[] = [];
    const work = setInterval(() => seen.push(generator.calls), 0);
    const images = plain(Array.from({ length: 64 }, (_, i) => i));
    for (let i = 0; i < 20; i++) await diagnose(generator, images, 1);
    clearInterval(work);
    expect(new Set(seen).size).toBeGreaterThan(5);
  });

  it.each([
    ['Gaussian', {}],
    ['categorical', { categories: 4 }],
    [
      's-CoVAE',
      {
        ...{ variant: 's-covae', kernel: 'li', loss: 'huber', denoiserLoss: 'huber' },
        ...{ sigmaMin: 0.002, sigmaMax: 80, rho: 7, stepSchedule: 'exp', startScales: 2, endScales: 4 },
        ...{ sigmaData: 0.5, timeSampling: 'uniform', pMean: 0, pStd: 1 },
        ...{ normStrength: 0.001, normWeight: 'fixed' },
      },
    ],
    ['β-VAE', { variant: 'beta-vae', loss: 'bce', beta: 1 }],
  ])('measures a real network, %s', async (kind, objective) => {
    const small = await smallConfig();
    const config = v.parse(ModelConfigSchema, {
      network: { ...small.network, modelChannels: 4, imageSize: 8 },
      objective: 'variant' in objective ? objective : { ...small.objective, ...objective },
      training: small.training,
    });
    const model = covaeModel(config.network, config.objective);
    const weights = initialValues(model.plan.layout, 1).map((w, i) => w + 0.2 * Math.sin(i));
    const state = { shape: [weights.length], data: weights };
    const program = eagerProgram({ ema: state, parameters: state }, inferenceFunctions(model));
    const manifest = { id: 'run-1', seed: 2, config } as RunManifest;
    const generator = new ProgramGenerator(
      manifest,
      program,
      () => 0,
      () => program.dispose(),
    );
    const data = Uint8Array.from({ length: 16 * 64 }, (_, i) => (i * 37 + (i >> 6) * 11) % 256);
    const found = await diagnose(generator, { count: 16, height: 8, width: 8, channels: 1, data }, 3);
    expect(v.is(DiagnosticsSchema, JSON.parse(JSON.stringify(found)))).toBe(true);
    const times = { Gaussian: 9, categorical: 9, 's-CoVAE': 5, 'β-VAE': 1 }[kind];
    expect(found.t).toHaveLength(times ?? NaN);
    expect(found.images).toBe(16);
    for (const { mean } of found.imageError) expect(mean).toBeGreaterThan(0);
    for (const share of found.activeUnits) expect(share).toBeLessThanOrEqual(1);
    expect(found.spread).toBeGreaterThan(0);
    if (kind === 'categorical') expect(found.latentNorm[0]).toBeCloseTo(Math.sqrt(32 / 4), 5);
    if (kind === 's-CoVAE') expect(found.std.at(-1)).toBeCloseTo(80, 3);
    generator.dispose();
  });
});

describe('measuredSize', () => {
  const all = { images: 64, times: 257 };

  it('is everything where steps are dear and measuring is rare', () => {
    expect(measuredSize({ batchSize: 128, sampleEvery: 1000 }, all)).toEqual({ images: 64, times: 16 });
    expect(measuredSize({ batchSize: 128, sampleEvery: 1000 }, { images: 10, times: 1 })).toEqual({
      images: 10,
      times: 1,
    });
  });

  it('stays within a twentieth of the training, in whole batches', () => {
    for (const batchSize of [8, 16, 32, 100]) {
      for (const sampleEvery of [50, 100, 200, 777]) {
        for (const times of [1, 5, 9, 257]) {
          const size = measuredSize({ batchSize, sampleEvery }, { images: 64, times });
          expect(size.images % 16).toBe(0);
          expect(size.times).toBeLessThanOrEqual(Math.min(16, times));
          const passes = size.images * size.times;
          if (passes > 16 * 4) {
            expect(passes).toBeLessThanOrEqual(0.05 * 2.5 * batchSize * sampleEvery);
          }
        }
      }
    }
  });

  it('has a floor', () => {
    expect(measuredSize({ batchSize: 1, sampleEvery: 1 }, all)).toEqual({ images: 16, times: 4 });
  });
});
