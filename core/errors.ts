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

/** What TensorFlow (whose status 8 it is), the driver and Node say when memory runs out. */
const OUT_OF_MEMORY =
  /TF_Status: 8\b|OOM when allocating|ResourceExhausted|RESOURCE_EXHAUSTED|out of memory|CUDA_ERROR_OUT_OF_MEMORY|bad_alloc|Array buffer allocation failed/i;

/** Whether a text, or anything thrown, says that memory ran out. */
export function isOutOfMemory(error: unknown): boolean {
  return OUT_OF_MEMORY.test(sentenceOf(error));
}
