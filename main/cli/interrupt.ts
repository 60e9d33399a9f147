/** Ctrl-C: the first asks the work to stop and save, a second one ends the program at once. */

/**
 * The npm that started us passes on a Ctrl-C that the terminal has sent us already, so that one press comes as two
 * signals; and while a step computes, signals queue up and come together.
 */
const SAME_PRESS_MS = 1000;

/** Exit code after Ctrl-C, by the shells' convention: 128 + 2. */
export const INTERRUPTED = 130;

const running = new Set<AbortController>();

/** Stops what runs, as a Ctrl-C does, without telling of one. @returns whether anything ran */
export function stopRunning(): boolean {
  for (const controller of running) controller.abort();
  return running.size > 0;
}

/**
 * Runs something that stops when its signal is aborted, and aborts it at the first SIGINT or SIGTERM.
 *
 * @param onInterrupt told at the first one
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  onInterrupt: () => void,
): Promise<T> {
  const controller = new AbortController();
  let first = -Infinity;
  const handle = (): void => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      first = now;
      onInterrupt();
      controller.abort();
    } else if (now - first > SAME_PRESS_MS) {
      process.exit(INTERRUPTED);
    }
  };
  running.add(controller);
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  try {
    return await work(controller.signal);
  } finally {
    running.delete(controller);
    process.off('SIGINT', handle);
    process.off('SIGTERM', handle);
  }
}

/** As {@link interruptible}, for work that throws its signal's reason when aborted: null then. */
export async function unlessInterrupted<T>(
  work: (signal: AbortSignal) => Promise<T>,
  onInterrupt: () => void,
): Promise<T | null> {
  try {
    return await interruptible(work, onInterrupt);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return null;
    throw error;
  }
}
