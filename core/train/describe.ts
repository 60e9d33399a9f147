/** What a configuration amounts to: its layers, and what one training step needs of memory and work. */
import { covaeModel } from '../covae/model.ts';
import { latentShape } from '../config/network.ts';
import { judgesSamples } from '../config/objective.ts';
import {
  describeAutoencoder,
  describeDiscriminator,
  type LayerDescription,
  type Part,
} from '../nn/describe.ts';
import type { ModelConfig } from '../config/model.ts';

const FLOAT_BYTES = 4;
/** Weights, their average, two moments; held all the time. */
const HELD_VECTORS = 4;
/** The discriminator has no average. */
const HELD_BY_DISCRIMINATOR = 3;
/** The gradient, the same clipped, and the new weights, average and moments before they take the old ones' place. */
const UPDATE_VECTORS = 6;
const UPDATE_OF_DISCRIMINATOR = 4;

export interface ModelDescription {
  /** In the order of execution; the discriminator's last. */
  layers: LayerDescription[];
  /** Trained values of each part that there is, and of all but the discriminator. */
  parameters: { total: number } & Partial<Record<Part, number>>;
  latent: number[];
  /**
   * Estimated bytes of a training step at the configured batch, for float32. Measured on a CPU, a step took up to
   * 0.2 GB more, the library's own included (1.5 to 83 million parameters, batches of 1 to 32).
   */
  memory: {
    /** Weights, averages and moments. */
    weights: number;
    /** What the optimiser's update holds besides. */
    update: number;
    /** What the forward pass keeps for the gradient, for all examples that are computed at once. */
    activations: number;
    total: number;
  };
  /**
   * Multiply-adds of convolutions and matrix products in one step (one FLOP each for product and sum), when every
   * example's target takes a pass of its own: examples with r = 0 need none.
   */
  work: {
    forward: number;
    target: number;
    backward: number;
    /** With it, drawing the samples that it judges. */
    discriminator: number;
    total: number;
    flops: number;
  };
}

/** Counts a configuration; nothing is computed with tensors. */
export function describeModel(config: ModelConfig): ModelDescription {
  const { network, objective, training } = config;
  const model = covaeModel(network, objective);
  const { discriminator } = model;
  const networks = describeAutoencoder(model.plan);
  const discriminatorLayers = discriminator ? describeDiscriminator(discriminator, network.imageSize) : [];
  const sum = (layers: readonly LayerDescription[], key: 'parameters' | 'forward' | 'backward' | 'kept') =>
    layers.reduce((total, layer) => total + layer[key], 0);
  const of = (part: Part) => networks.filter((layer) => layer.part === part);

  const { batchSize, accumulate } = training;
  // Encoder and decoder each embed their time; s-CoVAE's encoder is told none, and those of two levels share it.
  const extra = objective.variant === 's-covae' || model.plan.lower ? [] : of('embedding');
  const forward = sum(networks, 'forward') + sum(extra, 'forward');
  const backward = sum(networks, 'backward') + sum(extra, 'backward');
  const decoder = [...of('decoder'), ...of('embedding')];
  const decoding = sum(decoder, 'forward');
  // s-CoVAE's code is the same at t and r; the β-VAE's target is the image.
  const target = { covae: forward, 's-covae': decoding, 'beta-vae': 0 }[objective.variant];
  const judging = sum(discriminatorLayers, 'forward');
  const learning = judging + sum(discriminatorLayers, 'backward');
  // What the decoder puts out through it and the gradient back to that; then the same and images, for its own weights.
  const ofEncodings = 2 * judging + 2 * learning;
  const isSampled = judgesSamples(objective);
  const samples = isSampled ? decoder : [];
  const drawing = sum(samples, 'forward') + sum(samples, 'backward');
  const ofSamples = isSampled ? drawing + 2 * judging + learning : 0;
  const discriminating = ofEncodings + ofSamples;
  const total = batchSize * (forward + target + backward + discriminating);

  const size = sum(networks, 'parameters');
  const discriminatorSize = sum(discriminatorLayers, 'parameters');
  const weights = (HELD_VECTORS * size + HELD_BY_DISCRIMINATOR * discriminatorSize) * FLOAT_BYTES;
  const accumulated = accumulate > 1 ? 1 : 0;
  const update =
    ((UPDATE_VECTORS + accumulated) * size + (UPDATE_OF_DISCRIMINATOR + accumulated) * discriminatorSize) *
    FLOAT_BYTES;
  // The discriminator's own pass begins when the networks' activations are gone.
  const examples = batchSize / accumulate;
  const activations =
    examples *
    FLOAT_BYTES *
    (sum(networks, 'kept') +
      sum(extra, 'kept') +
      sum(samples, 'kept') +
      sum(discriminatorLayers, 'kept') * (isSampled ? 2 : 1));
  return {
    layers: [...networks, ...discriminatorLayers],
    parameters: {
      total: size,
      embedding: sum(of('embedding'), 'parameters'),
      encoder: sum(of('encoder'), 'parameters'),
      decoder: sum(of('decoder'), 'parameters'),
      ...(discriminator && { discriminator: discriminatorSize }),
    },
    latent: latentShape(network),
    memory: { weights, update, activations, total: weights + update + activations },
    work: {
      forward: batchSize * forward,
      target: batchSize * target,
      backward: batchSize * backward,
      discriminator: batchSize * discriminating,
      total,
      flops: 2 * total,
    },
  };
}
