/** The command line as one file, for tests that start it as a process. */
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { presetsFolder } from '../../core/config/presets.ts';

/** Bundles it as scripts/build.mjs does. @returns the file, in a folder of its own that the test removes */
export async function bundleCli(): Promise<string> {
  const modules = path.resolve(presetsFolder(), '../../node_modules');
  // Inside node_modules, so that the packages left out of the bundle are found.
  const folder = fs.mkdtempSync(path.join(modules, '.covae-cli-test-'));
  const outfile = path.join(folder, 'cli.cjs');
  await build({
    entryPoints: [path.join(__dirname, 'cli.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // Keeps recorded graphs where the tests do.
    define: { __COVAE_BUILD__: JSON.stringify('test bundles') },
    external: ['@tensorflow/tfjs-node-gpu', 'sharp', 'mnist'],
    alias: { 'vega-canvas': path.join(modules, 'vega-canvas/build/vega-canvas.browser.js') },
    logLevel: 'silent',
  });
  return outfile;
}
