/** Entry of the command line; bundled to dist/cli.cjs and started by bin/covae.mjs. */
import { runCli } from './program.ts';

// `covae … | head` closes the pipe early; that is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    throw error;
  });
}

void runCli(process.argv.slice(2)).then((code) => {
  // Not process.exit(): what is still in a pipe would be lost.
  process.exitCode = code;
});
