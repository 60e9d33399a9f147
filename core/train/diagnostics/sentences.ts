import type { Alarm } from './api.ts';

/** `Loss not finite at step 120, t = 0.05` */
export function alarmSentence({ name, step, value, bound, t }: Alarm): string {
  const numbers =
    value === null ? '' : ` (${short(value)}${bound === null ? '' : `, bound ${short(bound)}`})`;
  return `${name} at step ${step}${numbers}${t === null ? '' : `, t = ${short(t)}`}`;
}

/**
 * What to tell when a training ended because a step was not finite.
 *
 * @param step steps trained, that one not among them
 * @param alarm the alarm of that step, where one was heard
 */
export function divergedSentence(step: number, alarm: Alarm | null): string {
  const known = alarm?.kind === 'divergence' && alarm.value === null ? alarm : null;
  const what = known?.name.startsWith('Gradient') ? 'the gradient' : 'the loss';
  const where = known === null || known.t === null ? '' : ` at t = ${short(known.t)}`;
  return `The training diverged after step ${step} (${what} was not finite${where}); the weights before that are kept.`;
}

function short(value: number): string {
  const size = Math.abs(value);
  return value !== 0 && (size < 1e-3 || size >= 1e6)
    ? value.toExponential(2)
    : String(Number(value.toPrecision(3)));
}
