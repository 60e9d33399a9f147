/** Lines of JSON that each say the `step` they belong to. */
import * as v from 'valibot';

export const ALARMS_FILE = 'alarms.jsonl';
export const EVALUATIONS_FILE = 'evaluations.jsonl';

/** -1 for a line that does not say. */
export function stepOf(text: string): number {
  try {
    const line = v.safeParse(v.looseObject({ step: v.number() }), JSON.parse(text));
    return line.success ? line.output.step : -1;
  } catch {
    return -1;
  }
}

/** The lines of a file that end, with the place after each and their numbers from 1. */
export function* wholeLines(content: Buffer): Generator<{ text: string; end: number; number: number }> {
  let start = 0;
  for (let number = 1; ; number++) {
    const newline = content.indexOf(0x0a, start);
    if (newline < 0) return;
    yield { text: content.toString('utf8', start, newline), end: newline + 1, number };
    start = newline + 1;
  }
}
