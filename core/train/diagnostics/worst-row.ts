import { rowsFor, ROW_COLUMNS } from '../../covae/rows.ts';
import { levelsAtStep, timeSteps } from '../../schedule/time-steps.ts';
import type { ModelConfig } from '../../config/model.ts';
import type { RowLosses } from '../../run/diagnostics.ts';

/**
 * The time of the row that a step's loss comes from most: the first whose weighted loss is not finite, else the one
 * with the largest. Reconstruction and KL divergence (or ‖z₀‖²) count with their weights at the row's time.
 *
 * @param step from 0, which says how many time steps there were
 * @returns null for a batch without rows
 */
export function worstTime(config: ModelConfig, step: number, { t, rec, kl }: RowLosses): number | null {
  const { objective, training } = config;
  const point = { step, totalSteps: training.steps };
  const times = timeSteps(objective, levelsAtStep(objective, step, training.steps));
  const weights = rowsFor(
    config,
    Array.from(t, (time) => intervalOf(times, time)),
    point,
  );
  const weight = (row: number, column: 'rec' | 'latent'): number =>
    weights[row * ROW_COLUMNS.length + ROW_COLUMNS.indexOf(column)] ?? 0;
  let worst = -1;
  let most = -Infinity;
  for (let row = 0; row < t.length; row++) {
    const loss = weight(row, 'rec') * (rec[row] ?? 0) + weight(row, 'latent') * (kl[row] ?? 0);
    if (!Number.isFinite(loss)) return t[row] ?? null;
    if (loss > most) {
      most = loss;
      worst = row;
    }
  }
  return t[worst] ?? null;
}

/** Index of the interval that ends at a time. */
function intervalOf(times: Float32Array, t: number): number {
  let nearest = 1;
  times.forEach((time, i) => {
    if (i > 0 && Math.abs(time - t) < Math.abs((times[nearest] ?? 0) - t)) nearest = i;
  });
  return nearest - 1;
}
