/** Errors for people on their way to another process, or to whoever reads JSON: the code first, the sentence last. */
import * as v from 'valibot';
import { ERROR_CODES } from './error-codes.ts';
import { isCancellation, sentenceOf, UserError } from './errors.ts';

export const ErrorDataSchema = v.strictObject({
  code: v.picklist(ERROR_CODES),
  /** Dotted key of the setting or parameter that is wrong. */
  key: v.exactOptional(v.string()),
  /** Path of the file or folder concerned. */
  file: v.exactOptional(v.string()),
  /** The sentence for a place that shows key or file itself, where it is another one. */
  brief: v.exactOptional(v.string()),
  /** The sentence in the window, where it is another one. */
  window: v.exactOptional(v.string()),
  message: v.string(),
});

export type ErrorData = v.InferOutput<typeof ErrorDataSchema>;

/** What to tell of anything thrown. What is not meant for people has the code `internal`. */
export function toErrorData(error: unknown): ErrorData {
  if (!(error instanceof UserError)) {
    return isCancellation(error)
      ? { code: 'cancelled', message: 'This was cancelled.' }
      : { code: 'internal', message: sentenceOf(error) };
  }
  const { code, key, file, brief, window, message } = error;
  return {
    code,
    ...(key !== undefined && { key }),
    ...(file !== undefined && { file }),
    ...(brief !== message && { brief }),
    ...(window !== message && { window }),
    message,
  };
}

/** The error again; a {@link UserError} unless its code is `internal`. */
export function fromErrorData({ message, ...facts }: ErrorData): Error {
  return facts.code === 'internal' ? new Error(message) : new UserError(message, facts);
}
