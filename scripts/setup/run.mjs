/** Runs other programs: output captured, limits kept, nothing left behind when set-up is interrupted. */
import { spawn } from 'node:child_process';
import { lstat, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { accessSync, constants } from 'node:fs';

const KEPT_OUTPUT = 200_000;

/** Full path of a command, or undefined when PATH has none. */
export function findCommand(name, env = process.env) {
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', '.bat', ''] : [''];
  for (const folder of folders) {
    if (folder === '') continue;
    for (const suffix of suffixes) {
      const path = join(folder, name + suffix);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // not in this folder
      }
    }
  }
  return undefined;
}

/** Bytes of all files under a folder; files that vanish while it looks count nothing. */
export async function folderSize(folder) {
  let bytes = 0;
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  for (const entry of entries) {
    const stat = await lstat(join(folder, entry)).catch(() => undefined);
    if (stat?.isFile()) bytes += stat.size;
  }
  return bytes;
}

/**
 * Runs a command to its end: `{ code, stdout, output, limit }`, `output` being stdout and stderr as they came.
 *
 * @param watch `{ folder, onSize, stallMs }`: tells the size of a growing folder every half second, and ends the
 *   command when the folder stays the same for `stallMs` (then `limit` says so).
 * @param timeoutMs ends the command after so long.
 */
export async function run(command, args, { cwd, env, timeoutMs, watch, onLine } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A .cmd file starts only through a shell.
    shell: process.platform === 'win32' && command.endsWith('.cmd'),
    // Its own process group, so that ending it ends whatever it started too.
    detached: process.platform !== 'win32',
  });
  let stdout = '';
  let output = '';
  let limit;
  const take = (isOut) => (chunk) => {
    const text = chunk.toString();
    output = (output + text).slice(-KEPT_OUTPUT);
    if (isOut) stdout = (stdout + text).slice(-KEPT_OUTPUT);
    onLine?.(text.trim().split('\n').at(-1) ?? '');
  };
  child.stdout.on('data', take(true));
  child.stderr.on('data', take(false));

  const timers = [];
  const send = (signal) => {
    try {
      if (process.platform === 'win32') child.kill(signal);
      else process.kill(-child.pid, signal);
    } catch {
      // already gone
    }
  };
  const end = () => send('SIGTERM');
  /** For a program that overran a limit: it may not hear a plain request any more. */
  const endForSure = () => {
    end();
    timers.push(setTimeout(() => send('SIGKILL'), 3000));
  };
  const interrupted = (signal) => {
    end();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted).on('SIGHUP', interrupted).on('exit', end);

  if (timeoutMs) {
    timers.push(
      setTimeout(() => {
        limit = `it took longer than ${timeoutMs / 1000} s`;
        endForSure();
      }, timeoutMs),
    );
  }
  if (watch) {
    let size = -1;
    let grown = Date.now();
    timers.push(
      setInterval(async () => {
        const now = await folderSize(watch.folder);
        if (now !== size) {
          size = now;
          grown = Date.now();
        }
        watch.onSize?.(size);
        if (!limit && watch.stallMs && Date.now() - grown > watch.stallMs) {
          limit = `nothing arrived for ${watch.stallMs / 1000} s`;
          endForSure();
        }
      }, 500),
    );
  }
  try {
    return await new Promise((done) => {
      child.on('error', (error) => done({ code: 127, stdout, output: `${output}${error.message}`, limit }));
      child.on('close', (code, signal) =>
        done({ code: limit ? 124 : (code ?? `signal ${signal}`), stdout, output, limit }),
      );
    });
  } finally {
    for (const timer of timers) clearTimeout(timer);
    process
      .off('SIGINT', interrupted)
      .off('SIGTERM', interrupted)
      .off('SIGHUP', interrupted)
      .off('exit', end);
  }
}
