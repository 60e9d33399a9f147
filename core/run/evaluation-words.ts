/** Evaluations on the way in words. */
import type { BestMeasure } from '../config/model.ts';
import type { BestCheckpoint, EvaluationLine } from './evaluation-line.ts';
import { significant } from '../digits.ts';

/** What a checkpoint is the best by: `Fréchet distance, 1 pass`. */
export const MEASURE_NAMES: Readonly<Record<BestMeasure, string>> = {
  'fd-1-pass': 'Fréchet distance, 1 pass',
  'fd-2-passes': 'Fréchet distance, 2 passes',
  reconstruction: 'reconstruction error',
};

/** `Evaluation at step 200: FD-MobileNetV2 31.2 (1 pass), 25.1 (2 passes); reconstruction error 0.0123.` */
export function evaluationSentence({ step, distanceName, fd1, fd2, reconstruction }: EvaluationLine): string {
  const second = fd2 === null ? '' : `, ${short(fd2)} (2 passes)`;
  return `Evaluation at step ${step}: ${distanceName} ${short(fd1)} (1 pass)${second}; reconstruction error ${short(reconstruction)}.`;
}

/** `step 200 (Fréchet distance, 1 pass: 31.2)` */
export function bestWords({ step, measure, value }: BestCheckpoint): string {
  return `step ${step} (${MEASURE_NAMES[measure]}: ${short(value)})`;
}

function short(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential(2) : significant(value, 3);
}
