import type { Studio } from '../studio.ts';
import type { RunEntry } from './database.ts';

/** The runs that something can be drawn from: sound ones with weights, and the one in training. */
export function drawableRuns({ library, training }: Pick<Studio, 'library' | 'training'>): RunEntry[] {
  return library.runs.filter((run) => run.problem === null && (run.drawable || training.trains(run.id)));
}
