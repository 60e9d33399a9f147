/** Drawing op by op from an untrained network: what each option does, for each kind of model. */
import { describe, expect, it, vi } from 'vitest';
import { elementCount } from '../shape.ts';
import { categoricalLatent } from '../covae/latent.ts';
import { compileProgram } from '../tensor/compile.ts';
import { normals, uniformFloats } from '../tensor/noise.ts';
import { streamSeed } from '../tensor/random.ts';
import { tf } from '../tensor/tf.ts';
import type { NetworkCall, NetworkOutputs, SampleOptions } from './api.ts';
import { gumbel, oneHotLatents } from './categorical.ts';
import { reencodingIndex } from '../schedule/time-steps.ts';
import { LARGEST_BATCH } from './chunks.ts';
import { drawInCalls, sampleInParts } from './parts.ts';
import { pixelRange } from './pixels.ts';
import { type Changes, generatorOf, someImages } from './test-generator.ts';

const PLAIN: SampleOptions = { count: 2, seed: 4, passes: 1 };

describe('two levels of latents', () => {
  const TWO: Changes = { network: { latentLevels: 2, zChannels: 2 } };
  /** 4 × 4 and 8 × 8 places. */
  const TOP = 2 * 16;
  const VALUES = 2 * (16 + 64);

  it('are one latent with a standard normal prior', async () => {
    const model = await generatorOf(TWO);
    const at = { timeIndex: model.timeSteps.length - 1 };
    const noise = Array.from({ length: 2 }, (_, i) => [
      ...normals(streamSeed(4, 'sample:0', i), VALUES),
    ]).flat();
    expect(model.sample(PLAIN).data).toEqual(model.decode(Float32Array.from(noise), at).data);
    const cooler = Float32Array.from(noise, (value) => Math.fround(0.5 * value));
    expect(model.sample({ ...PLAIN, temperature: 0.5 }).data).toEqual(model.decode(cooler, at).data);
    // Each level has a say.
    for (const level of [0, 1]) {
      const changed = Float32Array.from(noise, (value, i) =>
        i % VALUES < TOP === (level === 0) ? -value : value,
      );
      expect(model.decode(changed, at).data).not.toEqual(model.sample(PLAIN).data);
    }
    model.dispose();
  });

  it('have a posterior of the lower level that depends on the upper latent drawn', async () => {
    const model = await generatorOf(TWO);
    const images = someImages(2);
    const at = { timeIndex: 3 };
    const { mu, std, shape } = model.encode(images, at);
    expect(shape).toEqual([VALUES]);
    expect(model.encode(images, at, { noise: new Float32Array(2 * VALUES) }).mu).toEqual(mu);
    expect(model.reconstruct(images, { at }).data).toEqual(model.decode(mu, at).data);
    const noise = normals([3, 4], 2 * VALUES);
    const given = model.encode(images, at, { noise });
    expect(given.mu.subarray(0, TOP)).toEqual(mu.subarray(0, TOP));
    expect(given.mu.subarray(TOP, VALUES)).not.toEqual(mu.subarray(TOP, VALUES));
    // The prior counts too, so no posterior is wider than it.
    for (const spread of std.subarray(TOP, VALUES)) expect(spread).toBeLessThanOrEqual(1);
    // Noise of the lower level changes nothing in its own posterior.
    const upper = noise.map((value, i) => (i % VALUES < TOP ? value : 0));
    expect(model.encode(images, at, { noise: upper }).mu).toEqual(given.mu);
    // A reconstruction that is drawn is drawn from that posterior.
    const drawn = [5, 6].map((image) => [...normals(streamSeed(9, 'reconstruction', image), VALUES)]).flat();
    const own = model.encode(images, at, { noise: Float32Array.from(drawn) });
    const z = own.mu.map((mean, i) => mean + (own.std[i] ?? 0) * (drawn[i] ?? 0));
    expect(model.reconstruct(images, { at, drawn: { seed: 9, start: 5 } }).data).toEqual(
      model.decode(z, at).data,
    );
    model.dispose();
  });

  it('draw again with the noise they were encoded with, image by image, compiled as op by op', async () => {
    const [eager, compiled] = [await generatorOf(TWO), await generatorOf(TWO, compileProgram)];
    const asked = { count: 3, seed: 4, passes: 2 };
    const samples = eager.sample(asked).data;
    expect(eager.sample({ ...asked, start: 2, count: 1 }).data).toEqual(samples.subarray(128));
    const same = compiled.sample(asked).data;
    expect(Math.max(...same.map((value, i) => Math.abs(value - (samples[i] ?? 0))))).toBeLessThanOrEqual(1);
    // By hand: noise decoded at the top, encoded with the second pass's noise, drawn with it and decoded.
    const { objective } = eager.manifest.config;
    const call = (name: string, timeIndex: number, inputs: Record<string, Float32Array>) => {
      const t = Float32Array.of(eager.timeSteps[timeIndex]!);
      return eager.call({ name, inputs: { ...inputs, t, raw: Float32Array.of(0) } });
    };
    const [first, noise] = [0, 1].map((pass) => normals(streamSeed(4, `sample:${pass}`, 2), VALUES));
    const { x } = call('decode1', eager.timeSteps.length - 1, { z: first! });
    const middle = reencodingIndex(objective);
    const { mu, std } = call('encode1', middle, { x: x!, noise: noise! });
    const z = mu!.map((mean, i) => mean + std![i]! * noise![i]!);
    const drawn = pixelRange(objective).toPixels(call('decode1', middle, { z })['x']!);
    expect(drawn).toEqual(samples.subarray(128));
    eager.dispose();
    compiled.dispose();
  });

  it('make a path between two images that begins and ends at their reconstructions', async () => {
    const model = await generatorOf(TWO);
    const images = someImages(2);
    const [a, b] = [0, 1].map((i) => ({
      ...images,
      count: 1,
      data: images.data.slice(64 * i, 64 * (i + 1)),
    }));
    const at = { timeIndex: 2 };
    const found = model.interpolate(a!, b!, { positions: [0, 0.5, 1], at });
    const ends = model.reconstruct(images, { at }).data;
    expect(Math.max(...ends.subarray(0, 64).map((x, i) => Math.abs(x - found.data[i]!)))).toBeLessThanOrEqual(
      1,
    );
    expect(
      Math.max(...ends.subarray(64).map((x, i) => Math.abs(x - found.data[128 + i]!))),
    ).toBeLessThanOrEqual(1);
    model.dispose();
  });
});

const SIMPLE = {
  variant: 's-covae',
  sigmaMin: 0.002,
  sigmaMax: 80,
  rho: 7,
  stepSchedule: 'exp',
  startScales: 4,
  endScales: 16,
  loss: 'huber',
  denoiserLoss: 'l2',
  kernel: 've',
  sigmaData: 0.5,
  timeSampling: 'lognormal',
  pMean: -1.1,
  pStd: 2,
  normStrength: 0.001,
  normWeight: 'fixed',
};

describe('a generator', () => {
  it('says that categorical latents have no temperature', async () => {
    const generator = await generatorOf({ objective: { categories: 4 }, network: { zChannels: 4 } });
    expect(() => generator.sample({ ...PLAIN, temperature: 0.5 })).toThrow(
      'The latents of the run run-1 are categorical, all categories alike: there is no temperature; draw from it without one.',
    );
    expect(() => generator.sample({ ...PLAIN, passes: 2, laterTemperature: 0 })).toThrow('no temperature');
    expect(generator.sample({ ...PLAIN, temperature: 1 }).count).toBe(2);
    generator.dispose();
  });

  it('draws the same in parts as at once, bit for bit, when compiled', async () => {
    const generator = await generatorOf({}, compileProgram);
    const options = { ...PLAIN, count: 2 * LARGEST_BATCH + 5, passes: 2 };
    const whole = generator.sample(options);
    const told: number[] = [];
    const { images } = await sampleInParts(
      () => generator,
      options,
      (done) => told.push(done),
    );
    expect(told).toEqual([LARGEST_BATCH, 2 * LARGEST_BATCH, options.count]);
    expect(images.count).toBe(options.count);
    expect(Buffer.from(images.data).equals(Buffer.from(whole.data))).toBe(true);
    generator.dispose();
  });

  it('draws the same a network call at a time, and stops within one when it is cancelled', async () => {
    const generator = await generatorOf();
    const now = vi.fn(() => generator);
    const positions = [0, 0.3, 1];
    const { images } = await drawInCalls(now, (model) =>
      model.interpolateCalls(someImages(1), someImages(1), { positions }),
    );
    expect(images).toEqual(generator.interpolate(someImages(1), someImages(1), { positions }));
    // Two images to encode, and one call to decode.
    expect(now).toHaveBeenCalledTimes(3);
    const asked = { ...PLAIN, passes: 3 };
    expect((await sampleInParts(now, asked)).images).toEqual(generator.sample(asked));

    const call = vi.spyOn(generator, 'call');
    const cancelled = new AbortController();
    setImmediate(() => cancelled.abort());
    const draw = sampleInParts(now, { ...PLAIN, passes: 16 }, undefined, cancelled.signal);
    await expect(draw).rejects.toMatchObject({ name: 'AbortError' });
    expect(call).toHaveBeenCalledOnce();
    generator.dispose();
  });

  it('draws image number n from (seed, n) alone', async () => {
    const generator = await generatorOf();
    const five = generator.sample({ ...PLAIN, count: 5, passes: 2 });
    const two = generator.sample({ ...PLAIN, count: 2, start: 3, passes: 2 });
    expect(two.data).toEqual(five.data.subarray(3 * 64));
    expect(generator.sample({ ...PLAIN, seed: 5 }).data).not.toEqual(five.data.subarray(0, 2 * 64));
  });

  it('draws with the averages or with the raw weights', async () => {
    const generator = await generatorOf();
    const ema = generator.sample({ ...PLAIN, weights: 'ema' }).data;
    expect(generator.sample(PLAIN).data).toEqual(ema);
    expect(generator.sample({ ...PLAIN, weights: 'raw' }).data).not.toEqual(ema);
  });

  it('draws narrower with a lower temperature', async () => {
    const generator = await generatorOf();
    const cold = generator.sample({ ...PLAIN, temperature: 0 }).data;
    expect(cold.subarray(0, 64)).toEqual(cold.subarray(64));
    expect(generator.sample({ ...PLAIN, temperature: 0.5 }).data).not.toEqual(generator.sample(PLAIN).data);
  });

  it.each([0, 0.5, 1])('draws again in later passes with %d times the noise', async (laterTemperature) => {
    const generator = await generatorOf();
    const draw = generator.sampleCalls({ ...PLAIN, passes: 2, laterTemperature });
    const made: { call: NetworkCall; outputs: NetworkOutputs }[] = [];
    let next = draw.next();
    while (next.done !== true) {
      const call = next.value;
      const outputs = generator.call(call);
      made.push({ call, outputs });
      next = draw.next(outputs);
    }
    const [, encoded, decoded] = made;
    const { mu = new Float32Array(), std = [] } = encoded?.outputs ?? {};
    const latent = mu.length / 2;
    const noise = [0, 1].flatMap((image) => [...normals(streamSeed(4, 'sample:1', image), latent)]);
    const z = mu.map((mean, i) => mean + (std[i] ?? 0) * Math.fround(laterTemperature * (noise[i] ?? 0)));
    expect(made.map(({ call }) => call.name.slice(0, 6))).toEqual(['decode', 'encode', 'decode']);
    expect(decoded?.call.inputs['z']).toEqual(z);
  });

  it('takes an index or the time itself', async () => {
    const generator = await generatorOf();
    const t = generator.timeSteps[3]!;
    const images = someImages(3);
    expect(generator.reconstruct(images, { at: { t } })).toEqual(
      generator.reconstruct(images, { at: { timeIndex: 3 } }),
    );
    expect(generator.encode(images, { t })).toEqual(generator.encode(images, { timeIndex: 3 }));
    expect(generator.reconstruct(images, { at: { t: t * 0.9 } }).count).toBe(3);
    for (const at of [{ timeIndex: 0 }, { timeIndex: 99 }, { t: 0 }, { t: 4 }, { t: NaN }]) {
      expect(() => generator.encode(images, at)).toThrow(/The time .* is not .*\.$/);
    }
  });

  it('encodes again where it is told to', async () => {
    const generator = await generatorOf();
    const usual = generator.sample({ ...PLAIN, passes: 3 });
    const middle = { timeIndex: 4 };
    expect(generator.sample({ ...PLAIN, passes: 3, reencodeAt: [middle, middle] })).toEqual(usual);
    expect(generator.sample({ ...PLAIN, passes: 3, reencodeAt: [middle, { timeIndex: 1 }] })).not.toEqual(
      usual,
    );
    expect(() => generator.sample({ ...PLAIN, passes: 3, reencodeAt: [middle] })).toThrow(
      /encode again 2 times/,
    );
  });

  it('guides from no class towards one', async () => {
    const generator = await generatorOf({ network: { classes: 3 } });
    const draw = (label: number | null, guidance?: number) =>
      generator.sample({ ...PLAIN, label, ...(guidance !== undefined && { guidance }) }).data;
    expect(draw(0, 1)).toEqual(draw(0));
    expect(draw(0, 0)).toEqual(draw(null));
    expect(draw(0)).not.toEqual(draw(1));
    expect(draw(0)).not.toEqual(draw(null));
    expect(draw(0, 3)).not.toEqual(draw(0));
    expect(() => draw(3)).toThrow(/has classes 0 to 2, not 3/);
    const plain = await generatorOf();
    expect(() => plain.sample({ ...PLAIN, label: 0 })).toThrow(/was trained without classes/);
  });

  it('draws from s-CoVAE with noise of the size of the largest time', async () => {
    const generator = await generatorOf({ objective: SIMPLE });
    const latents = generator.encode(someImages(2), { timeIndex: 2 });
    const t = generator.timeSteps[2]!;
    expect(latents.std.every((std) => Math.abs(std - t) < 1e-6)).toBe(true);
    expect(generator.sample({ ...PLAIN, passes: 2 }).count).toBe(2);
    const top = generator.timeSteps.length - 1;
    const first = normals(streamSeed(4, 'sample:0', 0), latents.mu.length / 2);
    const byHand = generator.decode(
      first.map((value) => value * generator.timeSteps[top]!),
      { timeIndex: top },
    );
    expect(generator.sample({ ...PLAIN, count: 1 })).toEqual(byHand);
  });

  it('decodes one-hot latents of a categorical model, also of a mix of two', async () => {
    const generator = await generatorOf({ objective: { categories: 4 }, network: { zChannels: 4 } });
    const images = someImages(2);
    const { mu } = generator.encode(images, { timeIndex: 5 });
    const hot = oneHotLatents(generator.manifest.config.network, 4, mu, null);
    expect(hot.reduce((sum, value) => sum + value, 0)).toBe(hot.length / 4);
    expect(generator.decode(mu, { timeIndex: 5 })).toEqual(generator.decode(hot, { timeIndex: 5 }));
    expect(generator.sample({ ...PLAIN, passes: 2 }).count).toBe(2);
  });

  it('decodes what is drawn from the posterior of image n, from (seed, n) alone', async () => {
    const generator = await generatorOf();
    const [all, mean] = [someImages(3), generator.reconstruct(someImages(3))];
    const drawn = generator.reconstruct(all, { drawn: { seed: 5, start: 10 } });
    expect(drawn.data).not.toEqual(mean.data);
    expect(generator.reconstruct(all, { drawn: { seed: 6, start: 10 } }).data).not.toEqual(drawn.data);
    const last = { ...all, count: 1, data: all.data.subarray(128) };
    expect(generator.reconstruct(last, { drawn: { seed: 5, start: 12 } }).data).toEqual(
      drawn.data.subarray(128),
    );
  });

  it('rounds pixels down as torchmetrics does', async () => {
    // As the reference brings 0 … 255 to −1 … 1 and back; by PyTorch, 63 of them come out one lower.
    const { fround } = Math;
    const x = Float32Array.from({ length: 256 }, (_, pixel) => fround(fround(pixel / 255) * 2) - 1);
    const pixels = pixelRange((await generatorOf()).manifest.config.objective);
    const difference = Array.from(pixels.toPixels(x, 'down'), (pixel, i) => pixel - i);
    expect(difference.filter((value) => value === -1)).toHaveLength(63);
    expect(difference.filter((value) => value === 0)).toHaveLength(193);
    expect([...pixels.toPixels(x)]).toEqual(Array.from({ length: 256 }, (_, i) => i));
    expect([...pixels.toPixels(Float32Array.of(-3, 3, NaN), 'down')]).toEqual([0, 255, 0]);
  });

  it('gives the probability of white for binary images', async () => {
    const generator = await generatorOf({ objective: { loss: 'bce', denoiserLoss: 'bce' } });
    const { data } = generator.sample({ ...PLAIN, passes: 2 });
    expect(Math.min(...data)).toBeLessThan(128);
    expect(Math.max(...data)).toBeGreaterThan(128);
  });
});

describe('categorical latents outside TensorFlow', () => {
  it.each([
    ['spatial', { zChannels: 4, finalDim: null }, 4, [2, 4, 4, 4]],
    ['spatial, fewer categories than channels', { zChannels: 4, finalDim: null }, 2, [2, 4, 4, 4]],
    ['spatial, more categories than channels', { zChannels: 4, finalDim: null }, 8, [2, 4, 4, 4]],
    ['vector', { zChannels: 6, finalDim: 6 }, 3, [2, 6]],
  ])('are those of the graph: %s', async (_, changes, categories, shape) => {
    const { network } = (await generatorOf({ network: changes })).manifest.config;
    const size = elementCount(shape);
    const logits = normals([5, 6], size);
    const noise = uniformFloats([7, 8], size);
    const expected = tf.tidy(() =>
      categoricalLatent(
        tf.tensor(logits, shape),
        tf.tensor(noise, [2, size / 2 / categories, categories]),
        categories,
      ).dataSync(),
    );
    const found = oneHotLatents(network, categories, logits, gumbel(noise));
    expect(Array.from(found)).toEqual(Array.from(expected, (value) => Math.round(value)));
  });
});
