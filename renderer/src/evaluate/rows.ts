import type { EvaluationEntry } from './run-evaluations.svelte.ts';

/** An evaluation and whose it is. */
export interface Row extends EvaluationEntry {
  runId: string;
}

/** What a table says of an evaluation besides its measures. */
export type Fact =
  'run' | 'step' | 'passes' | 'weights' | 'extractor' | 'against' | 'count' | 'protocol' | 'created';
