/** What the command line prints: text for people, or JSON lines with `--json`. */
import type { ErrorData } from '../../core/error-data.ts';
import type { TrainCallbacks } from '../../core/train/api.ts';
import type { Alarm } from '../../core/run/diagnostics.ts';
import { evaluationSentence } from '../../core/run/evaluation-words.ts';
import { countOf } from '../../core/words.ts';
import { alarmSentence } from '../../core/train/diagnostics/sentences.ts';
import { writeProblem } from '../../core/files.ts';
import { EXIT } from '../exit-codes.ts';
import { printable, printableJson } from '../../core/printable.ts';
import { formatDuration } from './format.ts';
import { formatNumber } from '../../core/digits.ts';

/** A stream to write to: process.stdout, or a test's. */
export interface TextSink {
  write(text: string): unknown;
  /** True on a terminal, where a line can be written over. */
  isTTY?: boolean;
  columns?: number;
}

export interface Streams {
  stdout: TextSink;
  stderr: TextSink;
}

/** Whether an error of a stream says that nobody is there to read: a closed pipe, or a terminal that is gone. */
export function isClosedOutput({ code }: NodeJS.ErrnoException, { isTTY }: { isTTY?: boolean }): boolean {
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || (code === 'EIO' && isTTY === true);
}

/** The one sentence for a standard output that takes no more: `covae train > /dev/full`. */
export function outputProblem(error: unknown, stopped: boolean): string {
  const { message } = writeProblem(error, 'output', 'standard output');
  return `covae: ${message.replace(/\.$/, '')}${stopped ? '; what was under way is stopped as by Ctrl-C' : ''}.`;
}

const JSON_INTERVAL_MS = 200;
const TERMINAL_INTERVAL_MS = 100;
const LOG_INTERVAL_MS = 5000;

/**
 * Prints the course of one command. Text mode: lines on stdout, and a progress line that is written over on a
 * terminal and repeated every few seconds elsewhere. JSON mode: one object a line on stdout, each with an `event`
 * (`phase`, `progress`, …, and `result` or `error` as the last). Whatever names are in it, a line is one line and
 * steers no terminal.
 */
export class Output {
  readonly json: boolean;
  readonly #streams: Streams;
  #lineIsOpen = false;
  #lastProgress = -Infinity;

  constructor(streams: Streams, { json }: { json: boolean }) {
    this.#streams = streams;
    this.json = json;
  }

  /** A line for people only. */
  line(text: string): void {
    if (this.json) return;
    this.#closeLine();
    this.#streams.stdout.write(`${printable(text)}\n`);
  }

  /** Text as it is, for other programs: a table. Nothing else goes to the same stream. */
  text(text: string): void {
    this.#closeLine();
    this.#streams.stdout.write(text);
  }

  /** Something worth telling that is no result; goes to stderr in both modes. */
  warn(text: string): void {
    this.#closeLine();
    this.#streams.stderr.write(`${printable(text)}\n`);
  }

  /** An object for machines only. */
  event(event: string, fields: object): void {
    if (this.json) this.#streams.stdout.write(`${printableJson({ event, ...fields })}\n`);
  }

  /** What is going on now: an own line, and a `phase` event. */
  phase(text: string): void {
    this.event('phase', { text });
    this.line(`${text}…`);
  }

  /**
   * How far it is; may be called as often as one likes.
   *
   * @param isLast always printed
   */
  progress(text: string, fields: object, isLast = false): void {
    const { stdout } = this.#streams;
    const now = performance.now();
    const interval = this.json ? JSON_INTERVAL_MS : stdout.isTTY ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS;
    if (!isLast && now - this.#lastProgress < interval) return;
    this.#lastProgress = now;
    if (this.json) {
      this.event('progress', fields);
    } else if (stdout.isTTY) {
      // One column less than there are: writing in the last one makes some terminals begin a new line.
      stdout.write(`\r\x1b[K${printable(text).slice(0, Math.max(20, (stdout.columns ?? 80) - 1))}`);
      this.#lineIsOpen = true;
    } else {
      stdout.write(`${printable(text)}\n`);
    }
  }

  /** The outcome: the lines in text mode, one `result` event in JSON mode, with the code that the command ends with. */
  result(fields: object, lines: readonly string[], exitCode: number = EXIT.DONE): void {
    this.event('result', { ...fields, exitCode });
    for (const text of lines) this.line(text);
  }

  /** An `error` event, the last one, for machines. */
  error({ code, key, file, message }: ErrorData, exitCode: number = EXIT.FAILED): void {
    this.event('error', { code, key: key ?? null, file: file ?? null, message, exitCode });
  }

  /** The sentence of an error. */
  failure(sentence: string): void {
    this.#closeLine();
    this.#streams.stderr.write(`${inShort(printable(sentence))}\n`);
  }

  #closeLine(): void {
    if (!this.#lineIsOpen) return;
    this.#lineIsOpen = false;
    this.#streams.stdout.write('\n');
  }
}

const LONGEST_SENTENCE = 3000;

/** A sentence without its middle, where it quotes more than anybody reads. */
export function inShort(sentence: string): string {
  const half = LONGEST_SENTENCE / 2;
  return sentence.length <= LONGEST_SENTENCE
    ? sentence
    : `${sentence.slice(0, half)} … ${sentence.slice(-half)}`;
}

/** Tells an alarm of a training. That of a step that was not finite ends it, and is told then. */
export function tellAlarm(output: Output, alarm: Alarm): void {
  output.event('alarm', alarm);
  if (alarm.value !== null) output.warn(`${alarmSentence(alarm)}. ${alarm.advice}`);
}

/** Tells evaluations amid a training, and how far one is. */
export function tellEvaluations(
  output: Output,
): Required<Pick<TrainCallbacks, 'onEvaluation' | 'onEvaluating'>> {
  return {
    onEvaluation: (evaluation) => {
      output.event('evaluation', evaluation);
      output.line(evaluationSentence(evaluation));
    },
    onEvaluating: (progress) => {
      // Machines take lines of progress for steps.
      if (progress === null || output.json) return;
      const { done, total } = progress;
      output.progress(`evaluating ${done} of ${countOf(total, 'image')}`, {});
    },
  };
}

/** What the course of a training tells besides its progress: small failures, and a full disk that it waits for. */
export function tellTroubles(output: Output): Required<Pick<TrainCallbacks, 'onNotice' | 'onWaiting'>> {
  return {
    onNotice: (text, kind) => {
      output.event('notice', { text, kind });
      output.warn(text);
    },
    onWaiting: (waiting) => {
      output.event('waiting', { missing: waiting?.missing ?? null, over: waiting === null });
      output.warn(waiting?.sentence ?? 'The waiting for room on the disk is over.');
    },
  };
}

/** `step 120/1600   loss 83.1   9.8 steps/s   2 min 31 s left` */
export function trainingLine(progress: {
  step: number;
  steps: number;
  loss: number;
  stepsPerSecond: number;
  secondsLeft: number | null;
}): string {
  const { step, steps, loss, stepsPerSecond, secondsLeft } = progress;
  const parts = [`step ${step}/${steps}`, `loss ${formatLoss(loss)}`];
  if (stepsPerSecond > 0) parts.push(`${stepsPerSecond.toPrecision(3)} steps/s`);
  if (secondsLeft !== null) parts.push(`${formatDuration(secondsLeft)} left`);
  return parts.join('   ');
}

/** Three significant digits, without an exponent where that is short. */
export function formatLoss(loss: number): string {
  return formatNumber(loss);
}
