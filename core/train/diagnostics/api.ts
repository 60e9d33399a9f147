/** What is watched while a run learns; the types stand apart so that the window can know them. */

/** The ways a training fails that the paper names. */
export type AlarmKind = 'divergence' | 'posterior-collapse' | 'mode-collapse';

export interface Alarm {
  kind: AlarmKind;
  /** Short name for a list: `Loss not finite`, `Gradient rose suddenly`, `Posterior collapsed`. */
  name: string;
  step: number;
  /** The number that set it off, and the bound it passed. Not finite numbers are null in JSON. */
  value: number | null;
  bound: number | null;
  /** The time t it comes from, where that is known. */
  t: number | null;
  /** One sentence: what to try. */
  advice: string;
}

/** One row of the batch a step was made from. */
export interface RowLosses {
  /** Times of the rows, [B]. */
  t: Float32Array;
  /** Unweighted reconstruction and KL (s-CoVAE: ‖z₀‖²) of the rows, [B]; may be not finite. */
  rec: Float32Array;
  kl: Float32Array;
}

/** Quantities as functions of t (the plots that the reference draws every 10,000 steps), all arrays as long as `t`. */
export interface Diagnostics {
  step: number;
  t: number[];
  /** KL divergence of an image, mean and standard deviation over images. */
  kl: { mean: number; std: number }[];
  /** Σ (D(x, t) − x)² of an image. */
  imageError: { mean: number; std: number }[];
  /** Σ (D(x, t_i) − D(x, t_{i−1}))² of an image; the first against the image itself. */
  stepError: { mean: number; std: number }[];
  /** Mean |mu| and mean std over images and latent values. */
  mu: number[];
  std: number[];
  /** Norm of a sampled latent, mean over images. */
  latentNorm: number[];
  /** Latent values whose posterior mean varies over images (variance above 0.01), as a share. */
  activeUnits: number[];
  /** Mean distance between two samples over mean distance between two images. */
  spread: number;
}
