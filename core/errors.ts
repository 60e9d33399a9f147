import type { ErrorCode } from './error-codes.ts';
import { printable } from './printable.ts';

/** What machines need to know of an error, beside its sentence. */
export interface ErrorFacts {
  /** Default: `invalid`. */
  code?: ErrorCode;
  /** Dotted key of the setting or parameter that is wrong, when it is one alone. */
  key?: string;
  /** Path of the file or folder concerned. */
  file?: string;
  /** The sentence for a place that shows key or file itself. Default: the whole one. */
  brief?: string;
  /** The sentence in the window, where what is to be done is a control there and no command. Default: the same. */
  window?: string;
}

/**
 * An error whose message is meant for the person at the machine: one sentence that names the thing,
 * says what is wrong with it and what to do. The command line prints it without a stack trace, the window
 * shows it as it is, or in words of its own (`window`); names in it are made printable. Nothing reads the sentence but people: programs go by `code`, `key` and `file`.
 */
export class UserError extends Error {
  override name = 'UserError';
  readonly code: ErrorCode;
  readonly key: string | undefined;
  readonly file: string | undefined;
  readonly brief: string;
  readonly window: string;

  constructor(
    message: string,
    { code = 'invalid', key, file, brief, window, ...options }: ErrorFacts & ErrorOptions = {},
  ) {
    super(printable(message), options);
    this.code = code;
    this.key = key;
    this.file = file;
    this.brief = brief === undefined ? this.message : printable(brief);
    this.window = window === undefined ? this.message : printable(window);
  }
}

/** Whether anything thrown says that the work was cancelled: an aborted signal's reason, or our own error. */
export function isCancellation(error: unknown): boolean {
  if (error instanceof UserError) return error.code === 'cancelled';
  return error instanceof Error && error.name === 'AbortError';
}

/** The sentence to show for anything thrown: a {@link UserError}'s own, else the message, else its text. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** As {@link sentenceOf}, for the window. */
export function windowSentenceOf(error: unknown): string {
  return error instanceof UserError ? error.window : sentenceOf(error);
}

/** What TensorFlow (whose status 8 it is), the driver and Node say when memory runs out. */
const OUT_OF_MEMORY =
  /TF_Status: 8\b|OOM when allocating|ResourceExhausted|RESOURCE_EXHAUSTED|out of memory|CUDA_ERROR_OUT_OF_MEMORY|bad_alloc|Array buffer allocation failed|Invalid (?:typed )?array (?:buffer )?length/i;

/** Whether a text, or anything thrown, says that memory ran out. */
export function isOutOfMemory(error: unknown): boolean {
  return OUT_OF_MEMORY.test(sentenceOf(error));
}

/** Where memory ran out, an error that says so to the person; anything else as it is. */
export function withSentence(error: unknown): unknown {
  if (error instanceof UserError || !isOutOfMemory(error)) return error;
  return new UserError('There is not enough memory for this; use a smaller batch or a smaller network.', {
    code: 'out-of-memory',
    cause: error,
  });
}
