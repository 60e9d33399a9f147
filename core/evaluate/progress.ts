/** How far an evaluation is, with its rate and the time left. */
import type { EvaluationProgress } from './options.ts';

/** Null: not known. */
export interface RatedProgress {
  phase: string;
  done: number | null;
  total: number | null;
  /** Images a second in this phase. */
  perSecond: number | null;
  /** Until the end of this phase. */
  secondsLeft: number | null;
}

/** Adds rate and time left to what is done of each phase. */
export function rated(
  tell: (progress: RatedProgress) => void,
  now: () => number = () => performance.now(),
): (progress: EvaluationProgress) => void {
  let began = { phase: '', at: 0, done: 0 };
  let last = 0;
  return ({ phase, done, total }) => {
    // Two parts of an evaluation may have a phase of the same name.
    if (phase !== began.phase || done < last) began = { phase, at: now(), done };
    last = done;
    const seconds = (now() - began.at) / 1000;
    const isKnown = total !== null && seconds > 0 && done > began.done;
    const perSecond = isKnown ? (done - began.done) / seconds : null;
    tell({
      ...{ phase, total, perSecond },
      done: total === null ? null : done,
      secondsLeft: total === null || perSecond === null ? null : (total - done) / perSecond,
    });
  };
}
