/** Sets up, then opens the application: `npm start [-- options of the application]`. */
import { spawn } from 'node:child_process';
import { electronPath } from './setup/notes.mjs';
import { root } from './setup/paths.mjs';
import { setUp } from './setup.mjs';

async function main() {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    process.stderr.write(
      'There is no display here (DISPLAY is not set). Start it on a desktop, or without a screen with `xvfb-run -a npm start`.\n',
    );
    return 1;
  }
  if (!(await setUp())) return 1;
  const args = [root, ...process.argv.slice(2)];
  // Chromium's sandbox refuses to start as root.
  if (process.getuid?.() === 0) args.unshift('--no-sandbox');
  const env = { ...process.env };
  delete env.ELECTRON_RUN_AS_NODE;
  const child = spawn(electronPath(), args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])
    process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      process.stderr.write(`Electron does not start: ${error.message}\n`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

process.exitCode = await main();
