import { app, type Details, utilityProcess } from 'electron';
import { endReason, type GoneDetails } from './end-reason.ts';
import type { ChildProcess } from './supervisor.ts';

export interface ForkOptions {
  /** In sentences: `trainer`. */
  name: string;
  /** In the system's list of processes. */
  serviceName: string;
  entry: string;
  args: string[];
  /** Port on this machine at which a debugger may attach; never in a packaged application. */
  inspectPort?: string | undefined;
  onOutput: (text: string) => void;
}

/** How long after its exit a process is waited for to be reported as crashed, milliseconds. */
const REASON_WAIT = 300;
/** As much of its last output is looked at for the reason of its end, characters. */
const LAST_WORDS = 4_000;

/** Forks one of our processes. Only after `app.whenReady()`. */
export function forkUtility(options: ForkOptions): ChildProcess {
  const { name, serviceName, entry, args, inspectPort, onOutput } = options;
  const inspected = inspectPort !== undefined && /^\d{1,5}$/.test(inspectPort) && !app.isPackaged;
  const execArgv = inspected ? [`--inspect=127.0.0.1:${inspectPort}`] : [];
  const child = utilityProcess.fork(entry, args, { serviceName, stdio: 'pipe', execArgv });
  let lastWords = '';
  const hear = (chunk: Buffer): void => {
    const text = chunk.toString('utf8');
    lastWords = (lastWords + text).slice(-LAST_WORDS);
    onOutput(text);
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);

  let details: GoneDetails | null = null;
  const onGone: (event: unknown, gone: Details) => void = (_event, gone) => {
    if (gone.name === serviceName) details = gone;
  };
  app.on('child-process-gone', onGone);

  return {
    get pid() {
      return child.pid;
    },
    postMessage: (message) => child.postMessage(message),
    onMessage: (listener) => child.on('message', listener),
    onGone: (listener) => {
      child.once('exit', () => {
        setTimeout(() => {
          app.off('child-process-gone', onGone);
          listener(endReason(name, details, lastWords));
        }, REASON_WAIT);
      });
    },
    kill: () => {
      // It waits for what it is at when it is asked by SIGTERM (main/trainer/signal-end.ts), and may hang besides.
      if (child.pid === undefined) return;
      try {
        process.kill(child.pid, 'SIGKILL');
      } catch {
        // It has just gone.
      }
    },
  };
}
