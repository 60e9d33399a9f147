/**
 * Signals: the first asks the work to stop and save, a second one ends the program at once. A closed terminal and a
 * closed pipe stop it too.
 */
import fs from 'node:fs';
import { EXIT, SIGNAL_CODES, type StopSignal } from '../exit-codes.ts';
import type { Output } from './output.ts';

/**
 * The npm that started us passes on a Ctrl-C that the terminal has sent us already, and systems that shut down send
 * SIGTERM with SIGHUP; and while a step computes, signals queue up and come together.
 */
const SAME_PRESS_MS = 1000;

const running = new Set<AbortController>();
/** Nobody reads what is printed: what begins from now on stops at once. */
let outputGone = false;
/** Code for what the newest stop left nothing of. */
let stopCode: number = SIGNAL_CODES.SIGINT;

/** Stops what runs, as a Ctrl-C does, without telling of one. @returns whether anything ran */
export function stopRunning(): boolean {
  for (const controller of running) controller.abort();
  return running.size > 0;
}

/** Stops what runs, and whatever is begun later: nobody reads the output any more. */
export function stopForClosedOutput(): void {
  outputGone = true;
  stopCode = EXIT.CLOSED_OUTPUT;
  stopRunning();
}

/**
 * Whether nohup started this process. Node forgets that SIGHUP was to be ignored; what is left to see is the standard
 * input that nohup opened for writing only.
 */
export function startedByNohup(): boolean {
  try {
    const flags = /^flags:\s*(\d+)$/m.exec(fs.readFileSync('/proc/self/fdinfo/0', 'utf8'))?.[1] ?? '';
    return (Number.parseInt(flags, 8) & 3) === fs.constants.O_WRONLY;
  } catch {
    return false;
  }
}

/** The signals that stop a work. */
function signalsHeard(): StopSignal[] {
  const heard: StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGQUIT'];
  return startedByNohup() ? heard : [...heard, 'SIGHUP'];
}

/**
 * Runs something that stops when its signal is aborted, and aborts it at the first SIGINT, SIGTERM, SIGQUIT or SIGHUP,
 * or when the output is closed.
 *
 * @param onInterrupt told at the first signal
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  onInterrupt: () => void,
): Promise<T> {
  const controller = new AbortController();
  const signals = signalsHeard();
  let first: number | null = null;
  let letGo: NodeJS.Timeout | undefined;
  const handle = (name: NodeJS.Signals): void => {
    const now = performance.now();
    const code = SIGNAL_CODES[name as StopSignal];
    if (first === null) {
      first = now;
      stopCode = code;
      if (!controller.signal.aborted) {
        onInterrupt();
        controller.abort();
      }
      // From then on the system itself ends us, even in the midst of a native call.
      letGo = setTimeout(ignoreSignals, SAME_PRESS_MS).unref();
    } else if (now - first > SAME_PRESS_MS) {
      process.exit(code);
    }
  };
  const ignoreSignals = (): void => signals.forEach((name) => void process.off(name, handle));
  running.add(controller);
  if (outputGone) controller.abort();
  signals.forEach((name) => void process.on(name, handle));
  try {
    return await work(controller.signal);
  } finally {
    running.delete(controller);
    clearTimeout(letGo);
    ignoreSignals();
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

/**
 * Says that a stop left nothing to go on with.
 *
 * @param kept what is there all the same
 * @returns the exit code
 */
export function stoppedWithNothing(output: Output, kept = 'nothing of it was kept.'): number {
  output.error({ code: 'cancelled', message: `This was stopped; ${kept}` }, stopCode);
  return stopCode;
}
