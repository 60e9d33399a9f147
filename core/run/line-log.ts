/** Files of JSON lines, each with the `step` it belongs to, appended to while a run is trained. */
import fs from 'node:fs';
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { errorCode, readProblem, writeProblem } from '../files.ts';
import { openToRead, readBytes, refuseOtherKinds } from '../read-file.ts';
import { checkValue } from '../json-file.ts';
import { stepOf, wholeLines } from './lines.ts';
import { type LogMark, LogMeter } from './log-marks.ts';

/** Checks one line. */
export type LineSchema<T extends { step: number }> = v.GenericSchema<unknown, T>;

/** Lines kept of those that the disk refuses; the oldest go first. */
const MOST_WAITING = 100_000;

/** Appends to a file of lines. One writer at a time. */
export interface LineLog<T> {
  /**
   * @throws UserError when the disk refuses; the line is kept then, and written with the next one or by
   *   {@link LineLog.flush}
   */
  append(line: T): void;
  /** Writes the lines that the disk refused before. @throws UserError when it refuses again */
  flush(): void;
  /** What there is in the file by now. */
  mark(): LogMark;
  /** Tries once more to write what was refused; never throws. */
  close(): void;
}

/**
 * Opens a file of lines for appending, making it where it is missing: cuts off a torn last line, and the lines of
 * steps after `lastStep`, which a resumed training is about to do again.
 *
 * @param lastStep step the training goes on from; 0 for a new one
 * @param what the file in words, for the sentence when it cannot be written
 * @throws UserError when the file is damaged before its last line or cannot be written
 */
export function openLineLog<T extends { step: number }>(
  file: string,
  schema: LineSchema<T>,
  lastStep: number,
  what: string,
): LineLog<T> {
  try {
    refuseOtherKinds(file);
    const descriptor = fs.openSync(file, 'a+');
    const meter = new LogMeter();
    try {
      const content = fs.readFileSync(file);
      const kept = keptBytes(content, file, schema, lastStep);
      fs.ftruncateSync(descriptor, kept);
      meter.add(content.subarray(0, kept));
    } catch (error) {
      fs.closeSync(descriptor);
      throw error;
    }
    const waiting: string[] = [];
    const flush = (): void => {
      if (waiting.length === 0) return;
      try {
        const text = Buffer.from(waiting.join(''));
        appendWhole(descriptor, text);
        meter.add(text);
        waiting.length = 0;
      } catch (error) {
        throw writeProblem(error, what, file);
      }
    };
    return {
      append(line) {
        waiting.push(JSON.stringify(line) + '\n');
        if (waiting.length > MOST_WAITING) waiting.shift();
        flush();
      },
      flush,
      mark: () => meter.mark(),
      close() {
        try {
          flush();
        } catch {
          // Told when it was refused first.
        }
        fs.closeSync(descriptor);
      },
    };
  } catch (error) {
    throw writeProblem(error, what, file);
  }
}

/** Appends the whole text, or nothing of it. */
function appendWhole(descriptor: number, text: Uint8Array): void {
  const { size } = fs.fstatSync(descriptor);
  try {
    fs.appendFileSync(descriptor, text);
  } catch (error) {
    // A part may have found room.
    fs.ftruncateSync(descriptor, size);
    throw error;
  }
}

/** Length of the whole lines up to and with step `lastStep`. */
function keptBytes<T extends { step: number }>(
  content: Buffer,
  file: string,
  schema: LineSchema<T>,
  lastStep: number,
): number {
  let kept = 0;
  for (const { text, end, number } of wholeLines(content)) {
    const line = parseLine(text, file, schema, number, end === content.length);
    if (line === null || line.step > lastStep) break;
    kept = end;
  }
  return kept;
}

/**
 * Length of the lines before the first one of a step after `step`, whatever else is in them; what is torn at the end
 * counts as after it.
 */
export function bytesUpTo(content: Buffer, step: number): number {
  let kept = 0;
  for (const { text, end } of wholeLines(content)) {
    if (stepOf(text) > step) break;
    kept = end;
  }
  return kept;
}

/** @returns null for a last line that was torn by a crash */
function parseLine<T extends { step: number }>(
  text: string,
  file: string,
  schema: LineSchema<T>,
  number: number,
  isLast: boolean,
): T | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (isLast) return null;
    throw new UserError(
      `${file}: line ${number} is not valid JSON; the file was damaged, remove that line.`,
      {
        code: 'unreadable',
        file,
      },
    );
  }
  const result = v.safeParse(schema, value);
  return result.success
    ? result.output
    : checkValue(schema, value, `${file}, line ${number}`, { code: 'unreadable', file });
}

/** A line of a log is shorter, in bytes. */
const LONGEST_LINE = 65_536;

/**
 * The last whole line that fits, read from the end of the file; null when there is none, or no file.
 *
 * @throws UserError when the file cannot be read
 */
export async function readLastLine<T extends { step: number }>(
  file: string,
  schema: LineSchema<T>,
): Promise<T | null> {
  try {
    const handle = await openToRead(file);
    try {
      const { size } = await handle.stat();
      const tail = Buffer.alloc(Math.min(size, LONGEST_LINE));
      await handle.read(tail, 0, tail.length, size - tail.length);
      // What comes after the last end of a line was torn.
      const lines = tail.toString('utf8').split('\n').slice(0, -1).reverse();
      for (const text of lines) {
        const line = lineOrNull(text, schema);
        if (line !== null) return line;
      }
      return null;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw readProblem(error, file);
  }
}

function lineOrNull<T extends { step: number }>(text: string, schema: LineSchema<T>): T | null {
  try {
    const result = v.safeParse(schema, JSON.parse(text));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}

/**
 * All whole lines; none when the file is not there.
 *
 * @throws UserError naming the line that is damaged; a torn last line is left out without a word
 */
export async function readLines<T extends { step: number }>(
  file: string,
  schema: LineSchema<T>,
): Promise<T[]> {
  let content: Buffer;
  try {
    content = await readBytes(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readProblem(error, file);
  }
  const lines: T[] = [];
  for (const { text, end, number } of wholeLines(content)) {
    const line = parseLine(text, file, schema, number, end === content.length);
    if (line !== null) lines.push(line);
  }
  return lines;
}
