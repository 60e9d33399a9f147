/** Starts the processes that run commands, keeps one ready, and watches them while they work. */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { END, type VictimOrder } from './protocol.ts';
import { Control, type Orders } from './shim.ts';

/** How a command ended. */
export interface Told {
  /** Null when the process was killed. */
  code: number | null;
  signal: string | null;
  hung: boolean;
  stdout: string;
  stderr: string;
  /** Operations counted, and the one that was hit. */
  count: number;
  hit: string | null;
  /** Those that were counted, when counting was asked for. */
  trace: string[];
}

export interface CrewOptions {
  /** Bundled victim.ts. */
  program: string;
  /** The preloaded library; null when there is none. */
  shim: string | null;
  /** The crew's own. */
  folder: string;
  /** Graphs that all crews share. */
  cache: string;
  /** Longest time of one command, in seconds. */
  seconds: number;
}

export interface Run {
  args: string[];
  orders?: Orders;
  /** Whose files the orders count. */
  folder?: string;
  stopAt?: number;
  /** Folder of recorded graphs, where it is another one. */
  cache?: string;
  /** Told what there is of the standard error while it runs. */
  onStderr?: (text: string, victim: Victim) => void;
}

const ENDED = new RegExp(`${END}(\\d+)\\n$`);

/** Memory grows a little with each model that was open. */
const MOST_COMMANDS = 150;

export class Victim {
  readonly #child: ChildProcess;
  readonly control: Control | null;
  #stdout = '';
  #stderr = '';
  #waiting: (() => void) | null = null;
  #ended: { code: number | null; signal: string | null } | null = null;
  #closed = false;
  commands = 0;
  /** Whether the last command ended otherwise than well. */
  failed = false;

  constructor(
    { program, shim, folder, cache, seconds }: CrewOptions,
    readonly tensors: boolean,
    number: number,
  ) {
    this.seconds = seconds;
    this.control = shim === null ? null : new Control(path.join(folder, `control-${number}`), shim);
    this.#child = fork(program, tensors ? ['--tensors'] : [], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      cwd: folder,
      env: { ...environment(folder, cache), ...this.control?.environment },
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#waiting?.();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#waiting?.();
    });
    this.#child.on('close', (code, signal) => {
      this.#ended = { code, signal };
      this.#waiting?.();
    });
    this.#child.on('error', () => undefined);
  }
  private readonly seconds: number;

  get alive(): boolean {
    return this.#ended === null;
  }

  /** Until it can be asked. @throws Error when it does not start */
  async begun(): Promise<void> {
    if (!(await this.#until(() => this.#isDone(), 120)) || this.#ended !== null) {
      throw new Error(`the process to be tortured does not start: ${this.#stderr}`);
    }
    this.#clear();
  }

  /** Runs a command; kills the process when it takes too long. */
  async run({ args, orders, folder = '', stopAt, cache, onStderr }: Run): Promise<Told> {
    this.commands++;
    this.control?.order(orders ?? { mode: 'off' }, folder);
    const order: VictimOrder = {
      args,
      ...(stopAt !== undefined && { stopAt }),
      ...(cache !== undefined && { cache }),
    };
    this.#child.send(order);
    const done = await this.#until(() => {
      onStderr?.(this.#stderr, this);
      return this.#isDone();
    }, this.seconds);
    if (!done) {
      this.#child.kill('SIGKILL');
      await this.#until(() => this.#ended !== null, 10);
    }
    const ended = this.#ended;
    const [, code] = ENDED.exec(this.#stdout) ?? [];
    const told: Told = {
      code: ended === null && code !== undefined ? Number(code) : null,
      signal: ended?.signal ?? (ended === null ? null : `exit ${ended.code}`),
      hung: !done,
      stdout: this.#stdout.split(END)[0]!,
      stderr: plainStderr(this.#stderr.split(END)[0]!),
      ...(this.control?.read() ?? { count: 0, hit: null }),
      trace: orders?.mode === 'count' ? (this.control?.takeTrace() ?? []) : [],
    };
    this.control?.off();
    this.#clear();
    this.failed = told.code !== 0;
    return told;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  /** Ends it and waits until it is gone. */
  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.alive) {
      this.#child.kill('SIGKILL');
      await this.#until(() => this.#ended !== null, 10);
    }
    this.control?.close();
    this.#closed = true;
  }

  #isDone(): boolean {
    return this.#ended !== null || (ENDED.test(this.#stdout) && this.#stderr.includes(END));
  }

  #clear(): void {
    this.#stdout = '';
    this.#stderr = '';
  }

  #until(done: () => boolean, seconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (result: boolean): void => {
        clearTimeout(timer);
        this.#waiting = null;
        resolve(result);
      };
      const timer = setTimeout(() => end(false), 1000 * seconds);
      this.#waiting = () => {
        if (done()) end(true);
      };
      this.#waiting();
    });
  }
}

/** For a process that knows nothing of the person whose machine this is. */
export function environment(folder: string, cache: string): Record<string, string> {
  const { PATH = '' } = process.env;
  return {
    ...{ PATH, HOME: path.join(folder, 'user'), TMPDIR: path.join(folder, 'tmp'), COVAE_CACHE: cache },
    ...{ TF_CPP_MIN_LOG_LEVEL: '3', LANG: 'C.UTF-8', NODE_OPTIONS: '' },
  };
}

/** Without what TensorFlow prints by itself. */
export function plainStderr(text: string): string {
  return text
    .split('\n')
    .filter(
      (line) =>
        !/^WARNING: All log messages|^[IWE]\d{4} |^\d{4}-\d\d-\d\d .*\.cc:\d+\]|^To enable the following/.test(
          line,
        ),
    )
    .join('\n')
    .trim();
}

/** Processes to be tortured, of one worker. */
export class Crew {
  readonly #idle: Victim[] = [];
  #number = 0;

  constructor(readonly options: CrewOptions) {
    for (const name of ['user', 'tmp']) fs.mkdirSync(path.join(options.folder, name), { recursive: true });
  }

  /** Runs a command in a process that is ready. */
  async run(run: Run, tensors: boolean): Promise<Told> {
    const victim = await this.take(tensors);
    try {
      return await victim.run(run);
    } finally {
      await this.giveBack(victim);
    }
  }

  /** A process for oneself, until it is given back. */
  async take(tensors: boolean): Promise<Victim> {
    const at = this.#idle.findIndex((victim) => victim.tensors === tensors);
    const [found] = at < 0 ? [] : this.#idle.splice(at, 1);
    if (found !== undefined) return found;
    const victim = new Victim(this.options, tensors, this.#number++);
    await victim.begun();
    return victim;
  }

  /** A command that fails ends with its process, and with that what it was still about: it may be nobody's next one. */
  async giveBack(victim: Victim): Promise<void> {
    if (victim.alive && !victim.failed && victim.commands < MOST_COMMANDS) this.#idle.push(victim);
    else await victim.close();
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((victim) => victim.close()));
  }
}
