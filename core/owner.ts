/**
 * Which process something on the disk belongs to, and whether that process still runs. A number alone does not say:
 * it goes to another process after a crash, means nothing after a reboot, and another one on another computer.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';

export interface Owner {
  pid: number;
  /** When the process began, in whatever form the system tells it; empty where it does not. */
  start: string;
  /** Of this start of the system; empty where the system has no such number. */
  boot: string;
  /** The system's space of process numbers (containers have their own); empty where there is only one. */
  space: string;
  /** Of the computer's name. */
  host: string;
}

/** `unknown`: it runs, or ran, on another computer or in another container, where nobody here can look. */
export type OwnerState = 'alive' | 'gone' | 'unknown';

const TAG = /p(\d{1,10})-([0-9a-z]{0,12})-([0-9a-f]{0,8})-([0-9a-z]{0,12})-([0-9a-f]{8})/;

let own: Owner | null = null;

/** This process. */
export function thisOwner(): Owner {
  own ??= {
    pid: process.pid,
    start: observe(process.pid)?.start ?? '',
    boot: shortHash(bootId()),
    space: processSpace(),
    host: shortHash(os.hostname()),
  };
  return own;
}

/** An owner as a part of a file's name. */
export function ownerTag({ pid, start, boot, space, host } = thisOwner()): string {
  return `p${pid}-${start}-${boot}-${space}-${host}`;
}

/** The owner that a name tells of; null when it tells of none. */
export function ownerInName(name: string): Owner | null {
  const [, pid, start, boot, space, host] = TAG.exec(name) ?? [];
  if (pid === undefined || host === undefined) return null;
  return { pid: Number(pid), start: start ?? '', boot: boot ?? '', space: space ?? '', host };
}

/** Whether a name tells of a process that is gone. */
export function isOfDead(name: string): boolean {
  const owner = ownerInName(name);
  return owner !== null && stateOf(owner) === 'gone';
}

/** Whether the process still runs. */
export function stateOf(owner: Owner): OwnerState {
  const here = thisOwner();
  const bootKnown = owner.boot !== '' && here.boot !== '';
  if (owner.space !== here.space) return 'unknown';
  if (bootKnown && owner.boot === here.boot) return runs(owner) ? 'alive' : 'gone';
  if (owner.host !== here.host) return 'unknown';
  // The same computer, started anew since.
  if (bootKnown) return 'gone';
  return runs(owner) ? 'alive' : 'gone';
}

function runs({ pid, start }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: another user's.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const seen = observe(pid);
  if (seen === null) return true;
  if (seen.ended) return false;
  return start === '' || seen.start === '' || seen.start === start;
}

interface Seen {
  start: string;
  /** It has ended, and only its entry is there until its parent asks for it. */
  ended: boolean;
}

/** What the system says of a process; null where it says nothing. */
function observe(pid: number): Seen | null {
  if (process.platform === 'linux') return observeInProc(pid);
  if (process.platform === 'win32') return null;
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (status !== 0) return null;
  const [, state = '', start = ''] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout) ?? [];
  return { start: start === '' ? '' : shortHash(start), ended: state.startsWith('Z') };
}

/** Fields of `/proc/<pid>/stat`, see proc(5): 3 is the state, 22 the start in clock ticks since the boot. */
function observeInProc(pid: number): Seen | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The second field is a name in brackets that may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? '';
  const start = Number(fields[19]);
  return { start: Number.isSafeInteger(start) ? start.toString(36) : '', ended: /^[ZXx]/.test(state) };
}

function bootId(): string {
  try {
    if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    if (process.platform === 'darwin') {
      return spawnSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).stdout.trim();
    }
  } catch {
    // Told as not known.
  }
  return '';
}

function processSpace(): string {
  try {
    const number = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
    return number === undefined ? '' : Number(number).toString(36);
  } catch {
    return '';
  }
}

function shortHash(text: string): string {
  return text === '' ? '' : createHash('sha256').update(text).digest('hex').slice(0, 8);
}
