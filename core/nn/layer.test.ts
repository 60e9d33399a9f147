import { describe, expect, it } from 'vitest';
import type { NetworkConfig } from '../config/network.ts';
import { latentShape } from '../config/network.ts';
import { eagerProgram } from '../tensor/eager.ts';
import { tensorNamed, type InputSpec, type ProgramFunction } from '../tensor/program.ts';
import { summaryOf } from '../tensor/summary.ts';
import { tf, type Tensor1D, type Tensor2D } from '../tensor/tf.ts';
import { traceFunction } from '../tensor/trace.ts';
import { planAutoencoder } from './autoencoder.ts';
import { describeLayers } from './describe.ts';
import { planDiscriminator } from './discriminator.ts';
import { noDropout } from './dropout.ts';
import { parametersOf, runLayers, type Layer, type PlainLayer } from './layer.ts';
import { conv } from './layers.ts';
import { layOut, parameter, unflatten } from './parameters.ts';

const network: NetworkConfig = {
  imageSize: 16,
  channels: 3,
  modelChannels: 8,
  multipliers: [1, 2],
  patch: 1,
  blocks: 1,
  decoderMultipliers: null,
  decoderBlocks: null,
  attentionResolutions: [16],
  zChannels: 5,
  finalDim: 5,
  latentPool: 'mean',
  latentLevels: 1,
  dropout: 0.2,
  classes: 3,
  augment: false,
};

/** What a layer does when it runs, as it is recorded: the shape it gives and its multiply-adds. */
function recorded<C>(layer: Layer<C>, shape: readonly number[], context: (embedding: Tensor2D) => C) {
  const embedding = 'an embedding';
  const specs = new Map<string, InputSpec>([
    ...layer.parameters.map((spec) => [spec.name, { shape: spec.shape, dtype: 'float32' }] as const),
    [embedding, { shape: [2, 4 * network.modelChannels], dtype: 'float32' }],
  ]);
  const definition: ProgramFunction = {
    inputs: { x: { shape: [2, ...shape], dtype: 'float32' } },
    run: (state, inputs) => ({
      outputs: {
        y: layer.forward(state, tensorNamed(inputs, 'x'), context(tensorNamed<Tensor2D>(state, embedding))),
      },
    }),
  };
  const { ops, outputs } = traceFunction('layer', definition, specs);
  // Of a batch of two, and a multiply-add is two operations.
  return { shape: outputs.get('y')?.shape.slice(1), multiplyAdds: summaryOf(ops).flops / 4 };
}

/** Each layer's own account beside what it does, along a list of layers. */
function accounts<C>(
  layers: readonly Layer<C>[],
  input: readonly number[],
  context: (embedding: Tensor2D) => C,
): { name: string; declared: unknown; done: unknown }[] {
  let shape = input;
  return layers.map((layer) => {
    const { shape: next, multiplyAdds } = layer.cost(shape);
    const done = recorded(layer, shape, context);
    shape = next;
    return { name: layer.name, declared: { shape: next, multiplyAdds }, done };
  });
}

describe('the cost of a layer', () => {
  const plain = planAutoencoder({ ...network, zChannels: 2, finalDim: null }, 6);
  const vector = planAutoencoder(network, 3);
  const pooled = planAutoencoder({ ...network, latentPool: 'dense' }, 3);
  const patches = planAutoencoder({ ...plain.network, patch: 2, attentionResolutions: [8] }, 6);
  const inBlocks = (embedding: Tensor2D) => ({ embedding, dropout: noDropout });
  const cases = {
    'the time embedding': accounts(plain.time, [network.modelChannels], () => undefined),
    'the label': accounts([plain.label!], [network.classes], () => undefined),
    'the encoder': accounts(plain.encoder, [16, 16, 3], inBlocks),
    'the decoder': accounts(plain.decoder, latentShape(plain.network), inBlocks),
    'the encoder of patches': accounts(patches.encoder, [16, 16, 3], inBlocks),
    'the decoder of patches': accounts(patches.decoder, latentShape(patches.network), inBlocks),
    'the encoder of a vector': accounts(vector.encoder, [16, 16, 3], inBlocks),
    'the encoder of a vector by a dense layer': accounts(pooled.encoder, [16, 16, 3], inBlocks),
    'the decoder of a vector': accounts(vector.decoder, latentShape(network), inBlocks),
    'the discriminator': accounts(planDiscriminator(3, 4).layers, [33, 32, 3], () => []),
  };

  it.each(Object.entries(cases))('is what it computes, and its shape what it gives: %s', (_, layers) => {
    expect(layers.map(({ name, declared }) => ({ name, ...(declared as object) }))).toEqual(
      layers.map(({ name, done }) => ({ name, ...(done as object) })),
    );
  });
});

describe('patches', () => {
  const { encoder, decoder } = planAutoencoder({ ...network, patch: 2, finalDim: null, zChannels: 2 }, 3);
  const [into, outOf] = [encoder[0]!, decoder.at(-1)!] as unknown as [PlainLayer, PlainLayer];
  const numbers = tf.reshape(tf.range(0, 48), [1, 4, 4, 3]);

  it('hold the pixels of a square as channels, as PyTorch does', () => {
    // torch.nn.functional.pixel_unshuffle(torch.arange(48.).reshape(1, 4, 4, 3).permute(0, 3, 1, 2), 2), channels last
    const first = [0, 3, 12, 15, 1, 4, 13, 16, 2, 5, 14, 17];
    const last = [30, 33, 42, 45, 31, 34, 43, 46, 32, 35, 44, 47];
    const y = into.forward({}, numbers);
    expect(y.shape).toEqual([1, 2, 2, 12]);
    expect([...y.dataSync()].slice(0, 12)).toEqual(first);
    expect([...y.dataSync()].slice(-12)).toEqual(last);
  });

  it('come back as they were', () => {
    const back = outOf.forward({}, into.forward({}, numbers));
    expect(back.shape).toEqual([1, 4, 4, 3]);
    expect([...back.dataSync()]).toEqual([...numbers.dataSync()]);
  });
});

it('a map is laid out for the dense layer of a vector latent as PyTorch does', () => {
  const { encoder } = planAutoencoder({ ...network, latentPool: 'dense' }, 3);
  const [flatten, last] = encoder.slice(-2) as unknown as [PlainLayer, PlainLayer];
  // torch.arange(24.).reshape(1, 2, 3, 4).permute(0, 3, 1, 2).flatten(1)
  const order = [0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23];
  const y = flatten.forward({}, tf.reshape(tf.range(0, 24), [1, 2, 3, 4]));
  expect(y.shape).toEqual([1, 24]);
  expect([...y.dataSync()]).toEqual(order);
  expect(last.parameters[0]?.shape).toEqual([10, 10 * 8 * 8]);
});

describe('a layer of a new kind', () => {
  /** x·w, one factor a channel. */
  const scaling = (name: string, channels: number): PlainLayer => ({
    name,
    kind: 'scaling',
    parameters: [
      { name: `${name}.weight`, shape: [channels], torchShape: [channels], initialiser: { kind: 'ones' } },
    ],
    forward: (parameters, x) => tf.mul(x, parameter(parameters, `${name}.weight`)),
    cost: (shape) => ({ shape, multiplyAdds: 0, kept: 0 }),
  });

  it('is laid out, run, differentiated and described by its definition alone', () => {
    const layers = [conv('first', 1, 2, 1), scaling('second', 2)];
    const layout = layOut(parametersOf(layers));
    expect(layout.specs.map(({ name }) => name)).toEqual(['first.weight', 'first.bias', 'second.weight']);
    const program = eagerProgram(
      { flat: { shape: [layout.size], data: Float32Array.of(2, 3, 10, 20, 5, 7) } },
      {
        run: {
          inputs: { x: { shape: [1, 1, 1, 1], dtype: 'float32' } },
          run: (state, inputs) => {
            const x = tensorNamed(inputs, 'x');
            const y = (flat: Tensor1D) => runLayers(layers, unflatten(layout, flat), x, undefined);
            const flat = tensorNamed<Tensor1D>(state, 'flat');
            return { outputs: { y: y(flat), gradient: tf.grad((at) => tf.sum(y(at as Tensor1D)))(flat) } };
          },
        },
      },
    );
    const { y, gradient } = program.call('run', { x: Float32Array.of(4) });
    program.dispose();
    expect([...y!.data]).toEqual([5 * (4 * 2 + 10), 7 * (4 * 3 + 20)]);
    expect([...gradient!.data]).toEqual([20, 28, 5, 7, 18, 32]);
    expect(
      describeLayers('encoder', layers, [1, 1, 1], 'data').map(({ kind, parameters }) => [kind, parameters]),
    ).toEqual([
      ['conv 1×1', 4],
      ['scaling', 2],
    ]);
  });
});
