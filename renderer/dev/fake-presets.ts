/** Made-up presets for the window in a plain browser. */
import type { Preset } from '../../core/config/model.ts';

function preset(
  name: string,
  title: string,
  description: string,
  size: number,
  channels: 1 | 3,
  steps: number,
  batchSize: number,
): Preset {
  return {
    format: 'covae-preset',
    version: 1,
    name,
    title,
    description,
    config: {
      network: {
        imageSize: size,
        channels,
        modelChannels: 32,
        multipliers: [1, 2, 2],
        blocks: 1,
        attentionResolutions: [7],
        zChannels: 1,
        finalDim: null,
        dropout: 0,
        classes: 0,
      },
      objective: {
        variant: 'covae',
        sigmaMin: 0.05,
        sigmaMax: 3,
        rho: 7,
        timeScale: 'karras',
        stepSchedule: 'exp',
        startScales: 2,
        endScales: 64,
        loss: 'huber',
        adversarial: null,
        denoiserLoss: 'l2',
        target: 'online',
        categories: null,
        lambdaDenoiser: 0.1,
        recWeight: 'linear',
        klWeight: 'square',
      },
      training: {
        steps,
        batchSize,
        learningRate: name === 'tiny' ? 0.001 : 0.0001,
        warmupSteps: 50,
        learningRateSchedule: 'cosine',
        optimizer: 'radam',
        weightDecay: 0,
        accumulate: 1,
        binarise: false,
        labelDropout: 0.1,
        clipNorm: 200,
        emaRate: 0.995,
        horizontalFlip: false,
        precision: 'float32',
        logEvery: 10,
        sampleEvery: 100,
        checkpointEvery: 500,
        checkpointMinutes: 10,
      },
    },
  };
}

/** The presets of every scene. */
export const PRESETS: readonly Preset[] = [
  preset('tiny', 'Tiny', 'Learns small grey images in minutes on two processor cores.', 28, 1, 3_000, 32),
  preset('mnist', 'MNIST', 'The paper’s settings for handwritten digits. Takes a GPU.', 28, 1, 400_000, 128),
  preset(
    'cifar10',
    'CIFAR-10',
    'The paper’s settings for small colour images of things.',
    32,
    3,
    400_000,
    512,
  ),
  preset('celeba64', 'CelebA 64', 'The paper’s settings for faces. Takes a large GPU.', 64, 3, 400_000, 400),
];
