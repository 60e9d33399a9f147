import type { Diagnostics } from '../../../core/run/diagnostics.ts';

/** One line of a plot over t, with the band of a standard deviation around it where there is one. */
export interface TimeCurve {
  name: string;
  /** Custom property that holds its colour. */
  colour: string;
  values: readonly number[];
  /** Standard deviation over images. */
  deviations?: readonly number[];
}

/** A plot over t. */
export interface TimePlot {
  key: string;
  title: string;
  /** One sentence on what is seen. */
  about: string;
  logarithmic: boolean;
  curves: (diagnostics: Diagnostics) => TimeCurve[];
}

const means = (list: Diagnostics['kl']): number[] => list.map(({ mean }) => mean);
const deviations = (list: Diagnostics['kl']): number[] => list.map(({ std }) => std);

/** The plots of a variant, as the reference's diagnostic callback draws them, and the share of active units. */
export function timePlots(variant: 'covae' | 's-covae' | 'beta-vae'): TimePlot[] {
  const isCode = variant === 's-covae';
  return [
    {
      key: 'kl',
      title: isCode ? 'Squared norm of the code' : 'KL divergence',
      about: isCode
        ? 'What the penalty keeps small.'
        : 'How much the latent says about an image, in nats; near 0 it says nothing.',
      logarithmic: true,
      curves: (d) => [
        {
          name: d.klOfLevels ? 'both levels' : '',
          colour: '--series-kl',
          values: means(d.kl),
          deviations: deviations(d.kl),
        },
        ...(d.klOfLevels ?? []).map((values, level) => ({
          name: level === 0 ? 'first level' : 'second level',
          colour: level === 0 ? '--series-loss' : '--series-reconstruction',
          values,
        })),
      ],
    },
    {
      key: 'imageError',
      title: 'Error against the image',
      about: 'Sum of squares over the pixels of an image, each in −1 to 1.',
      logarithmic: true,
      curves: (d) => [
        {
          name: '',
          colour: '--series-reconstruction',
          values: means(d.imageError),
          deviations: deviations(d.imageError),
        },
      ],
    },
    {
      key: 'stepError',
      title: 'Change from the time before',
      about: 'Between the reconstructions at two neighbouring times; consistency makes it small.',
      logarithmic: true,
      curves: (d) => [
        {
          name: '',
          colour: '--series-loss',
          values: means(d.stepError),
          deviations: deviations(d.stepError),
        },
      ],
    },
    {
      key: 'posterior',
      title: 'Posterior',
      about: 'Mean size of mu, and mean std, over images and latent values.',
      logarithmic: false,
      curves: (d) => [
        { name: '|mu|', colour: '--series-loss', values: d.mu },
        { name: 'std', colour: '--series-reconstruction', values: d.std },
      ],
    },
    {
      key: 'latentNorm',
      title: 'Norm of a latent',
      about: 'Of one that was sampled, mean over images.',
      logarithmic: false,
      curves: (d) => [{ name: '', colour: '--series-denoiser', values: d.latentNorm }],
    },
    {
      key: 'activeUnits',
      title: 'Active units',
      about: 'Share of the latent’s values that depend on the image.',
      logarithmic: false,
      curves: (d) => [{ name: '', colour: '--series-kl', values: d.activeUnits }],
    },
  ];
}

/** What a plot's axis spans over all steps, so that it stays when another one is shown; null when nothing can be shown. */
export function spanOf(plot: TimePlot, all: readonly Diagnostics[]): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const diagnostics of all) {
    for (const { values, deviations: stds } of plot.curves(diagnostics)) {
      values.forEach((value, i) => {
        if (plot.logarithmic && value <= 0) return;
        low = Math.min(low, value);
        high = Math.max(high, value + (stds?.[i] ?? 0));
      });
    }
  }
  if (!(high >= low)) return null;
  if (plot.logarithmic) return [low / 1.5, high * 1.2];
  // A share or a norm is read from 0 on.
  const bottom = Math.min(0, low);
  return [bottom, high > bottom ? high + 0.06 * (high - bottom) : bottom + 1];
}

/**
 * A curve as the columns of a plot: its values, and the upper and lower edge of its band. What a logarithmic axis
 * cannot show is left out, and a band that reaches 0 ends at the axis.
 */
export function columnsOf(
  { values, deviations: stds }: TimeCurve,
  logarithmic: boolean,
  [bottom]: readonly [number, number],
): (number | null)[][] {
  const middle = values.map((value) => (logarithmic && value <= 0 ? null : value));
  if (stds === undefined) return [middle];
  const edge = (sign: 1 | -1) =>
    middle.map((value, i) => (value === null ? null : Math.max(bottom, value + sign * (stds[i] ?? 0))));
  return [middle, edge(1), edge(-1)];
}
