import { formatNumber } from '../digits.ts';
import { capitalised, countOf, listOf } from '../words.ts';
import { MEASURE_NAMES } from './evaluation-words.ts';
import type { RunSummary } from './manifest.ts';
import { collapseClauses, type Outcome, outcomeText } from './outcome.ts';

/** Puts parts of a sentence into another language. */
export interface Speech {
  text: (text: string) => string;
  /** @param number with a decimal point */
  number: (number: string) => string;
  list: (words: readonly string[]) => string;
}

const ENGLISH: Speech = { text: (text) => text, number: (number) => number, list: listOf };

/**
 * What came of a run, with its numbers: `Finished after 3,000 steps. Loss 0.0421.`
 *
 * @param run as it lies in the library after its training
 * @param said the language
 */
export function outcomeSentence(
  {
    outcome,
    step,
    steps,
    lastLoss,
    lastMeasured,
  }: Pick<RunSummary, 'outcome' | 'step' | 'steps' | 'lastLoss' | 'lastMeasured'>,
  said: Speech = ENGLISH,
): string {
  const heads: Partial<Record<Outcome['state'], string>> = {
    finished: `Finished after ${countOf(steps, 'step')}`,
    stopped: `Stopped at step ${step.toLocaleString('en')} of ${steps.toLocaleString('en')}`,
  };
  const head = heads[outcome.state] ?? outcomeText({ ...outcome, collapsed: [] }, step);
  const collapsed = collapseClauses(outcome.collapsed).map(said.text);
  const sentences = [`${said.text(head)}${collapsed.length === 0 ? '' : said.text(', but collapsed')}.`];
  if (collapsed.length > 0) sentences.push(`${capitalised(said.list(collapsed))}.`);
  if (lastLoss !== null) sentences.push(`${said.text('Loss')} ${said.number(formatNumber(lastLoss))}.`);
  if (lastMeasured !== null) {
    const { measure, value } = lastMeasured;
    sentences.push(`${capitalised(said.text(MEASURE_NAMES[measure]))}: ${said.number(formatNumber(value))}.`);
  }
  return sentences.join(' ');
}
