/** Entry of the command line; bundled to dist/cli.cjs and started by bin/covae.mjs. */
import fs from 'node:fs';
import { stopRunning } from './interrupt.ts';
import { outputProblem, type TextSink } from './output.ts';
import { runCli } from './program.ts';

let problem: string | null = null;

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `covae … | head` closes the pipe early; that is no error.
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  if (problem !== null) return;
  problem = outputProblem(error, stopRunning());
});
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  // There is nowhere left to say so.
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
});
process.on('exit', () => {
  if (problem === null) return;
  process.exitCode = 1;
  try {
    fs.writeSync(2, `${problem}\n`);
  } catch {
    // The same disk.
  }
});

const stderr: TextSink = {
  // What comes of the stop is not told; the one sentence at the end is.
  write: (text) => problem !== null || process.stderr.write(text),
};

void runCli(process.argv.slice(2), { stdout: process.stdout, stderr }).then((code) => {
  // Not process.exit(): what is still in a pipe would be lost.
  process.exitCode = code;
});
