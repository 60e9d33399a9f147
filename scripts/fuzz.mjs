/**
 * `npm run fuzz -- --minutes N`: changes good files of every format at random and tries that each gives a result or one
 * sentence: no crash, no hang, no more memory than allowed, nothing left behind. What goes wrong is kept in `out/fuzz`,
 * with the command that makes it again. `-- --help` lists the options.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bundlePrograms } from './bundle-program.mjs';
import { root } from './setup/paths.mjs';

const folder = join(root, 'out', 'fuzz', '.program');

await bundlePrograms({ main: 'fuzz/main.ts', child: 'fuzz/child.ts' }, folder);
const child = spawn(process.execPath, [join(folder, 'main.cjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_CHILD: join(folder, 'child.cjs'), FUZZ_ROOT: root },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code) => (process.exitCode = code ?? 1));
