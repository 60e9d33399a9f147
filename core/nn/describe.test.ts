import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { planAutoencoder } from './autoencoder.ts';
import type { NetworkConfig } from '../config/network.ts';
import { describeAutoencoder, describeDiscriminator, type LayerDescription } from './describe.ts';
import { planDiscriminator } from './discriminator.ts';

// Counted by PyTorch on the official implementation; see count_flops.py there.
const CountsSchema = v.object({
  cases: v.record(
    v.string(),
    v.object({
      parameters: v.number(),
      forward: v.number(),
      filters: v.number(),
      upSkips: v.number(),
      forwardAndBackward: v.number(),
    }),
  ),
});
const counts = v.parse(
  CountsSchema,
  JSON.parse(fs.readFileSync(path.join(__dirname, 'testdata', 'flops.json'), 'utf8')),
).cases;

const base = {
  finalDim: null,
  latentPool: 'mean',
  latentLevels: 1,
  dropout: 0,
  classes: 0,
  augment: false,
} as const;
const networks: Record<string, { network: NetworkConfig; outChannels: number }> = {
  mnist: {
    network: {
      ...base,
      imageSize: 28,
      channels: 1,
      modelChannels: 64,
      multipliers: [2, 2, 2],
      patch: 1,
      blocks: 2,
      decoderMultipliers: null,
      decoderBlocks: null,
      attentionResolutions: [14],
      zChannels: 1,
    },
    outChannels: 2,
  },
  cifar10: {
    network: {
      ...base,
      imageSize: 32,
      channels: 3,
      modelChannels: 128,
      multipliers: [2, 2, 4],
      patch: 1,
      blocks: 4,
      decoderMultipliers: null,
      decoderBlocks: null,
      attentionResolutions: [16, 8],
      zChannels: 16,
    },
    outChannels: 6,
  },
  celeba64: {
    network: {
      ...base,
      imageSize: 64,
      channels: 3,
      modelChannels: 128,
      multipliers: [1, 2, 2, 4],
      patch: 1,
      blocks: 2,
      decoderMultipliers: null,
      decoderBlocks: null,
      attentionResolutions: [16, 8],
      zChannels: 64,
    },
    outChannels: 6,
  },
  vector: {
    network: {
      ...base,
      imageSize: 16,
      channels: 3,
      modelChannels: 12,
      multipliers: [1, 3],
      patch: 1,
      blocks: 1,
      decoderMultipliers: null,
      decoderBlocks: null,
      attentionResolutions: [16],
      zChannels: 5,
      finalDim: 5,
    },
    outChannels: 3,
  },
};

const sum = (layers: readonly LayerDescription[], key: 'parameters' | 'forward' | 'backward'): number =>
  layers.reduce((total, layer) => total + layer[key], 0);

describe('the description of an autoencoder', () => {
  it.each(Object.entries(networks))(
    'counts %s as PyTorch counts the reference',
    (name, { network, outChannels }) => {
      const layers = describeAutoencoder(planAutoencoder(network, outChannels));
      const torch = counts[name]!;
      expect(sum(layers, 'parameters')).toBe(torch.parameters);
      // The reference spends FLOPs on its resampling filters, and convolves the skips at the doubled size.
      const forward = torch.forward - torch.filters - 0.75 * torch.upSkips;
      expect(2 * sum(layers, 'forward')).toBe(forward);
      const both = torch.forwardAndBackward - 2 * torch.filters - 3 * 0.75 * torch.upSkips;
      expect(2 * (sum(layers, 'forward') + sum(layers, 'backward'))).toBe(both);
    },
  );

  it('accounts for every parameter once, whatever the network', () => {
    for (const { network, outChannels } of Object.values(networks)) {
      for (const classes of [0, 10]) {
        const plan = planAutoencoder({ ...network, classes }, outChannels);
        const layers = describeAutoencoder(plan);
        expect(sum(layers, 'parameters')).toBe(plan.layout.size);
        expect(new Set(layers.map(({ name }) => name)).size).toBe(layers.length);
        expect(layers.every(({ parameters }) => parameters > 0)).toBe(true);
      }
    }
  });

  it('has the layers of a second level of latents where they run', () => {
    const network = { ...networks['mnist']!.network, latentLevels: 2 as const };
    const plan = planAutoencoder(network, 2);
    const layers = describeAutoencoder(plan);
    expect(sum(layers, 'parameters')).toBe(plan.layout.size);
    const without = describeAutoencoder(planAutoencoder({ ...network, latentLevels: 1 }, 2));
    const lower = layers.filter(({ name }) => name.includes('.lower.'));
    expect(layers.filter(({ name }) => !name.includes('.lower.'))).toEqual(without);
    expect(lower.map(({ name, shape }) => `${name}: ${shape.join('×')}`)).toEqual([
      'encoder.lower.norm_out: 14×14×128',
      'encoder.lower.conv_out: 14×14×2',
      'decoder.lower.norm_prior: 14×14×128',
      'decoder.lower.conv_prior: 14×14×2',
      'decoder.lower.conv_in: 14×14×128',
    ]);
    const [, out, , prior, into] = lower;
    for (const layer of [out, prior, into])
      expect(layer!.forward).toBe(14 * 14 * 9 * 128 * (layer === into ? 1 : 2));
    const before = (name: string) => layers[layers.findIndex((layer) => layer.name === name) + 1]?.name;
    expect(before('encoder.lower.conv_out')).toBe('encoder.enc.7x7_down');
    expect(before('decoder.dec.14x14_up')).toBe('decoder.lower.norm_prior');
    expect(before('decoder.lower.conv_in')).toBe('decoder.dec.14x14_block0');
  });

  it('gives the shapes in the order of execution', () => {
    const { network, outChannels } = networks['vector']!;
    const layers = describeAutoencoder(planAutoencoder(network, outChannels));
    expect(layers.map(({ name, kind, shape }) => `${name}: ${kind}, ${shape.join('×')}`)).toEqual([
      'map_layer0: dense, SiLU, 48',
      'map_layer1: dense, SiLU, 48',
      'encoder.enc.16x16_conv: conv 3×3, 16×16×12',
      'encoder.enc.16x16_block0: block, attention, 16×16×12',
      'encoder.enc.8x8_down: block, down, 8×8×12',
      'encoder.enc.8x8_block0: block, 8×8×36',
      'encoder.mid_block_1: block, attention, 8×8×36',
      'encoder.mid_block_2: block, 8×8×36',
      'encoder.norm_out: norm, SiLU, 8×8×36',
      'encoder.conv_out: conv 3×3, 8×8×10',
      'encoder.quant_conv: conv 1×1, 8×8×10',
      'decoder.final_dense: dense, SiLU, 320',
      'decoder.post_quant_conv: conv 1×1, 8×8×5',
      'decoder.conv_in: conv 3×3, 8×8×36',
      'decoder.dec.8x8_in0: block, attention, 8×8×36',
      'decoder.dec.8x8_in1: block, 8×8×36',
      'decoder.dec.8x8_block0: block, 8×8×36',
      'decoder.dec.8x8_block1: block, 8×8×36',
      'decoder.dec.16x16_up: block, up, 16×16×36',
      'decoder.dec.16x16_block0: block, 16×16×12',
      'decoder.dec.16x16_block1: block, attention, 16×16×12',
      'decoder.dec.16x16_aux_norm: norm, SiLU, 16×16×12',
      'decoder.dec.16x16_aux_conv: conv 3×3, 16×16×3',
    ]);
  });
});

describe('the description of a discriminator', () => {
  it('gives shapes, parameters and work', () => {
    const plan = planDiscriminator(3, 64);
    const layers = describeDiscriminator(plan, 32);
    expect(layers.map(({ name, shape }) => `${name} ${shape.join('×')}`)).toEqual([
      'main.0 16×16×64',
      'main.2 8×8×128',
      'main.5 4×4×256',
      'main.8 3×3×512',
      'main.11 2×2×1',
    ]);
    expect(sum(layers, 'parameters')).toBe(plan.layout.size);
    // Outputs × inputs × kernel.
    const first = 16 * 16 * 64 * 3 * 16;
    expect(layers[0]).toMatchObject({ forward: first, backward: first });
    expect(layers[4]?.forward).toBe(2 * 2 * 512 * 16);
  });
});
