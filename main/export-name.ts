import { drawWords } from '../core/explore/draw-details.ts';
import type { SampleOptions } from '../core/explore/api.ts';

/** The name proposed for exported samples: what it takes to draw them again. */
export function exportName({ runId, ...draw }: SampleOptions & { runId: string }): string {
  return `${runId}-${draw.count}-samples-seed-${draw.seed}-passes-${draw.passes}${drawWords(draw)}`;
}
