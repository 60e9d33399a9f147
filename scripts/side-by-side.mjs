/** Commands that run at the same time, with what each prints kept whole. */
import { spawn } from 'node:child_process';

/**
 * Runs commands side by side. What the first prints goes straight through; what the others print is shown in their
 * order, once those before have ended.
 *
 * @param {{ title: string, command: string[] }[]} parts
 * @param {{ cwd: string, write: (text: string | Uint8Array) => void }} options
 * @returns {Promise<number[]>} the exit code of each; 127 where it could not be started
 */
export async function sideBySide(parts, { cwd, write }) {
  const running = parts.map(({ title, command: [program, ...args] }) => {
    const held = [`\n== ${title}\n`];
    let show = (text) => held.push(text);
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => show(chunk));
    const ended = new Promise((resolve) => {
      child.on('error', (error) => {
        show(`${program}: ${error.message}\n`);
        resolve(127);
      });
      child.on('close', (code) => resolve(code ?? 1));
    });
    const release = () => {
      for (const text of held) write(text);
      show = write;
    };
    return { ended, release };
  });
  const codes = [];
  for (const { ended, release } of running) {
    release();
    codes.push(await ended);
  }
  return codes;
}
