/** Entry of the command line; bundled to dist/cli.cjs and started by bin/covae.mjs. */
import fs from 'node:fs';
import tty from 'node:tty';
import { startedByNohup, stopForClosedOutput, stopRunning } from './interrupt.ts';
import { isClosedOutput, outputProblem, type TextSink } from './output.ts';
import { runCli } from './program.ts';

let problem: string | null = null;
/** Streams that nobody reads any more; what they are told is dropped. */
const closed = new Set<NodeJS.WriteStream>();

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (problem !== null || closed.has(process.stdout)) return;
  if (isClosedOutput(error, process.stdout)) {
    closed.add(process.stdout);
    stopForClosedOutput();
  } else {
    problem = outputProblem(error, stopRunning());
  }
});
process.stderr.on('error', () => {
  // There is nowhere left to say so.
  closed.add(process.stderr);
});
const terminals = [0, 1, 2].filter((stream) => tty.isatty(stream));
process.on('exit', () => {
  // Node aborts when it cannot set back a terminal that is gone.
  for (const stream of terminals.filter((one) => !tty.isatty(one))) fs.closeSync(stream);
  if (problem === null) return;
  process.exitCode = 1;
  try {
    fs.writeSync(2, `${problem}\n`);
  } catch {
    // The same disk.
  }
});
// Whoever wrote nohup wants the work to go on when the terminal is closed.
if (startedByNohup()) process.on('SIGHUP', () => undefined);

const stdout: TextSink = {
  write: (text) => closed.has(process.stdout) || process.stdout.write(text),
  get isTTY() {
    return process.stdout.isTTY;
  },
  get columns() {
    return process.stdout.columns;
  },
};
const stderr: TextSink = {
  // What comes of the stop is not told; the one sentence at the end is.
  write: (text) => problem !== null || closed.has(process.stderr) || process.stderr.write(text),
};

void runCli(process.argv.slice(2), { stdout, stderr }).then((code) => {
  // Not process.exit(): what is still in a pipe would be lost.
  process.exitCode = code;
});
