import * as v from 'valibot';

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));

/** What is optimised: time steps, boundary condition, losses and their weights (paper, sections 3 and 4). */
export const ObjectiveConfigSchema = v.pipe(
  v.strictObject({
    variant: v.literal('covae'),
    /** Smallest and largest noise level; the time steps run over 0, sigmaMin … sigmaMax. */
    sigmaMin: positive,
    sigmaMax: positive,
    /** Bend of the Karras scale. */
    rho: positive,
    timeScale: v.literal('karras'),
    /** `exp` doubles the number of time steps over training, `none` uses `endScales` from the start. */
    stepSchedule: v.picklist(['exp', 'none']),
    startScales: v.pipe(v.number(), v.integer(), v.minValue(1)),
    endScales: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096)),
    /** Consistency loss. */
    loss: v.picklist(['huber', 'l2']),
    /** Loss of the learned average decoder; null leaves it out (identity boundary condition). */
    denoiserLoss: v.nullable(v.picklist(['huber', 'l2'])),
    /** λ_denoiser: weight of the average decoder's loss at the largest t. */
    lambdaDenoiser: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
    /** λ(t): `linear` 1/t, `square` 1/t², `ones` 1. */
    recWeight: v.picklist(['linear', 'square', 'ones']),
    /** β(t): `linear` t, `square` t², `ones` 1. */
    klWeight: v.picklist(['linear', 'square', 'ones']),
  }),
  v.check((o) => o.sigmaMin < o.sigmaMax, 'sigmaMin must be smaller than sigmaMax'),
  v.check((o) => o.startScales <= o.endScales, 'startScales must not be larger than endScales'),
);

export type ObjectiveConfig = v.InferOutput<typeof ObjectiveConfigSchema>;
