/** Configurations in the official PyTorch implementation's terms, as golden cases and imported weights come with. */
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { checkValue } from '../json-file.ts';
import { NO_AUGMENTATION } from '../config/augment.ts';
import { latentValues } from '../config/network.ts';
import { ModelConfigSchema, type ModelConfig } from '../config/model.ts';
import { countOf } from '../words.ts';

const finite = v.pipe(v.number(), v.finite());
const positive = v.pipe(finite, v.gtValue(0));
const whole = (min: number, max = 1e8) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const loss = v.picklist(['huber', 'l2', 'bce']);
const weighting = v.picklist(['linear', 'square', 'ones']);

const multipliers = v.pipe(v.array(whole(1, 4096)), v.minLength(1), v.maxLength(6));
const blocks = whole(1, 16);

// What has a default in the reference's own configuration files may be missing and has that value then.
const common = {
  img: whole(4, 1024),
  in_channels: v.picklist([1, 3]),
  out_channels: v.optional(whole(1, 6)),
  model_channels: v.pipe(whole(4, 1024), v.multipleOf(2)),
  // Both networks' alike, or what one of them has for its own.
  mult: v.optional(multipliers),
  mult_enc: v.optional(multipliers),
  mult_dec: v.optional(multipliers),
  blocks: v.optional(blocks),
  blocks_enc: v.optional(blocks),
  blocks_dec: v.optional(blocks),
  attn: v.array(whole(1, 4096)),
  z_channels: whole(1, 4096),
  final_dim: v.optional(v.nullable(whole(1, 4096)), null),
  label_dim: v.optional(v.nullable(whole(0, 10_000)), 0),
  dropout: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.95)), 0),
  step_schedule: v.optional(v.picklist(['exp', 'none']), 'exp'),
  sigma_min: positive,
  sigma_max: positive,
  rho: v.optional(positive, 7),
  start_scales: whole(1),
  end_scales: whole(0, 4096),
  total_training_steps: whole(1),
  loss_mode: v.optional(loss, 'huber'),
  denoiser_loss_mode: v.optional(v.nullable(loss)),
  use_gan: v.optional(v.boolean(), false),
  // What follows is the training's; weights may come without it.
  batch: v.optional(whole(1, 65_536), 128),
  lr: v.optional(v.pipe(positive, v.maxValue(1)), 1e-4),
  weight_decay: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0),
  clip: v.optional(v.pipe(finite, v.minValue(0)), 200),
  ema: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), 0.9999),
};

const CovaeSchema = v.strictObject({
  variant: v.literal('covae'),
  ...common,
  time_scale: v.optional(v.picklist(['karras', 'log', 'linear']), 'karras'),
  rec_weight_mode: v.optional(weighting, 'linear'),
  kl_weight_mode: v.optional(weighting, 'square'),
  lambda_denoiser: v.optional(v.pipe(finite, v.minValue(0)), 1),
  latent_type: v.optional(v.picklist(['gaussian', 'categorical']), 'gaussian'),
  latent_shape: v.optional(v.array(whole(1)), []),
});

const SimpleCovaeSchema = v.strictObject({
  variant: v.literal('covae_simple'),
  ...common,
  kernel: v.optional(v.picklist(['ve', 'li']), 've'),
  p_mean: v.optional(finite, -1.1),
  p_std: v.optional(positive, 2),
  sigma_data: v.optional(positive, 0.5),
  norm_strength: v.optional(v.pipe(finite, v.minValue(0)), 0.001),
  norm_weight: v.optional(v.picklist(['fixed', 'adaptive']), 'fixed'),
  noise_schedule: v.optional(v.picklist(['lognormal', 'uniform']), 'lognormal'),
  // The reference reads neither for this variant.
  latent_type: v.optional(v.literal('gaussian'), 'gaussian'),
});

const AdversarialSchema = v.strictObject({
  gan_warmup_steps: v.optional(whole(0), 0),
  gan_lambda: v.optional(v.pipe(finite, v.minValue(0)), 1),
  ndf: v.optional(whole(1, 1024), 64),
});

const WhichSchema = v.looseObject({
  variant: v.picklist(['covae', 'covae_simple']),
  use_gan: v.optional(v.boolean(), false),
});

/** A configuration whose channels, average decoder, multipliers and blocks are settled. */
type Settled<C> = Omit<
  C,
  'out_channels' | 'denoiser_loss_mode' | `${'mult' | 'blocks'}${'' | '_enc' | '_dec'}`
> & {
  out_channels: number;
  mult_enc: number[];
  mult_dec: number[];
  blocks_enc: number;
  blocks_dec: number;
  denoiser_loss_mode: v.InferOutput<typeof loss> | null;
};
type Covae = Settled<v.InferOutput<typeof CovaeSchema>>;
type SimpleCovae = Settled<v.InferOutput<typeof SimpleCovaeSchema>>;
type Adversarial = v.InferOutput<typeof AdversarialSchema>;

/**
 * Reads a configuration of the reference: the `config` object of a golden case, or the case that holds it. Keys that
 * the variant does not use are not looked at.
 *
 * @param file for the sentences
 * @throws UserError naming file and key for a value that is missing, not supported, or contradicts another
 */
export function fromReference(json: unknown, file: string): { config: ModelConfig } {
  const record = checkValue(v.record(v.string(), v.unknown()), json, file);
  const inner = record['config'];
  const given =
    typeof inner === 'object' ? checkValue(v.record(v.string(), v.unknown()), inner, file) : record;
  const which = checkValue(WhichSchema, given, file);
  const reference =
    which.variant === 'covae'
      ? settled(pick(CovaeSchema, given, file), file)
      : settled(pick(SimpleCovaeSchema, given, file), file);
  const adversarial = which.use_gan ? pick(AdversarialSchema, given, file) : null;
  const config = translate(reference, adversarial);
  const problem = contradiction(reference, config);
  if (problem !== null) throw new UserError(`${file}: ${problem}.`);
  return { config: checkValue(ModelConfigSchema, config, file) };
}

/** Checks the entries of `given` that a schema knows, so that missing ones are told by name and others passed over. */
function pick<T extends v.ObjectEntries>(
  schema: v.StrictObjectSchema<T, undefined>,
  given: Record<string, unknown>,
  file: string,
): v.InferOutput<v.StrictObjectSchema<T, undefined>> {
  const known = Object.entries(given).filter(([key]) => Object.hasOwn(schema.entries, key));
  return checkValue(schema, Object.fromEntries(known), file);
}

/**
 * Where one of both is missing: outputs for image and average decoder belong to a loss for the latter; the networks share
 * multipliers and blocks.
 * @throws UserError naming the key when neither the shared value nor a network's own is there
 */
function settled(given: v.InferOutput<typeof CovaeSchema>, file: string): Covae;
function settled(given: v.InferOutput<typeof SimpleCovaeSchema>, file: string): SimpleCovae;
function settled(
  given: v.InferOutput<typeof CovaeSchema> | v.InferOutput<typeof SimpleCovaeSchema>,
  file: string,
): Covae | SimpleCovae {
  const { in_channels: inputs, out_channels: outputs, mult, blocks } = given;
  const inferred = outputs === inputs ? null : 'l2';
  const loss = given.denoiser_loss_mode === undefined ? inferred : given.denoiser_loss_mode;
  const needed = <T>(value: T | undefined, key: string): T => {
    if (value === undefined) throw new UserError(`${file}: key "${key}" is missing.`);
    return value;
  };
  return {
    ...given,
    denoiser_loss_mode: loss,
    out_channels: outputs ?? inputs * (loss === null ? 1 : 2),
    mult_enc: needed(given.mult_enc ?? mult, 'mult'),
    mult_dec: needed(given.mult_dec ?? mult ?? given.mult_enc, 'mult'),
    blocks_enc: needed(given.blocks_enc ?? blocks, 'blocks'),
    blocks_dec: needed(given.blocks_dec ?? blocks ?? given.blocks_enc, 'blocks'),
  };
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function translate(reference: Covae | SimpleCovae, adversarial: Adversarial | null): ModelConfig {
  const shared = {
    loss: reference.loss_mode,
    adversarial: adversarial && {
      warmupSteps: adversarial.gan_warmup_steps,
      weight: adversarial.gan_lambda,
      filters: adversarial.ndf,
      rampShare: 1,
      rateRatio: 1,
      samples: 0,
    },
    sigmaMin: reference.sigma_min,
    sigmaMax: reference.sigma_max,
    rho: reference.rho,
    stepSchedule: reference.step_schedule,
    startScales: reference.start_scales,
    endScales: reference.end_scales,
    denoiserLoss: reference.denoiser_loss_mode,
    target: 'online' as const,
  };
  return {
    network: {
      imageSize: reference.img,
      channels: reference.in_channels,
      modelChannels: reference.model_channels,
      multipliers: reference.mult_enc,
      patch: 1,
      blocks: reference.blocks_enc,
      decoderMultipliers: same(reference.mult_enc, reference.mult_dec) ? null : reference.mult_dec,
      decoderBlocks: reference.blocks_enc === reference.blocks_dec ? null : reference.blocks_dec,
      attentionResolutions: reference.attn,
      zChannels: reference.z_channels,
      finalDim: reference.final_dim,
      latentPool: 'mean',
      latentLevels: 1,
      dropout: reference.dropout,
      classes: reference.label_dim ?? 0,
      augment: false,
    },
    objective:
      reference.variant === 'covae'
        ? {
            variant: 'covae',
            ...shared,
            timeScale: reference.time_scale,
            lambdaDenoiser: reference.lambda_denoiser,
            recWeight: reference.rec_weight_mode,
            klWeight: reference.kl_weight_mode,
            categories: reference.latent_type === 'categorical' ? (reference.latent_shape[1] ?? 0) : null,
          }
        : {
            variant: 's-covae',
            ...shared,
            kernel: reference.kernel,
            sigmaData: reference.sigma_data,
            timeSampling: reference.noise_schedule,
            pMean: reference.p_mean,
            pStd: reference.p_std,
            normStrength: reference.norm_strength,
            normWeight: reference.norm_weight,
          },
    training: {
      steps: reference.total_training_steps,
      batchSize: reference.batch,
      learningRate: reference.lr,
      warmupSteps: 0,
      klWarmupSteps: 0,
      learningRateSchedule: 'constant',
      optimizer: 'radam',
      beta1: 0.9,
      weightDecay: reference.weight_decay,
      accumulate: 1,
      clipNorm: reference.clip,
      emaRate: reference.ema,
      snapshotEvery: 0,
      horizontalFlip: false,
      binarise: reference.loss_mode === 'bce',
      labelDropout: 0.1,
      precision: 'float32',
      logEvery: 100,
      sampleEvery: 5000,
      checkpointEvery: 5000,
      checkpointMinutes: 10,
      evaluateEvery: 0,
      evaluateCount: 500,
      evaluateExtractor: 'mobilenet',
      bestMeasure: 'fd-1-pass',
      trainOnly: 'all',
    },
    augment: NO_AUGMENTATION,
  };
}

/** What in a configuration does not go together, in the reference's keys; null when all does. */
function contradiction(c: Covae | SimpleCovae, { network }: ModelConfig): string | null {
  const outputs = c.in_channels * (c.denoiser_loss_mode === null ? 1 : 2);
  if (c.out_channels !== outputs) {
    const what = c.denoiser_loss_mode === null ? 'in_channels' : 'twice in_channels';
    return `key "out_channels" must be ${outputs} (${what}, by denoiser_loss_mode), not ${c.out_channels}`;
  }
  const levels = Math.max(c.mult_enc.length, c.mult_dec.length);
  if (c.img % 2 ** (levels - 1) !== 0) {
    return `key "img" must be divisible by ${2 ** (levels - 1)} for the ${countOf(levels, 'level')} of mult, not ${c.img}`;
  }
  if (c.mult_dec.length !== c.mult_enc.length && c.final_dim === null) {
    return `key "mult_dec" must have ${countOf(c.mult_enc.length, 'level')}, as mult_enc has, without final_dim`;
  }
  // The first convolution puts out model_channels as they are.
  for (const multiplier of [1, ...c.mult_enc, ...c.mult_dec]) {
    const channels = c.model_channels * multiplier;
    const groups = Math.min(32, Math.floor(channels / 4));
    if (channels % groups !== 0) {
      return `key "model_channels" times ${multiplier} of mult is ${channels}, which does not divide into ${countOf(groups, 'group')}`;
    }
  }
  if (c.final_dim !== null && c.final_dim !== c.z_channels) {
    return `key "final_dim" must be null or equal to z_channels (${c.z_channels}), not ${c.final_dim}`;
  }
  if (c.sigma_min >= c.sigma_max) {
    return `key "sigma_min" must be smaller than sigma_max (${c.sigma_max}), not ${c.sigma_min}`;
  }
  if (c.step_schedule === 'exp' && c.start_scales > c.end_scales) {
    return `key "start_scales" must not be larger than end_scales (${c.end_scales}), not ${c.start_scales}`;
  }
  if (c.variant === 'covae_simple' && c.end_scales < 1) {
    return 'key "end_scales" must be at least 1 for covae_simple, not 0';
  }
  if (c.use_gan && c.img < 24) {
    return `key "img" must be at least 24 with use_gan, not ${c.img}: the discriminator halves it three times`;
  }
  if (c.variant === 'covae' && c.latent_type === 'categorical') {
    const [groups, categories] = c.latent_shape;
    const values = latentValues(network);
    if (c.latent_shape.length !== 2 || groups === undefined || categories === undefined || categories < 2) {
      return 'key "latent_shape" must be [groups, categories] with at least 2 categories for categorical latents';
    }
    if (groups * categories !== values) {
      return `key "latent_shape" has ${groups} × ${categories} values, but the latent has ${values}`;
    }
  }
  return null;
}
