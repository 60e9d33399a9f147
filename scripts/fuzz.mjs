/**
 * `npm run fuzz -- --minutes N`: changes good files of every format at random and tries that each gives a result or one
 * sentence: no crash, no hang, no more memory than allowed, nothing left behind. What goes wrong is kept in `out/fuzz`,
 * with the command that makes it again. `-- --help` lists the options.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './setup/paths.mjs';

const folder = join(root, 'out', 'fuzz', '.program');

/** Sources ask where they are; within a bundle that is written in. */
const ownAddress = {
  name: 'own-address',
  setup(bundler) {
    bundler.onLoad({ filter: /[/\\](core|fuzz)[/\\].*\.ts$/ }, async ({ path }) => ({
      loader: 'ts',
      contents: (await readFile(path, 'utf8'))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
    }));
  },
};

await build({
  absWorkingDir: root,
  entryPoints: { main: 'fuzz/main.ts', child: 'fuzz/child.ts' },
  outdir: folder,
  outExtension: { '.js': '.cjs' },
  ...{ bundle: true, platform: 'node', target: 'node20', format: 'cjs' },
  // Native, or with data beside their code.
  external: [
    'sharp',
    'mnist',
    '@cornerstonejs/codec-libjpeg-turbo-8bit',
    'libheif-js',
    '@tensorflow/tfjs-node-gpu',
  ],
  plugins: [ownAddress],
  logLevel: 'error',
});
const child = spawn(process.execPath, [join(folder, 'main.cjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_CHILD: join(folder, 'child.cjs'), FUZZ_ROOT: root },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code) => (process.exitCode = code ?? 1));
