/** What the numbers of an evaluation are called, and which way is better. */
import type { Measures } from '../metrics/compare.ts';
import type { EvaluationRecord } from './record.ts';

export interface MeasureEntry {
  key: string;
  label: string;
  /** null: neither is. */
  better: 'lower' | 'higher' | null;
}

/** In the order of tables. A Fréchet distance has its extractor's name there (`distanceName`). */
export const MEASURE_TABLE: readonly MeasureEntry[] = [
  { key: 'fd', label: 'Fréchet distance', better: 'lower' },
  { key: 'fdInfinity', label: 'Fréchet distance, infinitely many samples', better: 'lower' },
  { key: 'kid', label: 'Kernel distance', better: 'lower' },
  { key: 'kidStd', label: 'Kernel distance, standard deviation', better: null },
  { key: 'mind', label: 'MIND', better: 'lower' },
  { key: 'precision', label: 'Precision', better: 'higher' },
  { key: 'recall', label: 'Recall', better: 'higher' },
  { key: 'density', label: 'Density', better: 'higher' },
  { key: 'coverage', label: 'Coverage', better: 'higher' },
  { key: 'vendi', label: 'Vendi score', better: 'higher' },
  { key: 'vendiReference', label: 'Vendi score of the reference', better: null },
  { key: 'authenticity', label: 'Authentic samples', better: 'higher' },
  { key: 'mse', label: 'Mean squared error', better: 'lower' },
  { key: 'psnr', label: 'PSNR (dB)', better: 'higher' },
  { key: 'ssim', label: 'SSIM', better: 'higher' },
  { key: 'featureDistance', label: 'Distance in features', better: 'lower' },
];

/** Measures as an evaluation keeps them: one number each, and the intervals beside. */
export function flatMeasures(
  measures: Readonly<Partial<Omit<Measures, 'seconds' | 'warnings'>>>,
): Pick<EvaluationRecord, 'measures' | 'intervals'> {
  const flat: EvaluationRecord['measures'] = {};
  const intervals: EvaluationRecord['intervals'] = {};
  for (const [key, value] of Object.entries(measures)) {
    if (key === 'seconds' || key === 'warnings') continue;
    if (typeof value === 'object' && value !== null) {
      flat[key] = value.mean;
      intervals[key] = [value.low, value.high];
    } else {
      flat[key] = value;
    }
  }
  return { measures: flat, intervals };
}
