/** Long works that are counted in bytes. */
import { formatBytes, formatDuration } from './format.ts';
import type { Output } from './output.ts';

/**
 * Tells how far a work is, with its rate and the time left.
 *
 * @param verb what is done with them: `copied`
 */
export function bytesTold(output: Output, verb = ''): (progress: { done: number; total: number }) => void {
  let started: number | null = null;
  return ({ done, total }) => {
    started ??= performance.now();
    const perSecond = (1000 * done) / Math.max(1, performance.now() - started);
    const secondsLeft = (total - done) / perSecond;
    output.progress(
      `${formatBytes(done)} of ${formatBytes(total)}${verb === '' ? '' : ` ${verb}`}   ${formatBytes(perSecond)} a second   ${formatDuration(secondsLeft)} left`,
      { done, total, perSecond, secondsLeft },
      done === total,
    );
  };
}
