/** What is watched while a run learns; schemas and types stand apart so that the window can know them. */
import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The ways a training fails that the paper names, and learning its images by heart. */
const alarmKinds = ['divergence', 'posterior-collapse', 'mode-collapse', 'copies', 'overfitting'] as const;

export type AlarmKind = (typeof alarmKinds)[number];

/** One line of `runs/<id>/alarms.jsonl`. */
export const AlarmSchema = v.strictObject({
  kind: v.picklist(alarmKinds),
  /** Short name for a list: `Loss not finite`, `Gradient norm rose suddenly`, `Posterior collapsed`. */
  name: v.string(),
  /** Steps trained when it sounded; a step that was not finite does not count. */
  step: count,
  /** The number that set it off, and the bound it passed. Not finite numbers are null. */
  value: v.nullable(v.number()),
  bound: v.nullable(v.number()),
  /** The time t it comes from, where that is known. */
  t: v.nullable(v.number()),
  /** One sentence: what to try. */
  advice: v.string(),
  /**
   * How the training can go on, where it can: with half of the present learning rate, and `back` at an earlier
   * checkpoint where the newest weights cannot be trained on.
   */
  goOn: v.nullable(v.strictObject({ learningRate: v.number(), back: v.boolean() })),
});

export type Alarm = v.InferOutput<typeof AlarmSchema>;

/** What the examples of a step's batch bring to its loss. */
export interface ExampleLosses {
  /** Time t of each example, [B]. */
  t: ArrayLike<number>;
  /** Reconstruction and KL divergence (s-CoVAE: ‖z₀‖²) of each example, weighted, [B]; may be not finite. */
  loss: ArrayLike<number>;
}

const MomentsSchema = v.strictObject({ mean: v.number(), std: v.number() });

/** Mean and standard deviation over images. */
export type Moments = v.InferOutput<typeof MomentsSchema>;

const FitSchema = v.strictObject({
  /** Images of each kind that were reconstructed, always the same. */
  images: count,
  /** Their mean squared errors at the smallest t, black 0 and white 1. */
  training: v.number(),
  heldOut: v.number(),
});

/** How well images of the training are reconstructed, and such that are held out of it. */
export type Fit = v.InferOutput<typeof FitSchema>;

/**
 * One line of `runs/<id>/diagnostics.jsonl`: quantities as functions of t (the plots that the reference draws every
 * 10,000 steps), all arrays as long as `t`. Images are compared in units of [−1, 1].
 */
export const DiagnosticsSchema = v.strictObject({
  step: count,
  /** Number of images measured. */
  images: count,
  /** Times among the final time steps, ascending. */
  t: v.pipe(v.array(v.number()), v.minLength(1)),
  /** KL divergence of an image's posterior from the prior, in nats; s-CoVAE, which has none: ‖mu‖². */
  kl: v.array(MomentsSchema),
  /** Σ (D(x, t) − x)² of an image. */
  imageError: v.array(MomentsSchema),
  /** Σ (D(x, t_i) − D(x, t_{i−1}))² of an image over the times above; the first against the image itself. */
  stepError: v.array(MomentsSchema),
  /** Mean |mu| and mean std over images and latent values (categorical: logits, and 0). */
  mu: v.array(v.number()),
  std: v.array(v.number()),
  /** Norm of a sampled latent, mean over images. */
  latentNorm: v.array(v.number()),
  /** Latent values that depend on the image, as a share; see {@link file://./active-units.ts}. */
  activeUnits: v.array(v.number()),
  /** Of a latent with two levels, the topmost first: mean KL divergence of each at the times above, in nats. */
  klOfLevels: v.exactOptional(v.array(v.array(v.number()))),
  /** Mean distance between two one-pass samples over mean distance between two images. */
  spread: v.number(),
  /** Where images are held out. */
  fit: v.exactOptional(FitSchema),
});

export type Diagnostics = v.InferOutput<typeof DiagnosticsSchema>;
