/** An evaluation for tests. */
import type { EvaluationLine } from './evaluation-line.ts';

export function testEvaluation(
  step: number,
  fd1: number,
  others: Partial<EvaluationLine> = {},
): EvaluationLine {
  return {
    ...{ step, extractor: 'pixels', distanceName: 'FD-Pixels', count: 64, reference: 100, fd1, fd2: fd1 / 2 },
    ...{ reconstruction: fd1 / 100, reconstructed: { kind: 'holdout', count: 20 }, copies: null },
    ...{ measure: 'fd-1-pass', seconds: 1 },
    ...others,
  };
}
