/**
 * `npm run torture -- --minutes N`: kills, disturbs and damages in every way that is known, and tries that nothing that
 * was saved is lost and nothing goes wrong in silence. What goes wrong is kept in `out/torture`, with the command that
 * makes it again. `-- --help` lists the options.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bundlePrograms } from './bundle-program.mjs';
import { root } from './setup/paths.mjs';

const folder = join(root, 'out', 'torture', '.program');

await bundlePrograms(
  {
    ...{ main: 'torture/main.ts', victim: 'torture/victim.ts' },
    ...{ cli: 'main/cli/cli.ts', 'import-worker': 'main/trainer/import-worker.ts' },
  },
  folder,
);
const programs = {
  ...{ TORTURE_VICTIM: join(folder, 'victim.cjs'), TORTURE_CLI: join(folder, 'cli.cjs'), TORTURE_ROOT: root },
};
const child = spawn(process.execPath, [join(folder, 'main.cjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...programs },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code) => (process.exitCode = code ?? 1));
