/** Runs a child that tries cases, watches its time and memory, and starts another where one is lost. */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { CURRENT_FILE, type Order, type Told } from './protocol.ts';

export interface Limits {
  /** Of one case. */
  seconds: number;
  /** Of the child's memory, in bytes. */
  memory: number;
}

/** What went wrong with a case: it failed, hung, ended its process or took too much memory. */
export interface Finding {
  number: number;
  what: string;
}

export interface Watched {
  /** Program of the child, see child.ts. */
  program: string;
  /** Folder of the project. */
  root: string;
  /** Folder to work in. */
  folder: string;
  order: Order;
  limits: Limits;
  onTold?: (told: Told) => void;
  /** Once for a case, in its order. */
  onFinding: (finding: Finding) => void | Promise<void>;
}

const LOOK_MS = 250;

/** Tries all cases of an order. @throws Error when a child cannot even begin */
export async function supervise(watched: Watched): Promise<void> {
  const { order } = watched;
  const end = performance.now() + order.milliseconds;
  let { first } = order;
  const last = order.first + order.cases;
  while (first < last && performance.now() < end) {
    const milliseconds = end - performance.now();
    const next = await oneChild(watched, { ...order, first, cases: last - first, milliseconds });
    if (next === null) return;
    first = next;
  }
}

/** @returns the case to go on with after one that was lost; null when all was done */
async function oneChild(
  { program, root, folder, limits, onTold, onFinding }: Watched,
  order: Order,
): Promise<number | null> {
  const current = path.join(folder, CURRENT_FILE);
  fs.mkdirSync(folder, { recursive: true });
  fs.rmSync(current, { force: true });
  const child = fork(program, [root, folder], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  // Set in callbacks, which the compiler does not follow.
  const state: { killedFor: string | null; broken: string | null } = { killedFor: null, broken: null };
  let stderr = '';
  let told = order.first - 1;
  let begun = { number: -1, at: performance.now() };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4000)));
  let findings: Promise<void> = Promise.resolve();
  // One after another.
  const find = (finding: Finding): void => {
    findings = findings.then(() => onFinding(finding));
  };
  child.on('message', (message: Told | { broken: string }) => {
    if ('broken' in message) {
      state.broken = message.broken;
      return;
    }
    told = message.number;
    onTold?.(message);
    if (typeof message.outcome === 'object') find({ number: told, what: message.outcome.failure });
    if (message.peak > limits.memory && state.killedFor === null) {
      find({ number: told, what: `took ${inMegabytes(message.peak)} of memory` });
      state.killedFor = '';
      child.kill('SIGKILL');
    }
  });
  const look = setInterval(() => {
    const number = readCurrent(current);
    if (number !== begun.number) begun = { number, at: performance.now() };
    const seconds = (performance.now() - begun.at) / 1000;
    const memory = memoryOf(child);
    if (number >= 0 && seconds > limits.seconds) state.killedFor ??= `hung for ${Math.round(seconds)} s`;
    else if (memory > limits.memory) state.killedFor ??= `took ${inMegabytes(memory)} of memory`;
    else return;
    child.kill('SIGKILL');
  }, LOOK_MS);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...end) => resolve(end));
    child.send(order);
  }).finally(() => clearInterval(look));
  await findings;
  if (code === 0) return null;
  const lost = readCurrent(current);
  if (state.broken !== null || lost < 0)
    throw new Error(`the child could not begin: ${state.broken ?? stderr}`);
  // What is told already is not what the child died of.
  if (lost > told) {
    const ended = `ended its process (${signal ?? `exit code ${code}`}): ${stderr.trim() || 'without a word'}`;
    await onFinding({
      number: lost,
      what: state.killedFor === null || state.killedFor === '' ? ended : state.killedFor,
    });
  }
  return Math.max(lost, told) + 1;
}

function readCurrent(file: string): number {
  try {
    const text = fs.readFileSync(file, 'utf8');
    return text === '' ? -1 : Number(text);
  } catch {
    return -1;
  }
}

/** What the system says that the process holds; 0 where it does not say. */
function memoryOf({ pid }: ChildProcess): number {
  try {
    const [, pages = '0'] = fs.readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
    return Number(pages) * 4096;
  } catch {
    return 0;
  }
}

function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6).toLocaleString('en-US')} MB`;
}
