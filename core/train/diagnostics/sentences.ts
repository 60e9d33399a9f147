import type { Alarm } from '../../run/diagnostics.ts';
import { formatNumber } from '../../digits.ts';

/** `Loss not finite at step 120, t = 0.05` */
export function alarmSentence({ name, step, value, bound, t }: Alarm): string {
  const numbers =
    value === null
      ? ''
      : ` (${formatNumber(value)}${bound === null ? '' : `, bound ${formatNumber(bound)}`})`;
  return `${name} at step ${step}${numbers}${t === null ? '' : `, t = ${formatNumber(t)}`}`;
}

/**
 * How a training ended because a step was not finite: a sentence without its stop, so that the way on can be added.
 *
 * @param step steps trained, that one not among them
 * @param alarm the alarm of that step, where there was one
 */
export function divergenceClause(step: number, alarm: Alarm | null): string {
  const known = alarm?.kind === 'divergence' && alarm.value === null ? alarm : null;
  const what = known?.name.startsWith('Gradient') ? 'the gradient' : 'the loss';
  const where = known === null || known.t === null ? '' : ` at t = ${formatNumber(known.t)}`;
  return `The training diverged ${step === 0 ? 'at its first step' : `after step ${step}`} (${what} was not finite${where})`;
}

/** {@link divergenceClause} with the alarm's advice. */
export function divergedSentence(step: number, alarm: Alarm | null): string {
  const clause = divergenceClause(step, alarm);
  return alarm === null ? `${clause}.` : `${clause}; ${decapitalised(alarm.advice)}`;
}

/** A sentence that goes on after a semicolon. */
function decapitalised(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
