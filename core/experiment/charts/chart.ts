/** What charts of experiments have in common. */
import type { TopLevelSpec } from 'vega-lite';

/** A plot and the name of its file, without the ending. */
export interface Chart {
  file: string;
  title: string;
  spec: TopLevelSpec;
}

/** A logarithmic time axis over the times there are. */
export function timeAxis(values: readonly { t: number }[]): object {
  const times = values.map(({ t }) => t);
  return {
    field: 't',
    type: 'quantitative',
    title: 't',
    scale: { type: 'log', domain: [Math.min(...times), Math.max(...times)], nice: false },
    axis: { format: '~g', tickCount: 5 },
  };
}
