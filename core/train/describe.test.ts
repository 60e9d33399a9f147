import { describe, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import type { AdversarialConfig } from '../config/objective.ts';
import type { ModelConfig } from '../config/model.ts';
import { describeModel, type ModelDescription } from './describe.ts';

async function mnist(): Promise<ModelConfig> {
  return (await loadPreset('mnist')).config;
}

/** Sum over layers of one kind of number, all parts or those given. */
function sum(
  { layers }: ModelDescription,
  key: 'parameters' | 'forward' | 'backward' | 'kept',
  ...parts: string[]
): number {
  return layers
    .filter(({ part }) => parts.length === 0 || parts.includes(part))
    .reduce((total, layer) => total + layer[key], 0);
}

const adversarial: AdversarialConfig = {
  warmupSteps: 0,
  weight: 0.05,
  filters: 64,
  rampShare: 1,
  rateRatio: 1,
  samples: 0,
};

describe('what a training step needs', () => {
  it('counts two passes forward and one back for CoVAE, with an embedding for each network', async () => {
    const config = await mnist();
    const description = describeModel(config);
    const { work, parameters, latent } = description;
    const images = config.training.batchSize;
    const forward = sum(description, 'forward') + sum(description, 'forward', 'embedding');
    const backward = sum(description, 'backward') + sum(description, 'backward', 'embedding');
    expect(work).toEqual({
      forward: images * forward,
      target: images * forward,
      backward: images * backward,
      discriminator: 0,
      total: images * (2 * forward + backward),
      flops: 2 * images * (2 * forward + backward),
    });
    expect(latent).toEqual([7, 7, 1]);
    expect(parameters).toEqual({
      total: 8_735_372,
      embedding: 82_432,
      encoder: 3_784_328,
      decoder: 4_868_612,
    });
  });

  it('encodes once for s-CoVAE and makes no target for the β-VAE', async () => {
    const config = await mnist();
    const simple: ModelConfig = {
      ...config,
      objective: {
        variant: 's-covae',
        loss: 'huber',
        adversarial: null,
        sigmaMin: 0.002,
        sigmaMax: 80,
        rho: 7,
        stepSchedule: 'exp',
        startScales: 10,
        endScales: 1280,
        denoiserLoss: 'l2',
        target: 'online',
        kernel: 've',
        sigmaData: 0.5,
        timeSampling: 'lognormal',
        pMean: -1.1,
        pStd: 2,
        normStrength: 0.001,
        normWeight: 'fixed',
      },
    };
    const description = describeModel(simple);
    const images = config.training.batchSize;
    expect(description.work.forward).toBe(images * sum(description, 'forward'));
    expect(description.work.target).toBe(images * sum(description, 'forward', 'decoder', 'embedding'));
    const plain: ModelConfig = {
      ...config,
      objective: { variant: 'beta-vae', loss: 'l2', adversarial: null, beta: 1, categories: null },
    };
    expect(describeModel(plain).work.target).toBe(0);
    // One image instead of two: the last convolution is half as wide.
    expect(describeModel(plain).layers.at(-1)?.shape).toEqual([28, 28, 1]);
  });

  it('adds the discriminator, which is not one of the networks’ parameters', async () => {
    const config = await mnist();
    const withDiscriminator = describeModel({ ...config, objective: { ...config.objective, adversarial } });
    const alone = describeModel(config);
    expect(withDiscriminator.parameters.total).toBe(alone.parameters.total);
    expect(withDiscriminator.parameters.discriminator).toBe(
      sum(withDiscriminator, 'parameters', 'discriminator'),
    );
    // Forward on samples for the generator, on samples and images for itself; back twice and once for the input.
    const once = sum(withDiscriminator, 'forward', 'discriminator');
    const back = sum(withDiscriminator, 'backward', 'discriminator');
    expect(withDiscriminator.work.discriminator).toBe(config.training.batchSize * (4 * once + 2 * back));
    expect(withDiscriminator.memory.weights - alone.memory.weights).toBe(
      12 * (withDiscriminator.parameters.discriminator ?? 0),
    );
  });

  it('adds the drawing of samples from noise where the discriminator judges these too', async () => {
    const config = await mnist();
    const withSamples = (samples: number): ModelDescription =>
      describeModel({
        ...config,
        objective: { ...config.objective, adversarial: { ...adversarial, samples } },
      });
    const [plain, judged] = [withSamples(0), withSamples(1)];
    const once = sum(judged, 'forward', 'discriminator');
    const back = sum(judged, 'backward', 'discriminator');
    // One more pass of the decoder there and back; through the discriminator for the decoder, and for its own weights.
    const drawn =
      sum(judged, 'forward', 'decoder', 'embedding') + sum(judged, 'backward', 'decoder', 'embedding');
    const images = config.training.batchSize;
    expect(judged.work.discriminator - plain.work.discriminator).toBe(images * (drawn + 3 * once + back));
    expect(judged.work.total - plain.work.total).toBe(images * (drawn + 3 * once + back));
    expect(judged.memory.activations - plain.memory.activations).toBe(
      4 * images * sum(judged, 'kept', 'decoder', 'embedding', 'discriminator'),
    );
    expect(withSamples(2).work).toEqual(judged.work);
  });

  it('holds four vectors of weights, six more in the update, and what each example keeps', async () => {
    const config = await mnist();
    const { memory, parameters } = describeModel(config);
    expect(memory.weights).toBe(16 * parameters.total);
    expect(memory.update).toBe(24 * parameters.total);
    expect(memory.total).toBe(memory.weights + memory.update + memory.activations);
    // 35.9 MB an image were measured in compiled steps of this preset.
    const measured = memory.activations / config.training.batchSize / 35.9e6;
    expect(measured).toBeGreaterThan(0.9);
    expect(measured).toBeLessThan(1.1);
    const parts = describeModel({ ...config, training: { ...config.training, accumulate: 4 } }).memory;
    expect(parts.activations).toBe(memory.activations / 4);
    expect(parts.update).toBe(memory.update + 4 * parameters.total);
    const dry = describeModel({ ...config, network: { ...config.network, dropout: 0 } }).memory;
    expect(dry.activations).toBeLessThan(memory.activations);
  });
});
