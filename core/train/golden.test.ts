/**
 * The whole method against numbers made by the official PyTorch implementation in float32: network, time
 * steps, objective, gradients, sampling and twelve optimiser steps.
 */
import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { covaeModel, decode, pass, type CovaeModel } from '../covae/model.ts';
import { covaeObjective, type ObjectiveBatch } from '../covae/objective.ts';
import { finalTimeSteps, levelsAtStep, reencodingIndex, timeSteps } from '../covae/time-steps.ts';
import { timeEmbedding } from '../nn/autoencoder.ts';
import { noDropout } from '../nn/dropout.ts';
import { fromTorch, toTorch, unflatten, type NamedArrays } from '../nn/parameters.ts';
import { readSafetensors, type NamedTensor } from '../run/safetensors.ts';
import { tf, type Scalar, type Tensor, type Tensor1D, type Tensor4D } from '../tensor/tf.ts';
import { clipByGlobalNorm, emaUpdate, radamScalars, radamUpdate, type RadamState } from './radam.ts';

const FOLDER = path.join(import.meta.dirname, '..', 'covae', 'testdata', 'golden');
const FORWARD = 1e-4;
const GRADIENT = 1e-3;
const LOSS = 1e-4;
const WEIGHTS = 1e-3;

const CaseSchema = v.object({
  config: v.object({
    img: v.number(),
    in_channels: v.picklist([1, 3]),
    model_channels: v.number(),
    mult: v.array(v.number()),
    blocks: v.number(),
    attn: v.array(v.number()),
    z_channels: v.number(),
    step_schedule: v.picklist(['exp', 'none']),
    sigma_min: v.number(),
    sigma_max: v.number(),
    rho: v.number(),
    start_scales: v.number(),
    end_scales: v.number(),
    total_training_steps: v.number(),
    loss_mode: v.picklist(['huber', 'l2']),
    denoiser_loss_mode: v.nullable(v.picklist(['huber', 'l2'])),
    rec_weight_mode: v.picklist(['linear', 'square', 'ones']),
    kl_weight_mode: v.picklist(['linear', 'square', 'ones']),
    lambda_denoiser: v.number(),
    lr: v.number(),
    clip: v.number(),
    ema: v.number(),
  }),
  num_params: v.number(),
  num_timesteps_at_step: v.array(v.tuple([v.number(), v.number()])),
  losses: v.array(
    v.object({
      step: v.number(),
      total: v.number(),
      rec_loss: v.number(),
      denoiser_loss: v.number(),
      kl_loss: v.number(),
    }),
  ),
  train: v.array(v.object({ step: v.number(), total: v.number(), grad_norm: v.number() })),
});

/** Largest difference as a share of the largest expected value. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs((actual[i] ?? NaN) - (expected[i] ?? NaN)));
    largest = Math.max(largest, Math.abs(expected[i] ?? 0));
  }
  return difference / largest;
}

describe('the grey golden case', () => {
  let golden: v.InferOutput<typeof CaseSchema>;
  let tensors: Record<string, NamedTensor>;
  let model: CovaeModel;
  let initial: Float32Array;

  const floats = (name: string): NamedTensor<Float32Array> => {
    const tensor = tensors[name];
    if (!tensor || !(tensor.data instanceof Float32Array)) throw new Error(`no tensor ${name}`);
    return { shape: tensor.shape, data: tensor.data };
  };
  /** NCHW in the file, NHWC here. */
  const image = (name: string): Tensor4D => {
    const { shape, data } = floats(name);
    return tf.transpose(tf.tensor4d(data, shape as [number, number, number, number]), [0, 2, 3, 1]);
  };
  const nchw = (x: Tensor): Float32Array => tf.transpose(x, [0, 3, 1, 2]).dataSync() as Float32Array;

  const batch = (prefix: string, step: number): ObjectiveBatch => {
    const steps = timeSteps(
      model.objective,
      levelsAtStep(model.objective, step, golden.config.total_training_steps),
    );
    const index = Array.from(tensors[`${prefix}.idx`]?.data ?? [], Number);
    const at = (offset: number) => Float32Array.from(index, (i) => steps[i + offset] ?? NaN);
    return {
      x: image('x'),
      t: tf.tensor1d(at(1)),
      r: tf.maximum(tf.tensor1d(at(0)), model.objective.sigmaMin) as Tensor1D,
      first: tf.tensor1d(index.map((i) => (i === 0 ? 1 : 0))),
      noise: image(`${prefix}.noise`),
    };
  };
  const parts: Record<string, number> = {};
  const lossAndGradient = (flat: Tensor, input: ObjectiveBatch) =>
    tf.valueAndGrad((f: Tensor) => {
      const value = covaeObjective(
        model,
        unflatten(model.plan.layout, f as Tensor1D),
        input,
        () => noDropout,
      );
      parts['rec'] = value.recLoss.dataSync()[0] ?? NaN;
      parts['denoiser'] = value.denoiserLoss?.dataSync()[0] ?? NaN;
      parts['kl'] = value.klLoss.dataSync()[0] ?? NaN;
      return value.loss;
    })(flat);

  beforeAll(async () => {
    golden = v.parse(CaseSchema, JSON.parse(await readFile(path.join(FOLDER, 'grey.json'), 'utf8')));
    tensors = (await readSafetensors(path.join(FOLDER, 'grey.safetensors'))).tensors;
    const c = golden.config;
    model = covaeModel(
      {
        imageSize: c.img,
        channels: c.in_channels,
        modelChannels: c.model_channels,
        multipliers: c.mult,
        blocks: c.blocks,
        attentionResolutions: c.attn,
        zChannels: c.z_channels,
        finalDim: null,
        dropout: 0,
      },
      {
        variant: 'covae',
        sigmaMin: c.sigma_min,
        sigmaMax: c.sigma_max,
        rho: c.rho,
        timeScale: 'karras',
        stepSchedule: c.step_schedule,
        startScales: c.start_scales,
        endScales: c.end_scales,
        loss: c.loss_mode,
        denoiserLoss: c.denoiser_loss_mode,
        lambdaDenoiser: c.lambda_denoiser,
        recWeight: c.rec_weight_mode,
        klWeight: c.kl_weight_mode,
      },
    );
    initial = fromTorch(model.plan.layout, tensors as NamedArrays, 'param.');
  });

  it('has the same parameters, and they survive the way there and back', () => {
    expect(model.plan.layout.size).toBe(golden.num_params);
    const names = Object.keys(tensors).filter((name) => name.startsWith('param.'));
    const back = toTorch(model.plan.layout, initial, 'param.');
    expect(Object.keys(back).sort()).toEqual(names.sort());
    for (const name of names) expect(back[name]).toEqual(floats(name));
  });

  it('has the same step schedule and time steps', () => {
    const total = golden.config.total_training_steps;
    for (const [step, levels] of golden.num_timesteps_at_step) {
      expect(levelsAtStep(model.objective, step, total), `step ${step}`).toBe(levels);
    }
    const given = Object.keys(tensors).filter((name) => name.startsWith('time_steps.'));
    expect(given.length).toBeGreaterThan(1);
    for (const name of given) {
      const levels = Number(name.split('.')[1]);
      expect(relativeError(timeSteps(model.objective, levels), floats(name).data), name).toBeLessThan(1e-6);
    }
  });

  it('encodes and decodes to the same numbers', () => {
    tf.tidy(() => {
      const parameters = unflatten(model.plan.layout, tf.tensor1d(initial));
      const t = tf.tensor1d(floats('fwd.t').data);
      const emb = timeEmbedding(model.plan, parameters, t);
      expect(relativeError(emb.dataSync(), floats('fwd.emb').data)).toBeLessThan(FORWARD);
      const out = pass(model, parameters, image('x'), t, image('fwd.noise'));
      if (!out.denoiser) throw new Error('no denoiser');
      for (const [name, tensor] of Object.entries({
        mu: out.mu,
        std: out.std,
        z: out.z,
        x: out.x,
        denoiser_x: out.denoiser,
      })) {
        expect(relativeError(nchw(tensor), floats(`fwd.${name}`).data), name).toBeLessThan(FORWARD);
      }
    });
  });

  it('has the same losses at three places of the schedule', () => {
    golden.losses.forEach((expected, k) => {
      tf.tidy(() => {
        const parameters = unflatten(model.plan.layout, tf.tensor1d(initial));
        const value = covaeObjective(model, parameters, batch(`loss${k}`, expected.step), () => noDropout);
        const near = (actual: Tensor | null, wanted: number) =>
          expect(Math.abs((actual?.dataSync()[0] ?? NaN) / wanted - 1)).toBeLessThan(LOSS);
        near(value.loss, expected.total);
        near(value.recLoss, expected.rec_loss);
        near(value.denoiserLoss, expected.denoiser_loss);
        near(value.klLoss, expected.kl_loss);
        expect(relativeError(nchw(value.xT), floats(`loss${k}.x_t`).data)).toBeLessThan(FORWARD);
      });
    });
  });

  it('has the same gradient for every parameter', () => {
    tf.tidy(() => {
      const step = golden.losses[1]?.step ?? NaN;
      const { grad } = lossAndGradient(tf.tensor1d(initial), batch('loss1', step));
      const gradients = toTorch(model.plan.layout, grad.dataSync() as Float32Array);
      expect(Object.keys(gradients).length).toBeGreaterThan(100);
      for (const [name, { data }] of Object.entries(gradients)) {
        const wanted = floats(`loss1.grad.${name}`).data;
        const norm = Math.hypot(...wanted);
        const difference = Math.hypot(...data.map((value, i) => value - (wanted[i] ?? NaN)));
        // A bias that only feeds a norm has a gradient of round-off size.
        expect(difference, name).toBeLessThan(GRADIENT * norm + 1e-2);
      }
    });
  });

  it('samples the same pictures in one, two and three passes', () => {
    tf.tidy(() => {
      const parameters = unflatten(model.plan.layout, tf.tensor1d(initial));
      const times = finalTimeSteps(model.objective);
      const rows = floats('x').shape[0] ?? 0;
      const t = (index: number) => tf.fill([rows], times[index] ?? NaN) as Tensor1D;
      let x = decode(model, parameters, image('sample.noise0'), t(times.length - 1)).x;
      expect(relativeError(nchw(x), floats('sample.1').data)).toBeLessThan(FORWARD);
      for (const k of [2, 3]) {
        x = pass(model, parameters, x, t(reencodingIndex(model.objective)), image(`sample.noise${k - 1}`)).x;
        expect(relativeError(nchw(x), floats(`sample.${k}`).data), `${k} passes`).toBeLessThan(FORWARD);
      }
    });
  });

  it('takes the same twelve steps of RAdam with clipping and EMA', () => {
    const { lr, clip, ema: rate } = golden.config;
    tf.tidy(() => {
      const zeros = () => tf.zeros([initial.length]);
      let state: RadamState = { parameters: tf.tensor1d(initial), m: zeros(), v: zeros() };
      let ema: Tensor = tf.tensor1d(initial);
      golden.train.forEach((expected, s) => {
        const { value, grad } = lossAndGradient(state.parameters, batch(`train${s}`, expected.step));
        const clipped = clipByGlobalNorm(grad, clip);
        expect(Math.abs((value.dataSync()[0] ?? NaN) / expected.total - 1), `loss of step ${s}`).toBeLessThan(
          1e-3,
        );
        expect(Math.abs((clipped.norm.dataSync()[0] ?? NaN) / expected.grad_norm - 1)).toBeLessThan(2e-3);
        const { stepSize, rectified } = radamScalars(s + 1, lr);
        const scalars = {
          stepSize: tf.scalar(stepSize) as Scalar,
          rectified: tf.scalar(rectified) as Scalar,
        };
        state = radamUpdate(state, clipped.gradient, scalars);
        ema = emaUpdate(ema, state.parameters, rate);
      });
      for (const [prefix, flat] of [
        ['after.', state.parameters],
        ['after_ema.', ema],
      ] as const) {
        const arrays = toTorch(model.plan.layout, flat.dataSync() as Float32Array, prefix);
        for (const [name, { data }] of Object.entries(arrays)) {
          const wanted = floats(name).data;
          const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          const worst = data.reduce(
            (most, value, i) => Math.max(most, Math.abs(value - (wanted[i] ?? NaN))),
            0,
          );
          // Absolute floor: biases that only feed a norm wander by round-off, at the learning rate's size.
          expect(worst, name).toBeLessThan(Math.max(WEIGHTS * largest, 2e-3));
        }
      }
    });
  });
});
