/** The curves of a run that have few points of their own: evaluations, and how well images are reconstructed. */
import type { Diagnostics } from '../../../../core/run/diagnostics.ts';
import type { BestCheckpoint, EvaluationLine } from '../../../../core/run/evaluation-line.ts';
import { type CurveAxis, type CurveColumn, placesOn } from '../../../../main/ipc/contract.ts';
import { formatCount } from '../../format.ts';
import type { CurveSnapshot } from './curve-store.ts';

/** A curve as the page draws it. */
export interface Plot {
  key: string;
  title: string;
  unit: string;
  colour: string;
  sparse: boolean;
  /** Set, and not measured: there is nothing to average. */
  plain?: boolean;
  steps: ArrayLike<number>;
  xs: ArrayLike<number>;
  column: CurveColumn;
  note: string;
}

const EVALUATED = [
  { key: 'fd1', measure: 'fd-1-pass', words: '1 pass', colour: '--series-loss' },
  { key: 'fd2', measure: 'fd-2-passes', words: '2 passes', colour: '--series-denoiser' },
  {
    key: 'reconstruction',
    measure: 'reconstruction',
    words: 'Reconstruction error',
    colour: '--series-reconstruction',
  },
] as const;

const FITTED = [
  { key: 'training', title: 'Error, training images', colour: '--series-reconstruction' },
  { key: 'heldOut', title: 'Error, held-out images', colour: '--series-denoiser' },
] as const;

/**
 * What evaluations on the way measured.
 *
 * @param best the best checkpoint by them
 */
export function evaluatedPlots(
  evaluations: readonly EvaluationLine[],
  best: BestCheckpoint | null,
  curves: CurveSnapshot,
  axis: CurveAxis,
): Plot[] {
  const lastEvaluation = evaluations.at(-1);
  if (lastEvaluation === undefined) return [];
  const steps = Float64Array.from(evaluations, ({ step }) => step);
  // The time of a step is that of the line nearest to it.
  const seconds = steps.map((step) => curves.seconds[curves.nearest(step)] ?? 0);
  const { batchSize, images } = curves;
  const places = placesOn(axis, { steps, seconds, batchSize, images });
  return EVALUATED.filter(({ key }) => lastEvaluation[key] !== null).map(
    ({ key, measure, words, colour }) => {
      const values = Float64Array.from(evaluations, (line) => line[key] ?? NaN);
      return {
        ...{ key, colour, steps, xs: places, sparse: true },
        title: key === 'reconstruction' ? words : `${lastEvaluation.distanceName}, ${words}`,
        unit:
          key === 'reconstruction'
            ? lastEvaluation.reconstructed.kind === 'holdout'
              ? 'of images held out'
              : 'of training images'
            : '',
        column: { mean: values, min: values, max: values },
        note: best?.measure === measure ? `best at step ${formatCount(best.step)}` : '',
      };
    },
  );
}

/** Where images are held out: how well they are reconstructed, beside those trained on. */
export function fittedPlots(
  diagnostics: readonly Diagnostics[],
  curves: CurveSnapshot,
  axis: CurveAxis,
): Plot[] {
  const fits = diagnostics.flatMap(({ step, fit }) => (fit === undefined ? [] : [{ step, ...fit }]));
  if (fits.length === 0) return [];
  const steps = Float64Array.from(fits, ({ step }) => step);
  const { batchSize, images } = curves;
  const seconds = steps.map((step) => curves.seconds[curves.nearest(step)] ?? 0);
  const places = placesOn(axis, { steps, seconds, batchSize, images });
  return FITTED.map(({ key, title, colour }) => {
    const values = Float64Array.from(fits, (fit) => fit[key]);
    return {
      ...{ key, title, colour, steps, xs: places, sparse: true, note: '', unit: 'mean squared' },
      column: { mean: values, min: values, max: values },
    };
  });
}
