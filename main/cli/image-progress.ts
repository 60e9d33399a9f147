import type { EvaluationProgress } from '../../core/evaluate/options.ts';
import { rated } from '../../core/evaluate/progress.ts';
import { countOf } from '../../core/words.ts';
import { formatDuration } from './format.ts';
import type { Output } from './output.ts';

/** Tells phases once each, and how far one is with its rate and the time left. */
export function imageProgress(output: Output): (progress: EvaluationProgress) => void {
  let current = '';
  return rated(({ phase, done, total, perSecond, secondsLeft }) => {
    if (phase !== current) {
      current = phase;
      output.phase(phase);
    }
    if (total === null || done === null) return;
    output.progress(
      [
        `${done.toLocaleString('en-US')} of ${countOf(total, 'image')}`,
        ...(perSecond === null ? [] : [`${perSecond.toPrecision(3)} images/s`]),
        ...(secondsLeft === null ? [] : [`${formatDuration(secondsLeft)} left`]),
      ].join('   '),
      { phase, done, total, imagesPerSecond: perSecond, secondsLeft },
      done === total,
    );
  });
}
