/**
 * An error whose message is meant for the person at the machine: one sentence that names the thing,
 * says what is wrong with it and what to do. The command line prints it without a stack trace, the window
 * shows it as it is.
 */
export class UserError extends Error {
  override name = 'UserError';
}

/** The sentence to show for anything thrown: a {@link UserError}'s own, else the message, else its text. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
