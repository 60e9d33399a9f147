/** The packaged application, started and looked at from outside. */
import { spawn } from 'node:child_process';
import { existsSync, lstatSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { run } from '../setup/run.mjs';

/** Folder of the packaged application. */
export const applicationOf = (root) => join(root, 'release', 'linux-unpacked');

/** Starting may take so long on a busy machine, milliseconds. */
const START_MS = 90_000;
/** After its start it gets so long to do what it should not. */
const LATER_MS = 1_500;

/** The command that starts it, without a display in one of its own. */
function commandOf(application, user, args) {
  const command = [join(application, 'covae-studio')];
  if (process.getuid?.() === 0) command.push('--no-sandbox');
  command.push(...args, `--user-data-dir=${user}`);
  if (!process.env.DISPLAY) command.unshift('xvfb-run', '-a');
  return command;
}

/** What is found must come from the package, and nothing of this process may reach it unless a try wants so. */
const CLEAN = { NODE_PATH: '', NODE_OPTIONS: undefined, ELECTRON_RUN_AS_NODE: undefined };

/** Runs it to its end: `{ code, output, limit }`. */
export async function runToEnd(application, args, { folder, timeoutMs, env = {} }) {
  const [command, ...rest] = commandOf(application, join(folder, 'user'), args);
  return run(command, rest, { cwd: folder, env: { ...CLEAN, ...env }, timeoutMs });
}

/**
 * Starts it, waits until our own code runs (it holds the lock of its folder for user data then), and ends it.
 *
 * @returns {Promise<{ started: boolean, output: string }>}
 */
export async function startAndEnd(application, args, { folder, env = {} }) {
  const user = join(folder, 'user');
  const [command, ...rest] = commandOf(application, user, ['--home', join(folder, 'home'), ...args]);
  const child = spawn(command, rest, {
    cwd: folder,
    env: { ...process.env, ...CLEAN, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  let ended = false;
  const end = new Promise((resolve) =>
    child.on('close', () => {
      ended = true;
      resolve();
    }),
  );
  const isLocked = () => lstatSync(join(user, 'SingletonLock'), { throwIfNoEntry: false }) !== undefined;
  try {
    for (const begun = Date.now(); !isLocked() && !ended && Date.now() - begun < START_MS;) await wait(100);
    const started = isLocked();
    if (started) await Promise.race([wait(LATER_MS), end]);
    return { started, output };
  } finally {
    if (!ended) process.kill(-child.pid, 'SIGTERM');
    const late = setTimeout(() => !ended && process.kill(-child.pid, 'SIGKILL'), 10_000);
    await end;
    clearTimeout(late);
  }
}

/** Does `work(folder)` in a temporary folder. */
export async function inTemporaryFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'covae-package-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/**
 * Does `work(copy)` with a copy of the application that may be changed. Its files are links to the same content: one
 * that is changed must be replaced, not written to.
 */
export async function withCopy(application, work) {
  const copy = `${application}.try-${process.pid}`;
  await rm(copy, { recursive: true, force: true });
  try {
    const linked = await run('cp', ['-al', application, copy]);
    if (linked.code !== 0 || !existsSync(copy)) await cp(application, copy, { recursive: true });
    return await work(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
