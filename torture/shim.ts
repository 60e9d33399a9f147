/** The preloaded library that kills a process, or lets an operation fail, at the k-th operation on files below a folder. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** As `shim/shim.c` has them. */
const MODES = { off: 0, count: 1, kill: 2, tear: 3, fail: 4, 'fail-on': 5 } as const;
const SCOPES = { changes: 1, reads: 2, both: 3 } as const;
export const ERRORS = { EIO: 5, EACCES: 13, ENOSPC: 28 } as const;
export type ErrorName = keyof typeof ERRORS;

/** What happens at which operation. */
export interface Orders {
  mode: keyof typeof MODES;
  /** Which operations are counted. Default: those that change something. */
  scope?: keyof typeof SCOPES;
  /** Number of the operation, from 1. */
  at?: number;
  error?: ErrorName;
}

const SIZE = 1032;
const [HIT, COUNT, WHAT, WHAT_BYTES, FOLDER, FOLDER_BYTES] = [12, 24, 32, 488, 520, 512];

/**
 * Compiles the library.
 *
 * @returns its path; null when this machine has no compiler, or another system's way of loading libraries
 */
export function compileShim(root: string, folder: string): string | null {
  if (process.platform !== 'linux') return null;
  const library = path.join(folder, 'shim.so');
  const source = path.join(root, 'torture', 'shim', 'shim.c');
  for (const compiler of ['cc', 'gcc', 'clang']) {
    const { status } = spawnSync(compiler, ['-O1', '-shared', '-fPIC', '-o', library, source, '-ldl'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status === 0) return library;
  }
  return null;
}

/** The file that a process with the library has mapped. */
export class Control {
  readonly #descriptor: number;

  constructor(
    readonly file: string,
    private readonly library: string,
  ) {
    fs.writeFileSync(file, Buffer.alloc(SIZE));
    fs.writeFileSync(`${file}.trace`, '');
    this.#descriptor = fs.openSync(file, 'r+');
  }

  /** For the environment of the process. */
  get environment(): Record<string, string> {
    // Operations must go through the C library to be seen.
    return { LD_PRELOAD: this.library, TORTURE_CONTROL: this.file, UV_USE_IO_URING: '0' };
  }

  /** @param folder whose files count */
  order({ mode, scope = 'changes', at = 0, error = 'EIO' }: Orders, folder: string): void {
    const bytes = Buffer.alloc(SIZE);
    bytes.writeUInt32LE(SCOPES[scope], 4);
    bytes.writeUInt32LE(ERRORS[error], 8);
    bytes.writeBigInt64LE(BigInt(at), 16);
    bytes.write(folder.slice(0, FOLDER_BYTES - 1), FOLDER, 'utf8');
    fs.writeSync(this.#descriptor, bytes, 0, SIZE, 0);
    // Last: the rest must be there by then.
    bytes.writeUInt32LE(MODES[mode], 0);
    fs.writeSync(this.#descriptor, bytes, 0, 4, 0);
  }

  /** What was counted since the last time this was asked, in order: `changes` or `reads`, a word and a path each. */
  takeTrace(): string[] {
    const lines = fs.readFileSync(`${this.file}.trace`, 'utf8').split('\n').slice(0, -1);
    fs.truncateSync(`${this.file}.trace`);
    return lines;
  }

  /** Lets everything pass from now on. */
  off(): void {
    fs.writeSync(this.#descriptor, Buffer.alloc(4), 0, 4, 0);
  }

  /** How many operations there were, and which one it was that did not go well. */
  read(): { count: number; hit: string | null } {
    const bytes = Buffer.alloc(SIZE);
    fs.readSync(this.#descriptor, bytes, 0, SIZE, 0);
    const what = bytes.subarray(WHAT, WHAT + WHAT_BYTES);
    const text = what.subarray(0, what.indexOf(0)).toString('utf8');
    return {
      count: Number(bytes.readBigInt64LE(COUNT)),
      hit: bytes.readUInt32LE(HIT) === 0 ? null : text,
    };
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }
}
