/** What the numbers of an evaluation are called, and which way is better. */
import type { Measures } from '../metrics/compare.ts';
import type { EvaluationRecord } from './record.ts';

export interface MeasureEntry {
  key: string;
  label: string;
  /** null: neither is. */
  better: 'lower' | 'higher' | null;
  /** What it says, in one short sentence. */
  meaning: string;
}

/** In the order of tables. A Fréchet distance has its extractor's name there (`distanceName`). */
export const MEASURE_TABLE: readonly MeasureEntry[] = [
  {
    key: 'fd',
    label: 'Fréchet distance',
    better: 'lower',
    meaning:
      'How far the features of samples are from those of real images, by mean and covariance; larger for fewer images.',
  },
  {
    key: 'fdInfinity',
    label: 'Fréchet distance, infinitely many samples',
    better: 'lower',
    meaning: 'The same, extrapolated to infinitely many samples, so that it hardly depends on their number.',
  },
  {
    key: 'kid',
    label: 'Kernel distance',
    better: 'lower',
    meaning:
      'How far the two sets of features are apart by a kernel; does not depend on the number of images.',
  },
  {
    key: 'kidStd',
    label: 'Kernel distance, standard deviation',
    better: null,
    meaning: 'How much the kernel distance varies over the subsets that it is the mean of.',
  },
  {
    key: 'mind',
    label: 'MIND',
    better: 'lower',
    meaning: 'How far the two sets of features are apart along random directions.',
  },
  {
    key: 'precision',
    label: 'Precision',
    better: 'higher',
    meaning: 'Share of samples that lie among the real images: how believable single samples are.',
  },
  {
    key: 'recall',
    label: 'Recall',
    better: 'higher',
    meaning: 'Share of real images that lie among the samples: how much of their variety is reached.',
  },
  {
    key: 'density',
    label: 'Density',
    better: 'higher',
    meaning:
      'Number of real images whose neighbourhood a sample lies in, over what is expected; can exceed 1.',
  },
  {
    key: 'coverage',
    label: 'Coverage',
    better: 'higher',
    meaning: 'Share of real images that have a sample in their neighbourhood.',
  },
  {
    key: 'vendi',
    label: 'Vendi score',
    better: 'higher',
    meaning: 'How many clearly different images the samples amount to.',
  },
  {
    key: 'vendiReference',
    label: 'Vendi score of the reference',
    better: null,
    meaning: 'How many clearly different images the real ones amount to.',
  },
  {
    key: 'authenticity',
    label: 'Authentic samples',
    better: 'higher',
    meaning:
      'Share of samples further from their nearest real image than that one’s own neighbour is; low for copies.',
  },
  {
    key: 'sure',
    label: 'Classifier is sure of',
    better: 'higher',
    meaning: 'Share of samples whose class the data set’s classifier gives a probability of at least 90 %.',
  },
  {
    key: 'imbalance',
    label: 'Class imbalance',
    better: 'lower',
    meaning:
      'Share of samples that would have to be of another class for classes to be as frequent as among real images.',
  },
  {
    key: 'mse',
    label: 'Mean squared error',
    better: 'lower',
    meaning: 'Mean squared difference between the pixels of an image and of its reconstruction.',
  },
  { key: 'psnr', label: 'PSNR (dB)', better: 'higher', meaning: 'The same error in decibels.' },
  {
    key: 'ssim',
    label: 'SSIM',
    better: 'higher',
    meaning: 'How alike the structure is in small windows; 1 for equal images.',
  },
  {
    key: 'featureDistance',
    label: 'Distance in features',
    better: 'lower',
    meaning: 'Distance between the features of an image and of its reconstruction.',
  },
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
