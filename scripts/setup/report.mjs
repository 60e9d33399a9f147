/** One line for each step; a failure says which step, why, and what to do. */

/** A step that cannot go on. `why` and `remedy` are sentences; `output` is what the failing tool printed. */
export class StepError extends Error {
  constructor(why, { remedy = '', output = '' } = {}) {
    super(why);
    this.name = 'StepError';
    this.remedy = remedy;
    this.output = output;
  }
}

/** The last lines of a tool's output, indented, for a failure report. */
export function lastLines(output, count = 12) {
  return output
    .split(/\r?\n|\r/)
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .map((line) => `    ${line.slice(0, 300)}`)
    .join('\n');
}

/** The text of a failed step, without its stack trace unless it was not foreseen. */
export function failureText(title, error) {
  if (!(error instanceof StepError))
    return `✗ ${title}: ${error instanceof Error ? error.stack : String(error)}`;
  const parts = [`✗ ${title}: ${error.message}`];
  const tail = lastLines(error.output);
  if (tail) parts.push(tail);
  if (error.remedy) parts.push(`  What to do: ${error.remedy}`);
  return parts.join('\n');
}

/** Size in the unit downloads are counted in. */
export function megabytes(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}

const QUIET_MS = 1500;
const REPEAT_MS = 15_000;

/**
 * Runs one step and prints its line. `work` gets `progress(text)`, which is shown while the step takes long
 * (rewritten in place on a terminal, now and then otherwise), and returns the text after the title, or
 * `{ note, warn: true }` for a step that did not succeed but need not stop the rest.
 */
export async function step(title, work, out = process.stdout) {
  const begun = Date.now();
  let lastShown = begun - REPEAT_MS + QUIET_MS;
  const clear = () => out.isTTY && out.write('\r\x1b[2K');
  const progress = (text) => {
    const now = Date.now();
    if (now - lastShown < (out.isTTY ? 100 : REPEAT_MS)) return;
    lastShown = now;
    if (out.isTTY) out.write(`\r\x1b[2K… ${title}: ${text}`.slice(0, out.columns ?? 110));
    else out.write(`… ${title}: ${text}\n`);
  };
  try {
    const result = await work(progress);
    clear();
    const { note, warn } = typeof result === 'string' ? { note: result, warn: false } : result;
    const seconds = (Date.now() - begun) / 1000;
    out.write(`${warn ? '!' : '✓'} ${title}: ${note}${seconds >= 2 ? ` (${seconds.toFixed(0)} s)` : ''}\n`);
  } catch (error) {
    clear();
    error.step = title;
    throw error;
  }
}
