import fs from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { writeProblem } from '../core/files.ts';
import { printable } from '../core/printable.ts';

interface LogOptions {
  limit?: number;
  /** Told a sentence, the first time that the log cannot be written. */
  onProblem?: (sentence: string) => void;
}

export interface LogFile {
  readonly file: string;
  readonly write: (message: string, error?: unknown) => void;
}

/**
 * A log that keeps its last `limit` to twice `limit` bytes: when the file is full it becomes `<name>.1.log`.
 * An entry is one line, and those of an error's details are indented, whatever names are in it. It never throws: a log that cannot
 * be written is no reason to stop.
 */
export function openLog(
  folder: string,
  name: string,
  { limit = 1_000_000, onProblem }: LogOptions = {},
): LogFile {
  const file = path.join(folder, `${name}.log`);
  let told = false;
  return {
    file,
    write(message, error) {
      const detail =
        error === undefined ? '' : ` ${inspect(error).split('\n').map(printable).join('\n    ')}`;
      try {
        fs.mkdirSync(folder, { recursive: true });
        const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
        if (size > limit) fs.renameSync(file, path.join(folder, `${name}.1.log`));
        fs.appendFileSync(file, `${new Date().toISOString()} ${printable(message)}${detail}\n`);
      } catch (problem) {
        if (!told)
          onProblem?.(`${writeProblem(problem, 'log', file).message} The application goes on without it.`);
        told = true;
      }
    },
  };
}
