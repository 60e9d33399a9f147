/** One evaluation as the window asks for it, with progress as it shows it. */
import { evaluateRun } from '../../core/evaluate/evaluation.ts';
import { evaluateOptions } from '../../core/evaluate/options.ts';
import { rated } from '../../core/evaluate/progress.ts';
import type { EvaluationOrder, EvaluationProgress } from '../ipc/evaluation-contract.ts';
import { throttled } from './throttle.ts';

const PROGRESS_INTERVAL = 100;

/**
 * Measures a run and writes what was measured into its folder.
 *
 * @returns the number of measurements
 */
export async function evaluate(
  home: string,
  { runId, extractor, passes, count, against, weights, step, protocol, seed }: EvaluationOrder,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: EvaluationProgress) => void },
): Promise<{ count: number }> {
  const progress = throttled(PROGRESS_INTERVAL, onProgress);
  let phase = '';
  const withRate = rated((latest) => {
    progress.push(latest);
    // What comes next may block this thread for long.
    if (latest.phase !== phase || latest.done === latest.total) progress.flush();
    phase = latest.phase;
  });
  onProgress({ phase: 'Opening the run', done: null, total: null, perSecond: null, secondsLeft: null });
  const records = await evaluateRun(
    home,
    runId,
    evaluateOptions({ protocol, extractor, passes, count, against, weights, step, seed }),
    { signal, onProgress: withRate },
  );
  progress.flush();
  return { count: records.length };
}
