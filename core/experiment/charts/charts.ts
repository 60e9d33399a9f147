/** The plots of a report, as Vega-Lite specifications. */
import type { Plot } from '../recipe.ts';
import type { RunResult } from '../results.ts';
import type { Chart } from './chart.ts';
import { latentMap, latentsOverTime, trajectories } from './latents.ts';
import { curve, reconstructionError, spread } from './runs.ts';

/** The charts of a plot; none where its measurement gave nothing (no labels, a diverged run that cannot draw). */
export function chartsOf(plot: Plot, results: readonly RunResult[]): Chart[] {
  switch (plot.kind) {
    case 'curve':
      return curve(plot.metric, results);
    case 'reconstruction-error':
      return reconstructionError(results);
    case 'spread':
      return spread(results);
    case 'latent-map':
    case 'trajectories':
    case 'latents-over-t':
      return results.flatMap((result) => {
        if (result.latents === null) return [];
        const about = {
          study: result.latents,
          run: `${result.arm}-seed${result.seed}`,
          many: results.length > 1,
          result,
        };
        if (plot.kind === 'latent-map') return latentMap(about, plot.method, plot.colour);
        return plot.kind === 'trajectories' ? trajectories(about, plot.method) : latentsOverTime(about);
      });
  }
}
