import type { Parent } from './manifest.ts';

/** What a run took of the one that it began from: its weights, its whole state, or that with averaged weights. */
export type Descent = 'weights' | 'fork' | 'average';

/** By what is noted down of its parent. */
export function descentOf({ changed, average }: Pick<Parent, 'changed' | 'average'>): Descent {
  if (average !== undefined) return 'average';
  return changed === null ? 'weights' : 'fork';
}
