/** Bundles programs for development (`fuzz/`, `torture/`) that use the application's sources without a build of it. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './setup/paths.mjs';

/** Sources ask where they are; within a bundle that is written in. */
const ownAddress = {
  name: 'own-address',
  setup(bundler) {
    bundler.onLoad({ filter: /[/\\](core|fuzz|main|torture)[/\\].*\.ts$/ }, async ({ path }) => ({
      loader: 'ts',
      contents: (await readFile(path, 'utf8'))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
    }));
  },
};

/**
 * @param {Record<string, string>} entryPoints name of the program without its ending → source
 * @param {string} folder for the programs
 */
export async function bundlePrograms(entryPoints, folder) {
  await build({
    ...{ absWorkingDir: root, entryPoints, outdir: folder, outExtension: { '.js': '.cjs' } },
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'cjs' },
    // Native, or with data beside their code.
    external: [
      'sharp',
      'mnist',
      '@cornerstonejs/codec-libjpeg-turbo-8bit',
      'libheif-js',
      '@tensorflow/tfjs-node-gpu',
    ],
    // Its variant for Node.js awaits a canvas package while it loads, which CommonJS cannot; plots are drawn as SVG.
    alias: { 'vega-canvas': join(root, 'node_modules/vega-canvas/build/vega-canvas.browser.js') },
    // Recorded graphs are kept for one bundle only.
    define: { __COVAE_BUILD__: JSON.stringify(String(Date.now())) },
    plugins: [ownAddress],
    logLevel: 'error',
  });
}
