/** What a run remembers of its logs with each checkpoint, so that one that was cut short or changed is noticed. */
import { createHash, type Hash } from 'node:crypto';
import path from 'node:path';
import * as v from 'valibot';
import { errorCode, readProblem } from '../files.ts';
import { readBytes } from '../read-file.ts';
import { countOf, listOf } from '../words.ts';
import { ALARMS_FILE, stepOf, wholeLines } from './lines.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** How long a log was, and the SHA-256 of it. */
export const LogMarkSchema = v.strictObject({
  lines: count,
  bytes: count,
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

export type LogMark = v.InferOutput<typeof LogMarkSchema>;

/** File name of a log → its mark. */
export type LogMarks = Readonly<Record<string, LogMark>>;

/** Follows what is written to a log. */
export class LogMeter {
  readonly #hash: Hash = createHash('sha256');
  #lines = 0;
  #bytes = 0;

  /** @param text whole lines */
  add(text: Uint8Array): void {
    this.#hash.update(text);
    this.#bytes += text.length;
    for (const byte of text) if (byte === 0x0a) this.#lines++;
  }

  mark(): LogMark {
    return { lines: this.#lines, bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') };
  }
}

/**
 * Holds the logs of a run to what was noted of them with the checkpoint of a step. What comes after that are lines of
 * later steps.
 *
 * @returns one sentence that names all that are not whole; null when they are
 */
export async function logDamage(runDir: string, marks: LogMarks, step: number): Promise<string | null> {
  const wrong: string[] = [];
  for (const [name, mark] of Object.entries(marks)) {
    // The alarm of a step that was not finite bears the number of the step before it.
    const done = name === ALARMS_FILE ? step - 1 : step;
    const what = await damageOf(path.join(runDir, name), mark, done);
    if (what !== null) wrong.push(`${name} ${what}`);
  }
  if (wrong.length === 0) return null;
  return `The logs of the run are not what was written (${listOf(wrong)}); they stay as they are, and the weights are not touched by it.`;
}

async function damageOf(
  file: string,
  { lines, bytes, sha256 }: LogMark,
  done: number,
): Promise<string | null> {
  let content: Buffer;
  try {
    content = await readBytes(file);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw readProblem(error, file);
    return bytes === 0 ? null : `with ${countOf(lines, 'line')} is gone`;
  }
  const meter = new LogMeter();
  meter.add(content.subarray(0, bytes));
  const found = meter.mark();
  if (found.sha256 === sha256) {
    const more = [...wholeLines(content.subarray(bytes))].filter(({ text }) => stepOf(text) <= done).length;
    return more === 0 ? null : `has ${countOf(more, 'line')} that do not belong there`;
  }
  if (content.length < bytes) return `has ${found.lines} of ${countOf(lines, 'line')}`;
  return 'has lines that were changed';
}
