/** What a data set's classifier says of samples: how sure it is, and which classes they are of. */
import type { Features } from '../metrics/moments.ts';
import { classBalance, type ClassBalance } from './classifier/classifier.ts';
import type { Extractor } from './extractors/extractor.ts';
import type { EvaluationRecord } from './record.ts';

export interface ClassMeasures {
  /** Keys of measure-table.ts. */
  measures: { sure: number; imbalance: number };
  classes: NonNullable<EvaluationRecord['classes']>;
}

/**
 * Classes of samples against those of real images.
 *
 * @returns null for an extractor that knows no classes
 */
export function classMeasures(
  { classes }: Extractor,
  reference: Features,
  samples: Features,
): ClassMeasures | null {
  if (!classes) return null;
  const { names } = classes;
  const balanceOf = (features: Features): ClassBalance =>
    classBalance(classes.probabilities(features), names.length);
  const [real, drawn] = [balanceOf(reference), balanceOf(samples)];
  const differences = drawn.shares.map((share, c) => Math.abs(share - real.shares[c]!));
  return {
    measures: { sure: drawn.sure, imbalance: differences.reduce((a, b) => a + b, 0) / 2 },
    classes: names.map((name, c) => ({ name, samples: drawn.shares[c]!, reference: real.shares[c]! })),
  };
}
