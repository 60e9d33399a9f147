/**
 * What a program and all its children do with the network, as the system counts it, whoever of them does it and by
 * whatever way.
 */
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';

export interface Traffic {
  /** TCP connections that were tried. */
  connections: number;
  /** Datagrams that were sent, look-ups of names among them. */
  datagrams: number;
  /** What is known of them. */
  details: string[];
}

export interface Measured {
  child: ChildProcess;
  /** Once it has ended. */
  traffic: () => Promise<Traffic>;
}

/** A way to count. */
export interface NetworkProof {
  readonly name: string;
  /** Whether the program sees itself as root, though it may not be. */
  readonly asRoot: boolean;
  /** @param report a file for the counting */
  start: (command: readonly string[], report: string, stdio: StdioOptions) => Measured;
}

const ROOT = process.getuid?.() === 0;

/**
 * A network namespace of its own, whose one interface swallows everything: what would leave the machine is counted
 * by the kernel and goes nowhere.
 */
const SWALLOW = `
ip link set lo up && ip addr add 192.0.2.2/24 dev lo && ip route add default dev lo src 192.0.2.2 || exit 97
ip -6 addr add 2001:db8::2/64 dev lo 2> /dev/null && ip -6 route add default dev lo 2> /dev/null
"\${@:2}"
code=$?
cat /proc/net/snmp /proc/net/snmp6 > "$1"
exit $code`;

const namespace: NetworkProof = {
  name: 'a network namespace',
  asRoot: true,
  start: (command, report, stdio) => ({
    child: run(['unshare', ROOT ? '-n' : '-rn', 'bash', '-c', SWALLOW, 'bash', report, ...command], stdio),
    traffic: async () => readCounters(await fs.readFile(report, 'utf8')),
  }),
};

function readCounters(text: string): Traffic {
  const lines = text.split('\n').map((line) => line.split(/\s+/));
  /** Of /proc/net/snmp, where a line of names stands above a line of numbers. */
  const counter = (protocol: string, name: string): number => {
    const [names = [], numbers = []] = lines.filter(([first]) => first === `${protocol}:`);
    return Number(numbers[names.indexOf(name)]);
  };
  const six = lines.find(([first]) => first === 'Udp6OutDatagrams');
  return {
    connections: counter('Tcp', 'ActiveOpens'),
    datagrams: counter('Udp', 'OutDatagrams') + Number(six?.[1] ?? 0),
    details: [],
  };
}

/** Every system call that opens a connection or sends. Connecting a datagram socket sends nothing. */
const calls: NetworkProof = {
  name: 'system calls (strace)',
  asRoot: ROOT,
  start: (command, report, stdio) => ({
    child: run(
      [
        ...['strace', '-f', '--seccomp-bpf', '-qq', '-yy', '-s', '64', '-o', report],
        ...['-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-e', 'signal=none', ...command],
      ],
      stdio,
    ),
    traffic: async () => {
      const lines = (await fs.readFile(report, 'utf8')).split('\n');
      const connected = lines.filter((line) => /\bconnect\(\d+<TCP/.test(line));
      const sent = lines.filter((line) => /\bsend(?:to|msg|mmsg)\(\d+<UDP/.test(line));
      return {
        connections: connected.length,
        datagrams: sent.length,
        details: [...connected, ...sent].slice(0, 20),
      };
    },
  }),
};

/** Sockets with a peer, looked at again and again; what comes and goes between two looks is not seen. */
const looks: NetworkProof = {
  name: 'open sockets (/proc, sampled)',
  asRoot: ROOT,
  start: (command, _report, stdio) => {
    const child = run(command, stdio);
    const seen = new Map<string, number>();
    const closed = new AbortController();
    child.once('close', () => closed.abort());
    const looking = (async () => {
      while (!closed.signal.aborted) {
        for (const socket of await openSockets(child.pid ?? 0)) seen.set(socket, (seen.get(socket) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    return {
      child,
      traffic: async () => {
        await looking;
        const tcp = [...seen.keys()].filter((socket) => socket.startsWith('tcp'));
        // Asking the kernel for one's own address connects a datagram socket for a moment, and sends nothing.
        const udp = [...seen].filter(([socket, times]) => socket.startsWith('udp') && times > 1);
        return {
          connections: tcp.length,
          datagrams: udp.length,
          details: [...tcp, ...udp.map(([socket]) => socket)],
        };
      },
    };
  },
};

/** The sockets with a peer of a process and all its children. */
async function openSockets(top: number): Promise<string[]> {
  const parents = new Map<number, number>();
  for (const name of await fs.readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await fs.readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    parents.set(Number(name), Number(/\) \S (\d+)/.exec(stat)?.[1]));
  }
  const ours = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (pid === top || ours(parents.get(pid)));
  const inodes = new Set<string>();
  for (const pid of [...parents.keys()].filter(ours)) {
    const folder = `/proc/${pid}/fd`;
    for (const name of await fs.readdir(folder).catch(() => [])) {
      const target = await fs.readlink(path.join(folder, name)).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  const found: string[] = [];
  for (const protocol of ['tcp', 'tcp6', 'udp', 'udp6']) {
    const table = await fs.readFile(`/proc/net/${protocol}`, 'utf8').catch(() => '');
    for (const line of table.split('\n').slice(1)) {
      const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
      if (inode === undefined || !inodes.has(inode) || /^0+:0+$/.test(remote ?? '')) continue;
      found.push(`${protocol} ${local} → ${remote} (${inode})`);
    }
  }
  return found;
}

function run([program = '', ...args]: readonly string[], stdio: StdioOptions): ChildProcess {
  return spawn(program, args, { stdio });
}

/** Tries one connection and sends one datagram, both into nowhere (RFC 5737). */
const CONTROL = `
const { createSocket } = require('node:dgram');
const socket = createSocket('udp4').on('error', () => undefined);
socket.connect(53, '198.51.100.7', () => socket.send('x', () => setTimeout(() => socket.close(), 300)));
const connection = require('node:net').connect({ host: '198.51.100.7', port: 80 });
connection.on('error', () => undefined);
setTimeout(() => connection.destroy(), 200);
`;

/** The first way that works here, which it shows on a program that does use the network. */
export async function networkProof(folder: string): Promise<NetworkProof> {
  const wanted = process.env['COVAE_NETWORK_PROOF'];
  const tried: string[] = [];
  for (const proof of [namespace, calls, looks]) {
    if (wanted !== undefined && !proof.name.includes(wanted)) continue;
    const { child, traffic } = proof.start(
      [process.execPath, '-e', CONTROL],
      path.join(folder, 'control'),
      'ignore',
    );
    const code = await new Promise((resolve) => {
      child.once('error', resolve);
      child.once('close', resolve);
    });
    const seen = code === 0 ? await traffic().catch(() => null) : null;
    // A connection that is refused at once is over before it can be looked at.
    const connected = seen?.connections === 1 || proof === looks;
    if (seen !== null && connected && seen.datagrams >= 1) return proof;
    tried.push(`${proof.name}: ${String(code)}, ${JSON.stringify(seen)}`);
  }
  throw new Error(`The network cannot be measured here. ${tried.join('; ')}`);
}
