import { expect, it } from 'vitest';
import { ModelConfigSchema } from '../config/model.ts';
import { loadPreset } from '../config/presets.ts';
import * as v from 'valibot';
import { tf, type Tensor1D } from '../tensor/tf.ts';
import { planAutoencoder, timeEmbedding } from './autoencoder.ts';

const CLASSES = 10;

// Karras et al.'s networks (2022, appendix F of the code release) scale one-hot labels by the root of their number, 3.162….
it('adds the vector of a class, times the root of the number of classes', async () => {
  const { config } = await loadPreset('smoke');
  const { network } = v.parse(ModelConfigSchema, {
    ...config,
    network: { ...config.network, classes: CLASSES },
  });
  const plan = { ...planAutoencoder(network, network.channels), time: [] };
  const channels = network.modelChannels;
  const weight = tf.randomNormal([channels, CLASSES], 0, 1, 'float32', 7);
  const parameters = Object.fromEntries(
    (plan.label?.parameters ?? []).map(({ name, shape }) => [
      name,
      shape.length === 1 ? tf.fill([...shape], 0.5) : weight,
    ]),
  );
  const t = tf.tensor1d([1, 1, 1]);
  const labels = tf.tensor1d([7, 0, -1], 'int32') as Tensor1D;
  const raw = timeEmbedding(plan, parameters, t, labels);
  const none = timeEmbedding(plan, parameters, t);
  const added = tf.sub(raw, none).arraySync() as number[][];
  const rows = weight.arraySync() as number[][];
  [7, 0].forEach((label, row) =>
    added[row]!.forEach((value, i) => expect(value).toBeCloseTo(3.16227766 * rows[i]![label]!, 5)),
  );
  expect(added[2]).toEqual(Array.from({ length: channels }, () => 0));
});
