import { formatNumber } from '../digits.ts';
import { capitalised, countOf } from '../words.ts';
import { MEASURE_NAMES } from './evaluation-words.ts';
import type { RunSummary } from './manifest.ts';
import { collapseSentence, type Outcome, outcomeText } from './outcome.ts';

/**
 * What came of a run, with its numbers: `Finished after 3,000 steps. Loss 0.0421.`
 *
 * @param run as it lies in the library after its training
 * @param said puts each part of it into another language
 */
export function outcomeSentence(
  {
    outcome,
    step,
    steps,
    lastLoss,
    lastMeasured,
  }: Pick<RunSummary, 'outcome' | 'step' | 'steps' | 'lastLoss' | 'lastMeasured'>,
  said: (text: string) => string = (text) => text,
): string {
  const wheres: Partial<Record<Outcome['state'], string>> = {
    finished: ` after ${countOf(steps, 'step')}`,
    stopped: ` of ${steps.toLocaleString('en')}`,
  };
  const where = wheres[outcome.state] ?? '';
  const collapse = collapseSentence(outcome.collapsed);
  // `Finished after 100 steps, but collapsed`: how far it is comes before what is wrong with it.
  const [head, but] = outcomeText(outcome, step).split(', ');
  const sentences = [`${said(head ?? '')}${said(where)}${but === undefined ? '' : `, ${said(but)}`}.`];
  if (collapse !== null) sentences.push(said(collapse));
  if (lastLoss !== null) sentences.push(said(`Loss ${formatNumber(lastLoss)}.`));
  if (lastMeasured !== null) {
    const { measure, value } = lastMeasured;
    sentences.push(`${capitalised(said(MEASURE_NAMES[measure]))}: ${formatNumber(value)}.`);
  }
  return sentences.join(' ');
}
